"""Whether intervals hold what they promise."""

from datetime import date

import polars as pl

from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.months import month_after
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
