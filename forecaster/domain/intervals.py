"""Backtest errors -> calibrated quantiles.

A quantile is the point forecast plus the series' usual error times a quantile of the pooled errors, less their median:
errors of all series of a sector, each divided by its series' scale and spread, at about the same step. Pooling is what
makes the tails of a series with a dozen cutoffs known at all; the spread keeps a wild series from widening a calm one.
The median is taken off since a backtest's few years err to one side together, and the next year to another.
"""

from collections.abc import Collection

import polars as pl
from polars.dataframe.group_by import GroupBy

from forecaster.domain.few_errors import quantiles_of_few
from forecaster.domain.panel import SECTOR
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES, quantile_column

LEVELS = {
    20: ("q40", "q60"),
    40: ("q30", "q70"),
    60: ("q20", "q80"),
    80: ("q10", "q90"),
    90: ("q5", "q95"),
    95: ("q2_5", "q97_5"),
}
"""Central intervals in percent, and the quantiles that bound them."""

MEDIAN = quantile_column(0.5)

SMOOTHING = 2
"""Steps on either side whose errors are pooled with a step's own."""

ENOUGH = 300
"""Errors about a step that a pool needs; a pool that has them about none takes the whole panel's."""

LEAST_RECENT = 24
"""Periods that tell how a series has been of late, however short a season is."""

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
    months = blocks.filter(pl.col("block_start") == pl.col("block_end")).join(scales, on=keys_of(scales))
    return months.select(
        "unique_id",
        "cutoff",
        "step",
        pool=SECTOR,
        ds=pl.col("block_end"),
        error=(pl.col("y") - pl.col("y_hat")) / pl.col("scale"),
    ).sort("unique_id", "cutoff", "step")


def keys_of(scales: pl.DataFrame) -> list[str]:
    """What scales are told by: the series and cutoff, and the step where they differ by it."""
    return [key for key in ("unique_id", "cutoff", "step") if key in scales.columns]


def two_years(season: int) -> int:
    """Periods that tell how a series has been of late: two years of so many, and LEAST_RECENT at least."""
    return max(2 * season, LEAST_RECENT)


def within_recent_size(scales: pl.DataFrame, *, panel: pl.DataFrame, season: int) -> pl.DataFrame:
    """Scales no larger than the mean size of the last two years: the errors of a series that dwindles dwindle with it.

    Args:
        scales: as `scores.error_scales` gives them.
        panel: unique_id, ds, y among other columns.
        season: periods a year.

    Returns:
        The same rows and columns; two years of zeros bound nothing, nor does the size of a series with figures below 0.
    """
    window = two_years(season)
    largest = pl.col("y").rolling_max(window, min_samples=1).over("unique_id")
    # A sum that rolls keeps a rest of what it took in, so that zeros would have a mean above 0.
    mean = pl.max_horizontal(pl.col("y").rolling_mean(window, min_samples=1).over("unique_id"), largest / window)
    bounds = (largest > 0) & (pl.col("y").cum_min().over("unique_id") >= 0)
    recent = panel.sort("unique_id", "ds").select("unique_id", cutoff="ds", recent=pl.when(bounds).then(mean))
    held = scales.join(recent, on=["unique_id", "cutoff"], how="left", maintain_order="left")
    return held.with_columns(scale=pl.min_horizontal("scale", "recent")).drop("recent")


def with_widths(scales: pl.DataFrame, *, widths: pl.DataFrame) -> pl.DataFrame:
    """Scales by step: the geometric mean of a series' scale and of the error that is expected of each forecast.

    Args:
        scales: as `scores.error_scales` gives them.
        widths: unique_id, cutoff, step, width (the series' unit; null: not known, and taken for the scale).

    Returns:
        unique_id, cutoff, step, scale.
    """
    both = widths.join(scales, on=["unique_id", "cutoff"])
    ratio = (pl.col("width") / pl.col("scale")).log()
    known = ratio.fill_null(0.0)  # and not the panel's median: a series counts alike whatever is worked on with it
    return both.select("unique_id", "cutoff", "step", scale=pl.col("scale") * (known / 2).exp())


def in_pools(errors: pl.DataFrame) -> pl.DataFrame:
    """Errors by the pool whose quantiles they make: each once in that of the whole panel, once in its own.

    Args:
        errors: as `scaled_errors` gives them.

    Returns:
        The same columns; pool is null for the whole panel. A pool that has enough errors about no step is left out: its
        series are measured by the whole panel.
    """
    everyone = errors.with_columns(pool=pl.lit(None, pl.String()))
    well_known = _well_known(_by_step(errors, horizon=int(errors.select(pl.col("step").max()).item())).agg(*_COUNTS))
    return pl.concat(
        [everyone, errors.join(well_known.select("pool").unique(), on="pool", how="semi", maintain_order="left")]
    )


def pooled_quantiles(errors: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    """Quantiles of the pooled errors by pool and step, smoothed over neighbouring steps.

    Args:
        errors: as `in_pools` gives them; at least one row.
        horizon: steps wanted.

    Returns:
        pool (null: the whole panel), step, one column a quantile (ascending in a row); every step from 1 to `horizon`
        of each pool, sorted. A step of which too few errors are known has those of the last step before it, grown with
        the root of the step as errors of accumulating shocks grow; before the first, the first one's. Where no step has
        enough of them, they are those of `quantiles_of_few`.
    """
    found = _by_step(errors, horizon=horizon).agg(*_COUNTS, *ERROR_QUANTILES)
    if enough_about_any(found):
        return for_every_step(found, horizon=horizon)
    everyone = quantiles_of_few(errors.filter(pl.col("pool").is_null()), horizon=horizon)
    return everyone.select(pl.lit(None, pl.String()).alias("pool"), pl.all())


def for_every_step(found: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    """What `pooled_quantiles` gives.

    Args:
        found: pool, step, n and own (errors about the step, and of the step itself), one column a quantile.
        horizon: steps wanted.
    """
    known = _well_known(found)
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": pl.Int32()})
    wanted = known.select(pl.col("pool").unique()).join(steps, how="cross")
    held = (
        wanted.join(known.with_columns(at="step"), on=["pool", "step"], how="left", nulls_equal=True)
        .sort("pool", "step")
        .with_columns(pl.col("at", *QUANTILE_COLUMNS).forward_fill().backward_fill().over("pool"))
    )
    grown = (pl.col("step") / pl.col("at")).sqrt().clip(lower_bound=1.0)
    return held.select("pool", "step", *[pl.col(name) * grown for name in QUANTILE_COLUMNS])


ERROR_QUANTILES = [
    pl.col("error").quantile(quantile, interpolation="linear").alias(name)
    for quantile, name in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
]

_COUNTS = (pl.len().alias("n"), (pl.col("away") == 0).sum().alias("own"))
"""Errors about a step, and those of the step itself."""


_ENOUGH = (pl.col("n") >= ENOUGH) & (pl.col("own") * (2 * SMOOTHING + 1) >= ENOUGH)
"""Whether a step has as many errors about it, and its share of them itself."""


def _by_step(errors: pl.DataFrame, *, horizon: int) -> GroupBy:
    """Errors by pool and step, each with those of its neighbours; away: how many steps from its own."""
    around = pl.DataFrame({"away": range(-SMOOTHING, SMOOTHING + 1)}, schema={"away": pl.Int32()})
    near = errors.join(around, how="cross").with_columns(pl.col("step") + pl.col("away"))
    return near.filter(pl.col("step").is_between(1, horizon)).group_by("pool", "step")


def enough_about_any(found: pl.DataFrame) -> bool:
    """Whether enough errors are known about any step.

    Args:
        found: n and own, a row a step, as `for_every_step` takes them.
    """
    return bool(found.select(_ENOUGH.any()).item())


def _well_known(found: pl.DataFrame) -> pl.DataFrame:
    """Steps of which enough errors are known; of the whole panel, where none is, those of which any is."""
    none = ~_ENOUGH.any().over("pool")
    return found.filter(_ENOUGH | (none & pl.col("pool").is_null() & (pl.col("own") > 0)))


def own_spread(errors: pl.DataFrame) -> pl.DataFrame:
    """How much wider or narrower a series' errors are than its pool's, shrunk towards 1.

    Args:
        errors: as `in_pools` gives them.

    Returns:
        unique_id, pool, spread (dimensionless, above 0): the ratio of mean absolute errors, weighted by how many there
        are; sorted.
    """
    size = pl.col("error").abs()
    own = errors.with_columns(usual=size.mean().over("pool")).group_by("unique_id", "pool")
    # As lists, since Polars adds up parts of a group in the order in which its threads come to them.
    found = own.agg(pl.col("usual").first(), total=size.implode().list.sum(), n=pl.len())
    return found.select("unique_id", "pool", spread=shrunk(pl.col("total"), pl.col("n"))).sort("unique_id", "pool")


def crossfitted(errors: pl.DataFrame) -> pl.DataFrame:
    """Errors over the spread that their series' other cutoffs tell, as the next error will stand over the spread known.

    Divided by a spread that they make themselves, errors look tamer than the next one will be.

    Args:
        errors: as `in_pools` gives them.

    Returns:
        The same rows and columns.
    """
    usual = pl.col("error").abs().mean().over("pool")
    held = with_other_cutoffs(errors).with_columns(usual=usual)
    return held.with_columns(pl.col("error") / shrunk(pl.col("total"), pl.col("n"))).select(errors.columns)


def with_other_cutoffs(errors: pl.DataFrame) -> pl.DataFrame:
    """Errors beside total and n: the sum of their series' absolute errors at other cutoffs, and how many there are."""
    size, series = pl.col("error").abs(), ("pool", "unique_id")
    return errors.with_columns(
        total=size.sum().over(series) - size.sum().over(*series, "cutoff"),
        n=pl.len().over(series) - pl.len().over(*series, "cutoff"),
    )


def shrunk(total: pl.Expr, n: pl.Expr) -> pl.Expr:
    """A spread from the sum of `n` absolute errors; needs `usual`, the pool's mean absolute error. 1 where n is 0."""
    count = n.cast(pl.Float64)
    share = count / (count + OWN_WEIGHT)
    ratio = pl.when((count > 0) & (pl.col("usual") > 0)).then(total / count / pl.col("usual")).otherwise(1.0)
    return share * ratio.clip(0.2, 5.0) + (1 - share)


def with_quantiles(
    points: pl.DataFrame,
    *,
    errors: pl.DataFrame,
    scales: pl.DataFrame,
    horizon: int,
    signed: Collection[str] = (),
) -> pl.DataFrame:
    """Point forecasts with their quantiles.

    Args:
        points: unique_id, cutoff, ds, step, y_hat.
        errors: as `scaled_errors` gives them: what was known when the forecasts were made.
        scales: unique_id, cutoff, scale of the forecasts' own cutoffs; series without one are left out.
        horizon: the largest step.
        signed: series whose figures may be below 0.

    Returns:
        The columns of `points` and one column a quantile, ascending in a row, and never below 0 but for `signed`; the
        median is the forecast.
    """
    pooled = in_pools(errors)
    found = pooled_quantiles(crossfitted(pooled), horizon=horizon)
    held = points.join(scales, on=keys_of(scales))
    held = held.with_columns(pool=pl.when(SECTOR.is_in(found["pool"].drop_nulls().unique().to_list())).then(SECTOR))
    held = held.join(own_spread(pooled), on=["unique_id", "pool"], how="left", nulls_equal=True).with_columns(
        width=pl.col("scale") * pl.col("spread").fill_null(1.0),
        floor=pl.when(pl.col("unique_id").is_in(list(signed)).not_()).then(0.0),
    )
    held = held.join(found, on=["pool", "step"], nulls_equal=True)
    return held.with_columns(PLACED).select(*points.columns, *QUANTILE_COLUMNS).sort("unique_id", "cutoff", "step")


PLACED = [
    pl.max_horizontal(pl.col("y_hat") + pl.col("width") * (pl.col(name) - pl.col(MEDIAN)), "floor").alias(name)
    for name in QUANTILE_COLUMNS
]
"""A forecast's quantiles from those of the errors about its step; needs y_hat, width and floor (null: none)."""
