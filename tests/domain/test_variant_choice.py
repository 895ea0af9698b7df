"""Which footing is chosen, with errors worked out by hand."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.combination import COMBINATION
from forecaster.domain.experiment import Candidate
from forecaster.domain.in_use import weights_in_use
from forecaster.domain.months import month_after
from forecaster.domain.scores import error_scales
from forecaster.domain.trials import LEAST_BLOCKS, trials
from forecaster.domain.variant_choice import Footed, chosen, on_best_footing, verdicts
from forecaster.domain.variants import CUTOFFS, FACTORS, KEYS, LINKS, ROWS, Variants
from tests.panels import panel

EV = "ev.production.CN"
HORIZON = 24
VALUES = [100.0 + 10 * (at // 12) for at in range(84)]
"""2020 to 2026: each year 10 above the last, so that the scale is 10."""

CUTOFFS_TRIED = [date(2022, 12, 1), date(2023, 12, 1), date(2024, 12, 1), date(2026, 12, 1)]
"""24 figures are known of the first forecast at the third cutoff, 24 of each three at the last."""


def rows() -> pl.DataFrame:
    return panel(VALUES, unique_id=EV)


def actual(day: date) -> float:
    return 100.0 + 10 * (day.year - 2020)


def points(*, error: float, cutoffs: list[date] | None = None, **named: str) -> pl.DataFrame:
    found = [
        (EV, cutoff, day, step, actual(day) + error)
        for cutoff in cutoffs or CUTOFFS_TRIED
        for step in range(1, HORIZON + 1)
        for day in [month_after(cutoff, months=step)]
    ]
    schema = {"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "step": pl.Int32(), "y_hat": pl.Float64()}
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.lit(value).alias(name) for name, value in named.items()
    )


def scales(known: pl.DataFrame) -> pl.DataFrame:
    return error_scales(known, cutoffs=pl.DataFrame({"unique_id": [EV] * 4, "cutoff": CUTOFFS_TRIED}))


def tried(plain: float, rival: float, *, known: pl.DataFrame | None = None) -> pl.DataFrame:
    held = rows() if known is None else known
    rivals = points(error=rival, variant="calendar")
    return trials(points(error=plain), rivals=rivals, panel=held, scales=scales(held))


def test_errors_are_compared_over_what_was_known_at_each_cutoff() -> None:
    found = tried(5.0, 2.0)

    assert found.select("cutoff", "blocks", "plain", "mase").rows() == [
        (CUTOFFS_TRIED[1], 12, pytest.approx(0.5), pytest.approx(0.2)),
        (CUTOFFS_TRIED[2], 24 + 12, pytest.approx(0.5), pytest.approx(0.2)),
        (CUTOFFS_TRIED[3], 3 * 24, pytest.approx(0.5), pytest.approx(0.2)),
    ]


def test_a_variant_is_used_once_it_gained_over_enough_figures() -> None:
    found = tried(5.0, 2.0)

    assert found.filter("used")["cutoff"].to_list() == [CUTOFFS_TRIED[3]]
    assert found.filter("used")["blocks"].min() >= LEAST_BLOCKS  # type: ignore[operator]  # a number, as it is not empty


@pytest.mark.parametrize("rival", [4.8, 5.0, 6.0])
def test_a_small_gain_a_tie_and_a_loss_keep_the_plain_forecast(rival: float) -> None:
    assert not tried(5.0, rival)["used"].any()


def test_of_two_variants_that_gain_the_better_one_is_used() -> None:
    rivals = pl.concat([points(error=2.0, variant="calendar"), points(error=1.0, variant="working-days")])

    found = trials(points(error=5.0), rivals=rivals, panel=rows(), scales=scales(rows()))

    assert found.filter("used")["variant"].to_list() == ["working-days"]


def test_later_figures_change_no_earlier_choice() -> None:
    later = rows().with_columns(y=pl.when(pl.col("ds") > CUTOFFS_TRIED[2]).then(pl.col("y") * 3).otherwise("y"))

    before, after = tried(5.0, 2.0), tried(5.0, 2.0, known=later)

    earlier = pl.col("cutoff") <= CUTOFFS_TRIED[2]
    assert after.filter(earlier).equals(before.filter(earlier))
    assert not after.equals(before)


def test_what_is_chosen_takes_the_place_of_the_plain_forecast_there_alone() -> None:
    plain, rivals = points(error=5.0, model=COMBINATION), points(error=2.0, variant="calendar")

    found = chosen(plain, rivals=rivals, found=tried(5.0, 2.0))

    error = found["y_hat"] - pl.Series([actual(day) for day in found["ds"]])
    by_cutoff = found.with_columns(error=error).group_by("cutoff").agg(pl.col("error").unique()).sort("cutoff")
    assert by_cutoff["error"].to_list() == [[5.0], [5.0], [5.0], [2.0]]


def calendar() -> Variants:
    """A variant whose factor is 0.5 throughout."""
    factors = points(error=0.0).select(key=pl.lit(f"{EV}#calendar"), cutoff="cutoff", ds="ds", factor=pl.lit(0.5))
    return Variants(
        keys=pl.DataFrame([(f"{EV}#calendar", EV, "calendar")], schema=KEYS, orient="row"),
        rows=pl.DataFrame(schema=ROWS),
        cutoffs=pl.DataFrame(schema=CUTOFFS),
        factors=factors.select(FACTORS.names()),
        links=pl.DataFrame(schema=LINKS),
    )


def every() -> pl.DataFrame:
    """Forecasts of a series, 5 too high, and of its variant, 2 too high when they are back on its footing."""
    key = pl.lit(f"{EV}#calendar").alias("unique_id")
    of_variant = points(error=2.0, model=COMBINATION).with_columns(key, pl.col("y_hat") / 0.5)
    plain = points(error=5.0, model=COMBINATION)
    return pl.concat([plain, plain.with_columns(model=pl.lit("ets")), of_variant])


def footed() -> Footed:
    return on_best_footing(every(), variants=calendar(), panel=rows(), scales=scales(rows()), signed=())


def test_only_series_are_left_and_their_candidates_are_as_they_were() -> None:
    found = footed().points

    assert found["unique_id"].unique().to_list() == [EV]
    assert found.filter(pl.col("model") == "ets").drop("model").equals(points(error=5.0))
    last = found.filter((pl.col("model") == COMBINATION) & (pl.col("cutoff") == CUTOFFS_TRIED[3]))
    assert last["y_hat"][0] == pytest.approx(actual(date(2027, 1, 1)) + 2)


def test_a_verdict_tells_the_gain_and_what_choosing_was_worth_before() -> None:
    final = pl.DataFrame({"unique_id": [EV], "cutoff": [CUTOFFS_TRIED[3]]})

    found = verdicts(footed(), final=final, panel=rows(), scales=scales(rows()))

    assert found.rows() == [
        (EV, "calendar", 72, pytest.approx(0.5), pytest.approx(0.2), True, pytest.approx(0.5), pytest.approx(0.5))
    ]


def test_a_variant_that_does_not_reach_the_last_cutoff_is_told_as_it_stood_and_not_used() -> None:
    made = every().filter((pl.col("unique_id") == EV) | (pl.col("cutoff") < CUTOFFS_TRIED[3]))
    found = on_best_footing(made, variants=calendar(), panel=rows(), scales=scales(rows()), signed=())
    final = pl.DataFrame({"unique_id": [EV], "cutoff": [CUTOFFS_TRIED[3]]})

    verdict = verdicts(found, final=final, panel=rows(), scales=scales(rows()))

    assert verdict.select("blocks", "used").rows() == [(36, False)]


def test_weights_name_the_variant_whose_candidates_went_in() -> None:
    candidates = (Candidate("ets", "AutoETS", {}), Candidate("theta", "Theta", {}))
    made = pl.concat(
        points(error=0.0, model=name).with_columns(unique_id=pl.lit(key))
        for key in (EV, f"{EV}#calendar")
        for name in ("ets", "theta")
    )

    def in_use(at: date) -> list[tuple[object, ...]]:
        final = pl.DataFrame({"unique_id": [EV], "cutoff": [at]})
        found = tried(5.0, 2.0)
        return weights_in_use(made, variants=calendar(), trials=found, final=final, candidates=candidates).rows()

    assert in_use(CUTOFFS_TRIED[2]) == [(EV, "ets", 0.5), (EV, "theta", 0.5)]
    assert in_use(CUTOFFS_TRIED[3]) == [(EV, "calendar: ets", 0.5), (EV, "calendar: theta", 0.5)]
