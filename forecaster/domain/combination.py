"""Candidates' forecasts -> one."""

import polars as pl

from forecaster.domain.experiment import Candidate

COMBINATION = "combination"


def floored(points: pl.DataFrame, *, where: pl.Expr) -> pl.DataFrame:
    """Points of which some are never below 0.

    Args:
        points: y_hat among other columns.
        where: which rows can't be below 0.
    """
    return points.with_columns(pl.when(where).then(pl.col("y_hat").clip(lower_bound=0.0)).otherwise("y_hat"))


def combine(points: pl.DataFrame, *, candidates: tuple[Candidate, ...], how: str) -> pl.DataFrame:
    """The combined forecast of each series, cutoff and month.

    Equal weights, or the median; learnt weights compete with it (`learnt_weights`). A candidate that failed on a series
    is missing there, and the rest share its weight.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of every candidate.
        candidates: which of them are combined.
        how: mean; else the median.

    Returns:
        The same columns, model being `combination`, sorted; only series with at least one combined candidate.
    """
    names = [candidate.name for candidate in candidates if candidate.combined]
    y_hat = pl.col("y_hat").mean() if how == "mean" else pl.col("y_hat").median()
    keys = ["unique_id", "cutoff", "ds", "step"]
    found = points.filter(pl.col("model").is_in(names)).group_by(keys).agg(y_hat)
    return found.with_columns(model=pl.lit(COMBINATION)).select(points.columns).sort("unique_id", "cutoff", "ds")


def weights(points: pl.DataFrame, *, candidates: tuple[Candidate, ...]) -> pl.DataFrame:
    """What went into each series' combination.

    Args:
        points: unique_id, model among other columns: the candidates' final forecasts.
        candidates: which of them are combined.

    Returns:
        unique_id, model, weight (they sum to 1 a series), sorted.
    """
    names = [candidate.name for candidate in candidates if candidate.combined]
    used = points.filter(pl.col("model").is_in(names)).select("unique_id", "model").unique()
    return used.with_columns(weight=1 / pl.len().over("unique_id")).sort("unique_id", "model")
