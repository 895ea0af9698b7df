"""Frame contract of the panel: the monthly figures that models see, and how each was obtained."""

import polars as pl

REPORTED, DIFFERENCED, ESTIMATED = "reported", "differenced", "estimated"

SECTOR = pl.col("unique_id").str.split(".").list.first().alias("sector")
"""Of a series_id, what it begins with."""

PANEL = pl.Schema(
    {
        "unique_id": pl.String(),  # the series_id
        "ds": pl.Date(),  # first day of the month; each once
        "y": pl.Float64(),  # in the series' own unit
        "obtained": pl.String(),  # reported, differenced or estimated
        "block_start": pl.Date(),  # first and last month of the smallest span around `ds` whose sum was
        "block_end": pl.Date(),  # officially stated; null where no such span is: never scored
        "reports": pl.List(pl.String()),  # report_ids that the figure comes from
    }
)

CONTRADICTIONS = pl.Schema(
    {
        "series_id": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "what": pl.String(),
        "stated": pl.Float64(),  # the figure that leads, in the series' own unit
        "other": pl.Float64(),  # the one that it contradicts
    }
)


def latest_stretch(panel: pl.DataFrame) -> pl.DataFrame:
    """What models see: of each series, the consecutive months after its last hole.

    Args:
        panel: PANEL columns; holes are left where they are too long to be bridged.

    Returns:
        PANEL columns, sorted by unique_id, ds.
    """
    ordered = panel.sort("unique_id", "ds")
    is_after_hole = pl.col("ds").shift().over("unique_id").dt.offset_by("1mo") < pl.col("ds")
    holes_before = is_after_hole.fill_null(value=False).cast(pl.Int32).cum_sum().over("unique_id")
    return ordered.filter(holes_before == holes_before.max().over("unique_id"))
