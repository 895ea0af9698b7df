"""Rolling cutoffs: from where in the past a backtest forecasts."""

import polars as pl

from forecaster.domain.experiment import Folds


def last_cutoffs(panel: pl.DataFrame) -> pl.DataFrame:
    """Where each series ends.

    Args:
        panel: PANEL columns.

    Returns:
        unique_id, cutoff (the last month), sorted.
    """
    return panel.group_by("unique_id").agg(pl.col("ds").max().alias("cutoff")).sort("unique_id")


def rolling_cutoffs(panel: pl.DataFrame, *, folds: Folds) -> pl.DataFrame:
    """The cutoffs of every series' backtest.

    A cutoff inside a block would let the model see a share of a sum that was stated only later; it moves back to the
    month before the block.

    Args:
        panel: PANEL columns.
        folds: how many cutoffs, how far apart, and how many months must lie before one.

    Returns:
        unique_id, cutoff, one row a fold, sorted; none for a series that is too short.
    """
    back = pl.DataFrame({"months": [-k * folds.step for k in range(1, folds.count + 1)]})
    wanted = last_cutoffs(panel).join(back, how="cross")
    wanted = wanted.with_columns(cutoff=pl.col("cutoff").dt.offset_by(pl.format("{}mo", "months")))
    months = panel.select("unique_id", "ds", "block_start", "block_end", first=pl.col("ds").min().over("unique_id"))
    at = wanted.join(months, left_on=["unique_id", "cutoff"], right_on=["unique_id", "ds"])
    inside = pl.col("block_end") > pl.col("cutoff")
    moved = at.with_columns(cutoff=pl.when(inside).then(pl.col("block_start").dt.offset_by("-1mo")).otherwise("cutoff"))
    long_enough = pl.col("cutoff") >= pl.col("first").dt.offset_by(f"{folds.min_train - 1}mo")
    return moved.filter(long_enough).select("unique_id", "cutoff").unique().sort("unique_id", "cutoff")
