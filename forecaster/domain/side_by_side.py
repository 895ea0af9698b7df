"""Two runs' backtests side by side, on the figures that both forecast."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.combination import COMBINATION
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import scaled_error

ALL = "all"
KEYS = ("unique_id", "cutoff", "block_start", "block_end")

SIDE_BY_SIDE = pl.Schema(
    {
        "sector": pl.String(),  # or ALL, the last row
        "series": pl.UInt32(),
        "figures": pl.UInt32(),
        "first": pl.Float64(),  # mean MASE over series
        "second": pl.Float64(),
        "difference": pl.Float64(),  # second less first, of each series, then the mean
        "error": pl.Float64(),  # standard error of that mean over series; null for a single one
        "better": pl.UInt32(),  # series that the second run forecasts better
        "worse": pl.UInt32(),
    }
)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """How two runs compare."""

    sectors: pl.DataFrame  # SIDE_BY_SIDE
    series: pl.DataFrame  # sector, unique_id, figures, first, second, difference; the largest gain of the second first


def side_by_side(first: pl.DataFrame, second: pl.DataFrame) -> SideBySide:
    """Compare the combinations of two backtests, pair by pair.

    Series that are sums or parts of each other err alike, so that the standard error is smaller than the truth.

    Args:
        first: unique_id, cutoff, model, block_start, block_end, y, y_hat, scale.
        second: the same.
    """
    both = _errors(first).rename({"error": "first"}).join(_errors(second).rename({"error": "second"}), on=KEYS)
    series = both.group_by("unique_id").agg(pl.len().alias("figures"), pl.col("first", "second").mean())
    difference = (pl.col("second") - pl.col("first")).alias("difference")
    rows = series.select(SECTOR, *series.columns).with_columns(difference).sort("difference", "unique_id")
    by_sector = rows.group_by("sector").agg(*_SUMMARY).sort("sector")
    whole = rows.select(pl.lit(ALL).alias("sector"), *_SUMMARY) if rows.height else by_sector
    table = pl.concat([one.select(SIDE_BY_SIDE.names()).cast(SIDE_BY_SIDE) for one in (by_sector, whole)])
    return SideBySide(table, rows)


_SUMMARY = (
    pl.len().alias("series"),
    pl.col("figures").sum(),
    pl.col("first", "second", "difference").mean(),
    (pl.col("difference").std() / pl.len().sqrt()).alias("error"),
    (pl.col("difference") < 0).sum().alias("better"),
    (pl.col("difference") > 0).sum().alias("worse"),
)


def _errors(blocks: pl.DataFrame) -> pl.DataFrame:
    own = blocks.filter((pl.col("model") == COMBINATION) & pl.col("scale").is_not_null())
    return own.select(*KEYS, error=scaled_error())
