"""Backtest errors -> calibrated quantiles.

A quantile is the point forecast plus the series' usual error times a quantile of the pooled errors: errors of all
series of a sector, each divided by its series' scale and spread, at about the same step. Pooling is what makes the
tails of a series with a dozen cutoffs known at all; the spread keeps a wild series from widening a calm one.
"""

import polars as pl

from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES

LEVELS = {
    20: ("q40", "q60"),
    40: ("q30", "q70"),
    60: ("q20", "q80"),
    80: ("q10", "q90"),
    90: ("q5", "q95"),
    95: ("q2_5", "q97_5"),
}
"""Central intervals in percent, and the quantiles that bound them."""

SMOOTHING = 2
"""Steps on either side whose errors are pooled with a step's own."""

ENOUGH = 300
"""Errors that a pool needs; a smaller one takes the whole panel's."""

OWN_WEIGHT = 24
"""Errors after which a series' own spread counts as much as the pool's."""


def scaled_errors(blocks: pl.DataFrame, *, scales: pl.DataFrame) -> pl.DataFrame:
    """Errors in units of the series' scale, of blocks of a single month.

    Args:
        blocks: of one model, as `scores.scored_blocks` gives them.
        scales: as `scores.error_scales` gives them.

    Returns:
        unique_id, pool (the sector), cutoff, ds, step, error (dimensionless), sorted.
    """
    months = blocks.filter(pl.col("block_start") == pl.col("block_end")).join(scales, on=["unique_id", "cutoff"])
    return months.select(
        "unique_id",
        "cutoff",
        "step",
        pool=pl.col("unique_id").str.split(".").list.first(),
        ds=pl.col("block_end"),
        error=(pl.col("y") - pl.col("y_hat")) / pl.col("scale"),
    ).sort("unique_id", "cutoff", "step")


def pooled_quantiles(errors: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    """Quantiles of the pooled errors by pool and step, smoothed over neighbouring steps.

    Args:
        errors: as `scaled_errors` gives them; at least one row.
        horizon: steps wanted; beyond the longest step that has errors, the last one's serve, grown with the root of
            the step as errors of accumulating shocks grow.

    Returns:
        pool (null: the whole panel), step 1 to `horizon`, one column a quantile (ascending in a row); sorted.
    """
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": pl.Int32()})
    longest = _longest(errors)
    everyone = errors.with_columns(pool=pl.lit(None, pl.String()))
    near = (
        steps.with_columns(centre=pl.col("step").clip(upper_bound=longest))
        .join(pl.concat([errors, everyone]).rename({"step": "at"}), how="cross")
        .filter((pl.col("at") - pl.col("centre")).abs() <= SMOOTHING)
    )
    quantiles = [
        pl.col("error").quantile(quantile, interpolation="linear").alias(name)
        for quantile, name in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
    ]
    found = near.group_by("pool", "step").agg(*quantiles, n=pl.len())
    grown = [pl.col(name) * (pl.col("step") / longest).sqrt().clip(lower_bound=1.0) for name in QUANTILE_COLUMNS]
    kept = found.filter(pl.col("pool").is_null() | (pl.col("n") >= ENOUGH))
    return kept.with_columns(grown).drop("n").sort("pool", "step")


def _longest(errors: pl.DataFrame) -> int:
    """The longest step about which enough errors are known; else the longest of which any is."""
    about = errors.group_by("step").len().sort("step")
    well_known = about.filter(pl.col("len") * (2 * SMOOTHING + 1) >= ENOUGH)
    return int((about if well_known.is_empty() else well_known).select(pl.col("step").max()).item())


def own_spread(errors: pl.DataFrame) -> pl.DataFrame:
    """How much wider or narrower a series' errors are than its pool's, shrunk towards 1.

    Args:
        errors: as `scaled_errors` gives them.

    Returns:
        unique_id, spread (dimensionless, above 0): the ratio of mean absolute errors, weighted by how many there are.
    """
    pools = errors.group_by("pool").agg(usual=pl.col("error").abs().mean())
    own = errors.group_by("unique_id", "pool").agg(total=pl.col("error").abs().sum(), n=pl.len()).join(pools, on="pool")
    return own.select("unique_id", spread=_shrunk(pl.col("total"), pl.col("n"))).sort("unique_id")


def crossfitted(errors: pl.DataFrame) -> pl.DataFrame:
    """Errors over the spread that their series' other cutoffs tell, as the next error will stand over the spread known.

    Divided by a spread that they make themselves, errors look tamer than the next one will be.

    Args:
        errors: as `scaled_errors` gives them.

    Returns:
        The same rows and columns.
    """
    pools = errors.group_by("pool").agg(usual=pl.col("error").abs().mean())
    size = pl.col("error").abs()
    held = errors.join(pools, on="pool").with_columns(
        total=size.sum().over("unique_id") - size.sum().over("unique_id", "cutoff"),
        n=pl.len().over("unique_id") - pl.len().over("unique_id", "cutoff"),
    )
    return held.with_columns(pl.col("error") / _shrunk(pl.col("total"), pl.col("n"))).select(errors.columns)


def _shrunk(total: pl.Expr, n: pl.Expr) -> pl.Expr:
    """A spread from the sum of `n` absolute errors; needs `usual`, the pool's mean absolute error. 1 where n is 0."""
    count = n.cast(pl.Float64)
    share = count / (count + OWN_WEIGHT)
    ratio = pl.when((count > 0) & (pl.col("usual") > 0)).then(total / count / pl.col("usual")).otherwise(1.0)
    return share * ratio.clip(0.2, 5.0) + (1 - share)


def with_quantiles(points: pl.DataFrame, *, errors: pl.DataFrame, scales: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Point forecasts with their quantiles.

    Args:
        points: unique_id, cutoff, ds, step, y_hat.
        errors: as `scaled_errors` gives them: what was known when the forecasts were made.
        scales: unique_id, cutoff, scale of the forecasts' own cutoffs; series without one are left out.
        horizon: the largest step.

    Returns:
        The columns of `points` and one column a quantile, never below 0, ascending in a row.
    """
    spreads = own_spread(errors)
    found = pooled_quantiles(crossfitted(errors), horizon=horizon)
    everyone = found.filter(pl.col("pool").is_null()).drop("pool")
    pools = [name for name in found["pool"].unique() if name is not None]
    pool = pl.col("unique_id").str.split(".").list.first()
    held = points.join(scales, on=["unique_id", "cutoff"]).join(spreads, on="unique_id", how="left")
    held = held.with_columns(pool=pool, width=pl.col("scale") * pl.col("spread").fill_null(1.0))
    own = held.filter(pl.col("pool").is_in(pools)).join(found, on=["pool", "step"])
    rest = held.filter(~pl.col("pool").is_in(pools)).join(everyone, on="step")
    placed = [
        (pl.col("y_hat") + pl.col("width") * pl.col(name)).clip(lower_bound=0.0).alias(name)
        for name in QUANTILE_COLUMNS
    ]
    both = pl.concat([own.select(rest.columns), rest]).with_columns(*placed)
    return both.select(*points.columns, *QUANTILE_COLUMNS).sort("unique_id", "cutoff", "step")


def honest_coverage(blocks: pl.DataFrame, *, scales: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Whether backtest months fell into intervals made only from errors known at their cutoff.

    Args:
        blocks: of the combination, as `scores.scored_blocks` gives them.
        scales: as `scores.error_scales` gives them.
        horizon: the largest step.

    Returns:
        unique_id, cutoff, step and in_20 to in_95 (booleans, one a level of LEVELS); cutoffs before which too few
        errors were known are left out.
    """
    errors = scaled_errors(blocks, scales=scales)
    months = blocks.filter(pl.col("block_start") == pl.col("block_end")).rename({"block_end": "ds"})
    found = []
    for (cutoff,), group in months.group_by("cutoff", maintain_order=True):
        known = errors.filter(pl.col("ds") <= cutoff)
        if known.height < ENOUGH:
            continue
        points = group.select("unique_id", "cutoff", "ds", "step", "y_hat", "y")
        found.append(with_quantiles(points, errors=known, scales=scales, horizon=horizon))
    empty = pl.DataFrame(schema={**months.schema, **dict.fromkeys(QUANTILE_COLUMNS, pl.Float64())})
    return pl.concat(found or [empty]).select(
        "unique_id",
        "cutoff",
        "step",
        *[pl.col("y").is_between(low, high).alias(f"in_{level}") for level, (low, high) in LEVELS.items()],
    )
