"""How far forecasts were from what was officially stated, block by block.

Rows are sorted before they are added up: joins and groups come in any order, and floats that are added in another order
end in another last digit, so that the same run would not give the same numbers twice.
"""

import polars as pl

from forecaster.domain.months import months_between

SEASON = 12


def scored_blocks(points: pl.DataFrame, *, panel: pl.DataFrame) -> pl.DataFrame:
    """Forecasts beside what came, summed over the blocks that were stated.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat; months after each cutoff.
        panel: PANEL columns.

    Returns:
        unique_id, cutoff, model, block_start, block_end, step (of the block's last month), y, y_hat; only blocks that
        lie wholly in the forecast, sorted.
    """
    known = panel.filter(pl.col("block_start").is_not_null()).select(
        "unique_id", "ds", "y", "block_start", "block_end", size=months_between("block_start", "block_end")
    )
    keys = ["unique_id", "cutoff", "model", "block_start", "block_end"]
    return (
        points.join(known, on=["unique_id", "ds"])
        .sort(*keys, "ds")
        .group_by(keys)
        .agg(
            pl.col("step").max(),
            pl.col("y").sum(),
            pl.col("y_hat").sum(),
            pl.len().alias("found"),
            pl.col("size").first(),
        )
        .filter(pl.col("found") == pl.col("size"))
        .drop("found", "size")
        .sort(keys)
    )


def error_scales(panel: pl.DataFrame, *, cutoffs: pl.DataFrame, season: int = SEASON) -> pl.DataFrame:
    """The size of a usual error: the in-sample mean absolute error of the seasonal naive forecast.

    It is taken over the same blocks that are scored, so that a sum is measured against errors of sums.

    Args:
        panel: PANEL columns.
        cutoffs: unique_id, cutoff.
        season: months that the naive forecast looks back.

    Returns:
        unique_id, cutoff, scale and root_scale (in the series' unit, above 0): the mean absolute error, and the root of
        the mean squared one; no row where it can't be told: under 13 months, or a history that repeats itself exactly.

    Source: Hyndman & Koehler (2006), eq. 8, in-sample MAE of the seasonal naive method.
    """
    naive = panel.sort("unique_id", "ds").with_columns(naive=pl.col("y").shift(season).over("unique_id"))
    blocks = (
        naive.filter(pl.col("block_start").is_not_null() & pl.col("naive").is_not_null())
        .group_by("unique_id", "block_start", "block_end")
        .agg(
            pl.col("y").sum(),
            pl.col("naive").sum(),
            size=months_between("block_start", "block_end").first(),
            found=pl.len(),
        )
        .filter(pl.col("size") == pl.col("found"))
    )
    error = pl.col("y") - pl.col("naive")
    return (
        cutoffs.join(blocks, on="unique_id")
        .filter(pl.col("block_end") <= pl.col("cutoff"))
        .sort("unique_id", "cutoff", "block_start", "block_end")
        .group_by("unique_id", "cutoff")
        .agg(scale=error.abs().mean(), root_scale=error.pow(2).mean().sqrt())
        .filter(pl.col("scale") > 0)
        .sort("unique_id", "cutoff")
    )


def scaled_error() -> pl.Expr:
    """Absolute error over the scale of its series and cutoff; needs y, y_hat, scale."""
    return (pl.col("y") - pl.col("y_hat")).abs() / pl.col("scale")


def mase() -> pl.Expr:
    """Mean absolute scaled error; needs y, y_hat, scale.

    Source: Hyndman & Koehler (2006), eq. 8.
    """
    return scaled_error().mean()


def smape() -> pl.Expr:
    """Symmetric mean absolute percentage error in percent, 0 where both are 0; needs y, y_hat.

    Source: Makridakis & Hibon (2000), appendix A.
    """
    size = pl.col("y").abs() + pl.col("y_hat").abs()
    return pl.when(size > 0).then(200 * (pl.col("y") - pl.col("y_hat")).abs() / size).otherwise(0.0).mean()


def bias() -> pl.Expr:
    """Mean scaled error, above 0 where forecasts were too low; needs y, y_hat, scale."""
    return ((pl.col("y") - pl.col("y_hat")) / pl.col("scale")).mean()


def rmsse() -> pl.Expr:
    """Root mean squared scaled error; needs y, y_hat, root_scale.

    Source: Makridakis, Spiliotis & Assimakopoulos (2022), "The M5 competition", eq. 1, with the seasonal naive scale.
    """
    return ((pl.col("y") - pl.col("y_hat")) / pl.col("root_scale")).pow(2).mean().sqrt()


def quantile_loss(quantile: float, name: str) -> pl.Expr:
    """Twice the pinball loss of each row, in the unit of y; needs y and the column `name`.

    Source: Koenker & Bassett (1978); twice, so that the loss of the median is the absolute error.
    """
    miss = pl.col("y") - pl.col(name)
    return 2 * pl.max_horizontal(quantile * miss, (quantile - 1) * miss)


def interval_score(level: int, low: str, high: str) -> pl.Expr:
    """Width of a central interval, plus 2/alpha times what y lies beyond it, in the unit of y; needs y, `low`, `high`.

    Source: Gneiting & Raftery (2007), "Strictly proper scoring rules", eq. 43; alpha is 1 - level / 100.
    """
    y, below, above = pl.col("y"), pl.col(low), pl.col(high)
    beyond = (below - y).clip(lower_bound=0.0) + (y - above).clip(lower_bound=0.0)
    return above - below + 2 / (1 - level / 100) * beyond


def score(blocks: pl.DataFrame, *, scales: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Scores of scored blocks, each series with equal weight.

    Args:
        blocks: as `scored_blocks` gives them.
        scales: as `error_scales` gives them; blocks without a scale are left out.
        by: grouping columns of `blocks` beside the series.

    Returns:
        The `by` columns, mase, rmsse, smape (percent), bias, series (how many); sorted.
    """
    order = ["unique_id", *by, "cutoff", "block_start", "block_end", "step"]
    scaled = blocks.join(scales, on=["unique_id", "cutoff"])
    scaled = scaled.sort([name for name in order if name in scaled.columns])
    series = scaled.group_by("unique_id", *by).agg(mase=mase(), rmsse=rmsse(), smape=smape(), bias=bias())
    series = series.sort("unique_id", *by)
    means = series.group_by(by) if by else series.group_by(pl.lit(1).alias("_"))
    found = means.agg(pl.col("mase", "rmsse", "smape", "bias").mean(), pl.col("unique_id").n_unique().alias("series"))
    return found.sort(by) if by else found.drop("_")
