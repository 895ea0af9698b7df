"""What a release would change, before it is stored."""

import polars as pl

from forecaster.domain.reports import KEY

NEW, REVISED = "new", "revised"

CHANGES = pl.Schema(
    {
        "line": pl.Int64(),
        "what": pl.String(),  # new, or revised: a known figure stated otherwise
        "series_id": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "basis": pl.String(),
        "kind": pl.String(),
        "value": pl.Float64(),
        "unit": pl.String(),
        "was": pl.Float64(),  # the figure released last; null where there is none
        "was_unit": pl.String(),
    }
)


def changes_of(given: pl.DataFrame, *, known: pl.DataFrame) -> pl.DataFrame:
    """Reports that state something not stated before.

    Args:
        given: the NUMBERED columns.
        known: the REPORTS columns of the same series.

    Returns:
        The CHANGES columns, by line.
    """
    latest = known.sort("released_at").unique(KEY, keep="last")
    fresh = given.join(known, on=[*KEY, "value", "unit"], how="anti")
    compared = fresh.join(latest.select(*KEY, was="value", was_unit="unit"), on=KEY, how="left")
    what = pl.when(pl.col("was").is_null()).then(pl.lit(NEW)).otherwise(pl.lit(REVISED))
    return compared.with_columns(what=what).select(*CHANGES).sort("line")
