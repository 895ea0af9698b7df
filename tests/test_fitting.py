"""Series on another footing through a whole training, with the real engine on tiny data."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from forecaster.domain.combination import COMBINATION
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.lunar import NEW_YEAR_MONTHS, day_factors
from forecaster.domain.months import month_after, month_number
from forecaster.domain.ports import Engine
from forecaster.fitting import Trained, train
from tests.catalogues import catalogue
from tests.panels import panel
from tests.running import EXPERIMENT

MOVED, UNMOVED, DRIVER = "battery.production.CN", "battery.production.CN.lfp", "ev.production.CN"
START, MONTHS = date(2016, 1, 1), 108
STRETCH = 3.0
"""How much more the holiday moves output here than its days say, so that few figures show it."""

TINY = replace(
    EXPERIMENT,
    horizon=12,
    folds=Folds(count=14, step=3, min_train=36),
    candidates=(Candidate("naive", "SeasonalNaive", {"season_length": 12}),),
)


def trend(at: int) -> float:
    return 100.0 + at / 4 + (7 * at) % 5


def driven(at: int) -> float:
    """What no model of its own can tell: a walk that the driver takes half a year before."""
    return 100.0 + 60 * ((at * at // 29) % 7)


def moved() -> pl.DataFrame:
    months = [month_number(month_after(START, months=at)) for at in range(MONTHS)]
    factors = day_factors(months, country="CN", months=NEW_YEAR_MONTHS)
    values = [trend(at) * factors[number] ** STRETCH for at, number in enumerate(months)]
    return panel(values, unique_id=MOVED, start=START)


def trained(
    rows: pl.DataFrame,
    *,
    engine: Engine,
    around: pl.DataFrame | None = None,
    declared: str = "",
    candidates: tuple[Candidate, ...] = TINY.candidates,
) -> Trained:
    return train(
        rows,
        around=rows if around is None else around,
        experiment=replace(TINY, candidates=candidates),
        engine=engine,
        catalogue=catalogue(declared),
        progress=lambda _: None,
    )


def unmoved() -> pl.DataFrame:
    return panel([trend(at) for at in range(MONTHS)], unique_id=UNMOVED, start=START)


def test_the_new_year_is_taken_out_of_a_series_that_it_moves_and_of_no_other(engine: Engine) -> None:
    found = trained(pl.concat([moved(), unmoved()]), engine=engine)

    assert found.variants.select("unique_id", "variant", "used").rows() == [
        (MOVED, "calendar", True),
        (UNMOVED, "calendar", False),
    ]
    assert found.weights.rows() == [(MOVED, "calendar: naive", 1.0), (UNMOVED, "naive", 1.0)]
    first = found.variants.row(0, named=True)
    assert first["mase_chosen"] < first["mase_unchosen"]
    assert found.forecasts["series_id"].unique(maintain_order=True).to_list() == [MOVED, UNMOVED]


def test_figures_that_come_later_change_no_earlier_choice(engine: Engine) -> None:
    cutoff = date(2024, 6, 1)
    later = moved().with_columns(y=pl.when(pl.col("ds") > cutoff).then(pl.col("y") * 2).otherwise("y"))

    before, after = (trained(rows, engine=engine).blocks for rows in (moved(), later))

    own = (pl.col("model") == COMBINATION) & (pl.col("cutoff") <= cutoff)
    assert not before.filter(own).is_empty()
    assert after.filter(own)["y_hat"].to_list() == before.filter(own)["y_hat"].to_list()


def test_a_forecast_that_would_explode_is_held_and_the_failures_of_its_series_say_so(engine: Engine) -> None:
    values = [trend(at) for at in range(MONTHS - 6)] + [130.0 * 1.25**at for at in range(6)]
    steep = Candidate(
        "steep", "AutoETS", {"season_length": 1, "model": "AAN", "damped": False}, adjusted="logs", season=1
    )
    rows = panel(values, unique_id=UNMOVED, start=START)

    found = trained(rows, engine=engine, candidates=(steep,))

    growth = values[-1] / max(values[:-12])
    assert found.forecasts["mean"].max() == pytest.approx(growth * values[-1])
    last = [outcome for outcome in found.failed if outcome.cutoff == rows["ds"].max()]
    assert [(outcome.unique_id, outcome.model) for outcome in last] == [(UNMOVED, COMBINATION)]
    assert "times the largest figure: its past growth allows no more" in last[0].reason


def test_a_users_own_driver_is_used_where_it_tells_what_is_to_come(engine: Engine) -> None:
    driver = panel([driven(at + 12) for at in range(MONTHS)], unique_id=DRIVER, start=START)
    rows = panel([trend(at) * driven(at) / 100 for at in range(MONTHS)], unique_id=UNMOVED, start=START)
    declared = f'[[drivers]]\nseries = ["{UNMOVED}"]\nby = "{DRIVER}"\nlag = 12\n'

    found = trained(rows, around=pl.concat([rows, driver]), engine=engine, declared=declared)

    verdict = found.variants.row(by_predicate=pl.col("variant") == DRIVER, named=True)
    assert verdict["used"]
    assert verdict["mase"] < verdict["plain"] / 2
    assert found.weights.rows() == [(UNMOVED, f"{DRIVER}: naive", 1.0)]


def test_learnt_weights_are_used_where_they_gain_and_named_in_what_went_in(engine: Engine) -> None:
    tiny = replace(
        TINY,
        combination="weights-by-series",
        candidates=(
            Candidate("drift", "RandomWalkWithDrift", {}),
            Candidate("mean", "HistoricAverage", {}),
            Candidate("zero", "ZeroModel", {}),
        ),
    )
    rising = panel([100.0 + 5 * at + (7 * at) % 5 for at in range(MONTHS)], unique_id=UNMOVED, start=START)

    found = train(rising, around=rising, experiment=tiny, engine=engine, catalogue=catalogue(), progress=lambda _: None)

    verdict = found.variants.row(by_predicate=pl.col("variant") == "weights-by-series", named=True)
    assert verdict["used"]
    assert verdict["mase_chosen"] < verdict["mase_unchosen"]
    weights = dict(found.weights.select("model", "weight").iter_rows())
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["drift"] > weights["mean"] > weights["zero"] > 0


PLAIN = Candidate("arima", "ARIMA", {"order": (1, 0, 0), "season_length": 12})
WITH = replace(PLAIN, name="arima_x", combined=False, regressors=True)
LED = f'[[drivers]]\nseries = ["{UNMOVED}"]\nby = "{DRIVER}"\nlag = 12\n'


def led(driver: pl.DataFrame, *, engine: Engine) -> Trained:
    """A series that follows a walk of a year before, less and not more of it, beside what is declared to drive it."""
    rows = panel([2000.0 - 4 * driven(at) + (7 * at) % 5 for at in range(MONTHS)], unique_id=UNMOVED, start=START)
    return train(
        rows,
        around=pl.concat([rows, driver]),
        experiment=replace(TINY, candidates=(PLAIN, WITH)),
        engine=engine,
        catalogue=catalogue(LED),
        progress=lambda _: None,
    )


def leading() -> pl.DataFrame:
    return panel([driven(at + 12) for at in range(MONTHS)], unique_id=DRIVER, start=START)


def test_a_candidate_with_regressors_is_used_where_its_driver_leads_and_named_in_what_went_in(engine: Engine) -> None:
    found = led(leading(), engine=engine)

    name = f"arima_x with {DRIVER}"
    verdict = found.variants.row(by_predicate=pl.col("variant") == name, named=True)
    assert verdict["used"]
    assert verdict["mase"] < verdict["plain"] / 2
    assert verdict["mase_chosen"] < verdict["mase_unchosen"]
    assert found.weights.rows() == [(UNMOVED, name, 1.0)]


def test_a_driver_that_tells_nothing_leaves_the_plain_forecast(engine: Engine) -> None:
    unrelated = panel([100.0 + (at * 37) % 23 for at in range(MONTHS)], unique_id=DRIVER, start=START)

    found = led(unrelated, engine=engine)

    assert not found.variants.filter(pl.col("variant").str.contains(DRIVER))["used"].any()
    assert found.weights.rows() == [(UNMOVED, "arima", 1.0)]


def test_a_driver_that_ends_too_early_is_a_named_failure_and_the_plain_forecast_stays(engine: Engine) -> None:
    found = led(leading().head(MONTHS - 13), engine=engine)

    told = [one.reason for one in found.failed if one.cutoff == date(2024, 12, 1)]
    assert told == [f"{DRIVER} is not known from 36 months before the cutoff up to it, less its lag"]
    assert found.weights.rows() == [(UNMOVED, "arima", 1.0)]


def test_what_a_driver_turned_out_to_be_changes_no_earlier_forecast(engine: Engine) -> None:
    cutoff = date(2022, 6, 1)
    later = leading().with_columns(y=pl.when(pl.col("ds") > cutoff).then(pl.col("y") * 5).otherwise("y"))

    before, after = (led(driver, engine=engine).blocks for driver in (leading(), later))

    own = (pl.col("model") == COMBINATION) & (pl.col("cutoff") <= cutoff)
    assert not before.filter(own).is_empty()
    assert after.filter(own)["y_hat"].to_list() == before.filter(own)["y_hat"].to_list()


def test_a_forecast_is_drawn_to_the_anchor_that_errs_less(engine: Engine) -> None:
    flat = Candidate("flat", "HistoricAverage", {})
    anchored = replace(TINY, candidates=(flat, replace(TINY.candidates[0], combined=False)), anchor="naive")
    rows = pl.concat([unmoved(), panel([2 * trend(at) for at in range(MONTHS)], unique_id=MOVED, start=START)])

    found, plain = (
        train(rows, around=rows, experiment=one, engine=engine, catalogue=catalogue(), progress=lambda _: None)
        for one in (anchored, replace(anchored, anchor=""))
    )

    assert found.weights.filter(model="naive")["weight"].to_list() == [0.6, 0.6]
    assert found.weights.group_by("unique_id").agg(pl.col("weight").sum())["weight"].to_list() == [1.0, 1.0]
    assert found.forecasts["mean"].mean() > plain.forecasts["mean"].mean()  # type: ignore[operator]  # both are numbers
