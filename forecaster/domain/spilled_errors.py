"""Calibrated quantiles for panels whose errors are too many to hold at once: some series, then some steps at a time.

What `intervals` does, for a panel that is one pool. Errors and forecasts wait on shelves; only their sum, and a row of
quantiles a step, is known of all. The pooled quantiles are those of `intervals` but for the last digits of the mean
absolute error, which is summed exactly here, so that it does not depend on how the series were split. Bounds by growth
and intermittent series are treated here alone.
"""

from collections.abc import Iterator
from math import fsum

import polars as pl

from forecaster.domain.few_errors import quantiles_of_few
from forecaster.domain.intervals import (
    ERROR_QUANTILES,
    MEDIAN,
    PLACED,
    SMOOTHING,
    enough_about_any,
    for_every_step,
    shrunk,
    with_other_cutoffs,
)
from forecaster.domain.shelf import Shelf
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES

USED_UP = ("scale", "total", "n", "floor", "bound", "nothing")
"""Columns of forecasts of which their quantiles are made."""

AT_ONCE = 2_000_000
"""Errors held at a time, unless the steps about a single one have more."""


def kept(errors: pl.DataFrame) -> pl.DataFrame:
    """What is needed of the errors of some series.

    Args:
        errors: as `intervals.scaled_errors` gives them, all of each series.

    Returns:
        step, error, total and n (as `intervals.with_other_cutoffs` gives them); sorted by step.
    """
    return with_other_cutoffs(errors).select("step", "error", "total", "n").sort("step", maintain_order=True)


def own_errors(errors: pl.DataFrame) -> pl.DataFrame:
    """unique_id, total and n: the sum of each series' absolute errors, and how many there are."""
    return errors.group_by("unique_id", maintain_order=True).agg(total=pl.col("error").abs().sum(), n=pl.len())


def usual_error(errors: Shelf) -> float:
    """The mean absolute error of the whole panel.

    Args:
        errors: as `kept` gives them; at least one row.
    """
    return fsum(size for part in errors.parts() for size in part["error"].abs().to_list()) / _count(errors)


def quantiles_of(errors: Shelf, *, usual: float, horizon: int) -> pl.DataFrame:
    """Quantiles of the panel's errors by step; where no step has enough of them, as `quantiles_of_few` tells them.

    Args:
        errors: as `kept` gives them; at least one row.
        usual: as `usual_error` gives it.
        horizon: steps wanted.

    Returns:
        step, one column a quantile; every step from 1 to `horizon`.
    """
    steps = max(1, AT_ONCE * horizon // _count(errors) - 2 * SMOOTHING)
    found = [
        row
        for first in range(1, horizon + 1, steps)
        for row in _about(errors, first=first, last=min(first + steps - 1, horizon), usual=usual)
    ]
    about = pl.concat(found)
    if not enough_about_any(about):
        return quantiles_of_few(_over_spread(errors.all().collect(), usual=usual), horizon=horizon)
    pooled = about.with_columns(pool=pl.lit(None, pl.String()))
    return for_every_step(pooled, horizon=horizon).drop("pool")


def no_quantiles(horizon: int) -> pl.DataFrame:
    """What `quantiles_of` gives, for forecasts that never erred: their intervals have no width."""
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": pl.Int32()})
    return steps.with_columns(pl.lit(0.0).alias(name) for name in QUANTILE_COLUMNS)


def _count(errors: Shelf) -> int:
    return int(errors.all().select(pl.len()).collect().item())


def _about(errors: Shelf, *, first: int, last: int, usual: float) -> Iterator[pl.DataFrame]:
    """Of each of some steps with errors about it: step, n, own, quantiles."""
    near = errors.all().filter(pl.col("step").is_between(first - SMOOTHING, last + SMOOTHING))
    held = _over_spread(near.collect(), usual=usual)
    for step in range(first, last + 1):
        about = held.filter(pl.col("step").is_between(step - SMOOTHING, step + SMOOTHING)).sort("error")
        if not about.is_empty():
            own = (pl.col("step") == step).sum()
            yield about.select(pl.lit(step, pl.Int32()).alias("step"), *ERROR_QUANTILES, n=pl.len(), own=own)


def _over_spread(errors: pl.DataFrame, *, usual: float) -> pl.DataFrame:
    """step, and error over the spread that the series' other cutoffs tell."""
    over = pl.col("error") / shrunk(pl.col("total"), pl.col("n"))
    return _beside(usual, errors).select("step", error=over)


def _beside(usual: float, frame: pl.DataFrame) -> pl.DataFrame:
    """With a column `usual`, written out: by a literal the vendor divides through its reciprocal, some rows at least.

    The last digit would so depend on which rows are divided together.
    """
    return frame.with_columns(pl.repeat(usual, frame.height, dtype=pl.Float64, eager=True).alias("usual"))


def placed(ahead: pl.DataFrame, *, quantiles: pl.DataFrame, usual: float) -> pl.DataFrame:
    """Forecasts with their quantiles.

    Args:
        ahead: step, mean, scale, total and n (null: no error is known), floor (null: none), bound (that no quantile
            may exceed, above 0 or below it) and nothing (of an intermittent series the share of periods in which
            nothing comes; else null) among others.
        quantiles: as `quantiles_of` gives them.
        usual: as `usual_error` gives it.

    Returns:
        The same without those from scale on, but with one column a quantile, ascending in a row. Of an intermittent
        series, whose median is often nothing, the errors count as they are, and quantiles within the share are 0.
    """
    spread = shrunk(pl.col("total"), pl.col("n")).fill_null(1.0)
    held = (
        _beside(usual, ahead)
        .with_columns(width=pl.col("scale") * spread)
        .join(quantiles, on="step", maintain_order="left")
    )
    rare = pl.col("nothing").is_not_null()
    as_they_are = pl.when(rare).then(pl.col("width") * pl.col(MEDIAN)).otherwise(0.0)
    held = held.with_columns(y_hat=pl.col("mean") + as_they_are).with_columns(PLACED)
    kept_columns = [name for name in ahead.columns if name not in USED_UP]
    bounded = {name: pl.col(name).clip(-pl.col("bound"), "bound") for name in QUANTILE_COLUMNS}
    empty = dict(zip(QUANTILE_COLUMNS, (rare & (pl.col("nothing") > share) for share in QUANTILES), strict=True))
    return held.select(
        *kept_columns, **{name: pl.when(empty[name]).then(0.0).otherwise(bounded[name]) for name in QUANTILE_COLUMNS}
    )
