"""Series on another footing, with factors and forecasts worked out by hand."""

import tomllib
from datetime import date

import polars as pl
import pytest

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.declaration import parse_catalogue
from forecaster.domain.lunar import METONIC, NEW_YEAR_MONTHS, day_factors, effective_days
from forecaster.domain.months import month_number
from forecaster.domain.ports import Outcome
from forecaster.domain.variant_choice import on_the_series_footing
from forecaster.domain.variants import Setting, Variants, named_by_series, variants_of
from tests.catalogues import DECLARED, catalogue
from tests.panels import panel, with_shared

EV, BATTERY = "ev.production.CN", "battery.production.CN"
DRIVEN = f'[[drivers]]\nseries = ["{BATTERY}"]\nby = "{EV}"\n'


def variants(
    rows: pl.DataFrame,
    *,
    cutoffs: list[tuple[str, date]],
    around: pl.DataFrame | None = None,
    declared: Catalogue | None = None,
    horizon: int = 2,
) -> Variants:
    at = pl.DataFrame(cutoffs, schema={"unique_id": pl.String(), "cutoff": pl.Date()}, orient="row")
    setting = Setting(declared or catalogue(), rows if around is None else around, at, horizon, min_train=2)
    return variants_of(rows, setting=setting)


def forecasts(*rows: tuple[str, date, date, int, float]) -> pl.DataFrame:
    schema = {"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "step": pl.Int32(), "y_hat": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_month_is_compared_with_what_its_calendar_month_usually_has() -> None:
    february, april = month_number(date(2024, 2, 1)), month_number(date(2024, 4, 1))
    usual = [effective_days([month_number(date(year, 2, 1))], country="CN").popitem()[1] for year in METONIC]

    found = day_factors([february, april], country="CN", months=NEW_YEAR_MONTHS)

    # New Year fell on 10 February 2024: 18 working days in February less the 2 lost around the holiday.
    assert effective_days([february], country="CN") == {february: 16.0}
    assert found[february] == pytest.approx(16 / (sum(usual) / 19))
    assert found[april] == 1.0


def test_a_series_that_states_its_januaries_apart_is_tried_without_the_new_year_from_the_third_on() -> None:
    rows = panel([100.0] * 40)  # from January 2020 on
    cutoffs = [(EV, date(2022, 1, 1)), (EV, date(2022, 2, 1)), (EV, date(2023, 4, 1))]

    found = variants(rows, cutoffs=cutoffs)

    assert found.keys.rows() == [(f"{EV}#calendar", EV, "calendar")]
    assert found.cutoffs["cutoff"].to_list() == [date(2022, 2, 1), date(2023, 4, 1)]
    factor = day_factors([month_number(date(2022, 2, 1))], country="CN", months=(2,)).popitem()[1]
    held = found.rows.filter(pl.col("ds").is_in([date(2022, 2, 1), date(2022, 4, 1)]))
    assert held["y"].to_list() == pytest.approx([100 / factor, 100])


def test_a_series_whose_january_and_february_are_one_figure_is_not() -> None:
    rows = with_shared(panel([100.0] * 40), first=date(2021, 1, 1), last=date(2021, 2, 1))
    rows = with_shared(rows, first=date(2022, 1, 1), last=date(2022, 2, 1))

    found = variants(rows, cutoffs=[(EV, date(2023, 4, 1))])

    assert found.keys.is_empty()


def test_a_series_of_another_country_is_not() -> None:
    rows = panel([100.0] * 40, unique_id="solar.exports.DE.panels")
    declared = parse_catalogue(tomllib.loads(DECLARED.replace("Asia/Shanghai", "Europe/London")))

    found = variants(rows, cutoffs=[("solar.exports.DE.panels", date(2023, 4, 1))], declared=declared)

    assert found.keys.is_empty()


def test_forecasts_come_back_by_the_days_of_the_months_ahead() -> None:
    cutoff, ahead = date(2023, 12, 1), (date(2024, 1, 1), date(2024, 2, 1))
    found = variants(panel([100.0] * 48), cutoffs=[(EV, cutoff)])
    made = forecasts(*((f"{EV}#calendar", cutoff, ds, step, 50.0) for step, ds in enumerate(ahead, start=1)))

    back = on_the_series_footing(made, variants=found)

    factors = day_factors(map(month_number, ahead), country="CN", months=NEW_YEAR_MONTHS)
    assert back["y_hat"].to_list() == pytest.approx([50 * factor for factor in factors.values()])
    assert back["variant"].unique().to_list() == ["calendar"]


def driven(*, driver: pl.DataFrame, lag: int = 0, cutoffs: list[tuple[str, date]]) -> Variants:
    rows = panel([20.0, 30.0, 40.0, 50.0], unique_id=BATTERY, start=date(2020, 4, 1))
    around = pl.concat([rows, driver])
    return variants(rows, around=around, cutoffs=cutoffs, declared=catalogue(f"{DRIVEN}lag = {lag}\n"))


def test_a_driven_series_is_a_ratio_matched_by_date_and_its_forecast_times_the_drivers() -> None:
    driver = panel([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0], unique_id=EV)  # January to July
    cutoff = date(2020, 6, 1)
    ahead = (date(2020, 7, 1), date(2020, 8, 1))

    found = driven(driver=driver, cutoffs=[(BATTERY, cutoff), (EV, cutoff)])
    back = on_the_series_footing(
        forecasts(
            *((f"{BATTERY}#{EV}", cutoff, ds, step, 3.0) for step, ds in enumerate(ahead, start=1)),
            *((EV, cutoff, ds, step, 7.0 * step) for step, ds in enumerate(ahead, start=1)),
        ),
        variants=found,
    )

    assert found.rows["y"].to_list() == [5.0, 6.0, 4.0, 2.5]  # 20/4, 30/5, 40/10, 50/20
    assert found.cutoffs.rows() == [(f"{BATTERY}#{EV}", cutoff)]
    assert back.select("ds", "y_hat").rows() == [(ahead[0], 21.0), (ahead[1], 42.0)]  # not the 20 of July, known later


def test_a_driver_that_goes_ahead_is_known_for_as_many_months() -> None:
    driver = panel([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0], unique_id=EV)
    cutoff = date(2020, 7, 1)

    found = driven(driver=driver, lag=1, cutoffs=[(BATTERY, cutoff), (EV, cutoff)])

    assert found.rows["y"].to_list() == [20 / 3, 7.5, 8.0, 5.0]
    assert found.factors.select("ds", "factor").rows() == [(date(2020, 8, 1), 20.0)]


def test_a_driver_that_is_published_later_is_so_at_every_cutoff() -> None:
    driver = panel([1.0, 2.0, 3.0, 4.0, 5.0, 10.0], unique_id=EV)  # to June, a month less than the series
    cutoffs = [(BATTERY, date(2020, 6, 1)), (EV, date(2020, 6, 1))]

    at_once = driven(driver=driver, cutoffs=cutoffs)
    ahead = driven(driver=driver, lag=1, cutoffs=cutoffs)

    assert at_once.cutoffs.is_empty()
    assert ahead.links["driver_cutoff"].to_list() == [date(2020, 5, 1)]
    again = f"{BATTERY}#{EV}#driver"  # it is not forecast from May by itself
    assert set(ahead.cutoffs.rows()) == {(f"{BATTERY}#{EV}", date(2020, 6, 1)), (again, date(2020, 5, 1))}
    assert ahead.rows.filter(pl.col("unique_id") == again)["y"].to_list() == [1.0, 2.0, 3.0, 4.0, 5.0, 10.0]


def test_a_cutoff_inside_a_sum_of_the_driver_is_left_out() -> None:
    driver = with_shared(
        panel([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0], unique_id=EV), first=date(2020, 6, 1), last=date(2020, 7, 1)
    )

    found = driven(driver=driver, cutoffs=[(BATTERY, date(2020, 6, 1)), (EV, date(2020, 6, 1))])

    assert found.cutoffs.is_empty()


def test_a_ratio_starts_after_the_last_month_in_which_the_driver_was_nothing() -> None:
    driver = panel([1.0, 2.0, 3.0, 0.0, 5.0, 10.0, 20.0], unique_id=EV)

    found = driven(driver=driver, cutoffs=[(BATTERY, date(2020, 7, 1)), (EV, date(2020, 7, 1))])

    assert found.rows["ds"].to_list() == [date(2020, 5, 1), date(2020, 6, 1), date(2020, 7, 1)]


def test_a_driver_without_figures_makes_no_variant() -> None:
    found = driven(driver=panel([], unique_id=EV), cutoffs=[(BATTERY, date(2020, 7, 1))])

    assert found.keys.is_empty()


def test_failures_of_variants_are_told_of_the_series() -> None:
    driver = panel([1.0, 2.0, 3.0, 4.0, 5.0, 10.0], unique_id=EV)
    found = driven(driver=driver, lag=1, cutoffs=[(BATTERY, date(2020, 6, 1))])
    failed = [Outcome(key, "ets", date(2020, 6, 1), "why") for key in (f"{BATTERY}#{EV}", f"{BATTERY}#{EV}#driver", EV)]

    named = named_by_series(failed, variants=found)

    assert {(one.unique_id, one.model) for one in named} == {(BATTERY, f"{EV}: ets"), (EV, "ets")}
