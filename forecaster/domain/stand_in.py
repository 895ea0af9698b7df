"""Error scales for series that tell none themselves: too short, or so regular that last year's figure never erred."""

from collections.abc import Collection

import polars as pl

from forecaster.domain.intervals import with_quantiles
from forecaster.domain.vintage import QUANTILE_COLUMNS


def stand_in_scales(
    panel: pl.DataFrame, *, final: pl.DataFrame, scales: pl.DataFrame, blocks: pl.DataFrame
) -> pl.DataFrame:
    """Scales of the last cutoffs that have none.

    A series that was forecast before has the mean absolute error of that: a constant one 0. Any other has the wider of
    two guesses: its mean move from period to period, and its mean size, each times what the panel's series have as
    scale over theirs (the median). A series of zeros alone has 0.

    Args:
        panel: unique_id, ds, y among other columns.
        final: unique_id, cutoff: the last ones.
        scales: as `scores.error_scales` gives them.
        blocks: of the combination's backtest, as `scores.scored_blocks` gives them.

    Returns:
        The columns of `scales`; nothing for series about which the panel says nothing either.
    """
    sizes = panel.sort("unique_id", "ds").group_by("unique_id")
    told = sizes.agg(size=pl.col("y").abs().mean(), move=pl.col("y").diff().abs().mean())
    usual = final.join(scales, on=["unique_id", "cutoff"]).join(told, on="unique_id")
    over = {name: usual.filter(pl.col(name) > 0).select(pl.col("scale") / pl.col(name)) for name in ("size", "move")}
    guesses = [pl.col(name) * frame["scale"].median() for name, frame in over.items() if not frame.is_empty()]
    own = blocks.group_by("unique_id").agg(own=(pl.col("y") - pl.col("y_hat")).abs().mean())
    lacking = final.join(scales, on=["unique_id", "cutoff"], how="anti")
    zero = pl.when(pl.col("size") == 0).then(0.0)
    scale = pl.coalesce("own", zero, pl.max_horizontal(*guesses) if guesses else pl.lit(None, pl.Float64))
    found = lacking.join(told, on="unique_id").join(own, on="unique_id", how="left").with_columns(scale=scale)
    return found.with_columns(root_scale="scale").select(scales.columns).drop_nulls("scale").sort("unique_id")


def quantiles_where_known(
    points: pl.DataFrame, *, errors: pl.DataFrame, scales: pl.DataFrame, horizon: int, signed: Collection[str]
) -> pl.DataFrame:
    """Point forecasts with quantiles; without any errors, of the series alone that never erred.

    Args:
        points: as `intervals.with_quantiles` takes them, and so are the others.
        errors: may be empty.
        scales: stand-ins included.
        horizon: the largest step.
        signed: series whose figures may be below 0.

    Returns:
        As `intervals.with_quantiles`; series of which no interval can be told are left out.
    """
    if not errors.is_empty():
        return with_quantiles(points, errors=errors, scales=scales, horizon=horizon, signed=signed)
    certain = points.join(scales.filter(pl.col("scale") == 0), on=["unique_id", "cutoff"], how="semi")
    return certain.with_columns(pl.col("y_hat").alias(name) for name in QUANTILE_COLUMNS).sort("unique_id", "step")
