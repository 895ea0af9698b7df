"""Whether intervals hold what they promise."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.months import month_after
from forecaster.domain.summary import quantile_scores
from forecaster.domain.vintage import QUANTILE_COLUMNS

CUTOFFS = [date(2022, 1, 1), date(2022, 7, 1)]


def points() -> pl.DataFrame:
    rows = [
        ("ev.a", cutoff, month_after(cutoff, months=step), step, 100.0) for cutoff in CUTOFFS for step in range(1, 7)
    ]
    return pl.DataFrame(rows, schema=["unique_id", "cutoff", "ds", "step", "y_hat"], orient="row").with_columns(
        pl.col("step").cast(pl.Int32)
    )


def errors(first: date) -> pl.DataFrame:
    """360 errors of another series, in the six months from `first` on."""
    rows = [
        ("ev.b", date(2021, 1, 1), step, "ev", month_after(first, months=step - 1), (number - 30) / 30)
        for step in range(1, 7)
        for number in range(60)
    ]
    names = ["unique_id", "cutoff", "step", "pool", "ds", "error"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("step").cast(pl.Int32))


def scales() -> pl.DataFrame:
    return pl.DataFrame(
        [("ev.a", cutoff, 10.0) for cutoff in CUTOFFS], schema=["unique_id", "cutoff", "scale"], orient="row"
    )


def test_a_cutoff_has_intervals_only_from_errors_that_were_known_by_then() -> None:
    found = honest_quantiles(points(), errors=errors(date(2022, 2, 1)), scales=scales(), horizon=6)

    assert found["cutoff"].unique().to_list() == [date(2022, 7, 1)]


def test_a_later_error_changes_no_earlier_interval() -> None:
    known = errors(date(2021, 6, 1))
    more = pl.concat([known, errors(date(2022, 2, 1)).with_columns(pl.col("error") * 50)])

    one, other = (honest_quantiles(points(), errors=e, scales=scales(), horizon=6) for e in (known, more))

    first = pl.col("cutoff") == date(2022, 1, 1)
    assert one.filter(first).equals(other.filter(first))
    assert not one.equals(other)


def test_a_month_counts_as_covered_where_its_figure_lies_within() -> None:
    quantiles = points().with_columns(
        pl.lit(100.0 + 10 * (at - 6)).alias(name) for at, name in enumerate(QUANTILE_COLUMNS)
    )
    month = {"unique_id": "ev.a", "cutoff": CUTOFFS[0], "model": "combination", "step": 1, "y_hat": 100.0}
    blocks = pl.DataFrame(
        [
            {**month, "block_start": date(2022, 2, 1), "block_end": date(2022, 2, 1), "y": 135.0},
            {**month, "block_start": date(2022, 3, 1), "block_end": date(2022, 4, 1), "y": 135.0},  # a sum: not scored
        ]
    )

    (row,) = coverage(quantiles, blocks=blocks).rows(named=True)

    assert (row["in_60"], row["in_80"]) == (False, True)


def test_quantiles_cost_what_they_miss_and_how_wide_they_are() -> None:
    quantiles = points().with_columns(pl.lit(100.0).alias(name) for name in QUANTILE_COLUMNS)
    quantiles = quantiles.with_columns(q10=pl.lit(90.0), q90=pl.lit(110.0))
    month = {"unique_id": "ev.a", "cutoff": CUTOFFS[0], "model": "combination", "step": 1, "y_hat": 100.0}
    block = {"block_start": date(2022, 2, 1), "block_end": date(2022, 2, 1), "y": 115.0}

    found = coverage(quantiles, blocks=pl.DataFrame([{**month, **block}]))

    # Twice the shortfall times the quantile: 15 for 100, at 0.2 to 0.8; 25 for 90, at 0.1; 5 for 110, at 0.9.
    assert found["loss"].item() == pytest.approx((2 * 15 * 3.5 + 2 * 25 * 0.1 + 2 * 5 * 0.9) / 9)
    assert found["interval_80"].item() == pytest.approx(20 + 10 * 5)
    costs = quantile_scores(found, scales=scales().with_columns(root_scale=pl.lit(1.0)))
    assert costs["wql"].item() == pytest.approx(found["loss"].item() / 115)
    assert costs["interval_score_80"].item() == pytest.approx(70 / 10)
