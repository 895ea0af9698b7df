"""Whether intervals hold what they promise, told only from what was known when each was made."""

from collections.abc import Collection

import polars as pl

from forecaster.domain.intervals import ENOUGH, LEVELS, with_quantiles
from forecaster.domain.scores import interval_score, quantile_loss
from forecaster.domain.vintage import QUANTILE_COLUMNS, quantile_column


def honest_quantiles(
    points: pl.DataFrame,
    *,
    errors: pl.DataFrame,
    scales: pl.DataFrame,
    horizon: int,
    signed: Collection[str] = (),
) -> pl.DataFrame:
    """Quantiles of backtest forecasts, made only from errors known at their cutoff.

    Args:
        points: unique_id, cutoff, ds, step, y_hat of the combination's backtest.
        errors: as `scaled_errors` gives them, of the whole backtest.
        scales: as `scores.error_scales` gives them.
        horizon: the largest step.
        signed: series whose figures may be below 0.

    Returns:
        As `with_quantiles`; cutoffs before which too few errors were known are left out.
    """
    found = []
    for (cutoff,), group in points.group_by("cutoff", maintain_order=True):
        known = errors.filter(pl.col("ds") <= cutoff)
        if known.height >= ENOUGH:
            found.append(with_quantiles(group, errors=known, scales=scales, horizon=horizon, signed=signed))
    empty = pl.DataFrame(schema={**points.schema, **dict.fromkeys(QUANTILE_COLUMNS, pl.Float64())})
    return pl.concat(found or [empty])


DECILES = tuple((k / 10, quantile_column(k / 10)) for k in range(1, 10))
SCORED = (80, 95)
"""Levels whose interval scores are told."""


def coverage(quantiles: pl.DataFrame, *, blocks: pl.DataFrame) -> pl.DataFrame:
    """Whether months that were stated fell into their intervals, and what their quantiles cost.

    Args:
        quantiles: as `honest_quantiles` gives them.
        blocks: of the combination, as `scores.scored_blocks` gives them.

    Returns:
        unique_id, cutoff, step, in_20 to in_95 (booleans, one a level of LEVELS) and, in the series' unit, y, loss
        (mean of `scores.quantile_loss` over the deciles), interval_80 and interval_95 (`scores.interval_score`).
    """
    stated = blocks.filter(pl.col("block_start") == pl.col("block_end"))
    months = stated.select("unique_id", "cutoff", ds="block_end", y="y")
    return quantiles.join(months, on=["unique_id", "cutoff", "ds"], maintain_order="left").select(
        "unique_id",
        "cutoff",
        "step",
        *[pl.col("y").is_between(low, high).alias(f"in_{level}") for level, (low, high) in LEVELS.items()],
        "y",
        loss=pl.mean_horizontal(quantile_loss(quantile, name) for quantile, name in DECILES),
        **{f"interval_{level}": interval_score(level, *LEVELS[level]) for level in SCORED},
    )
