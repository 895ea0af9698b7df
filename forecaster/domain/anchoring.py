"""The combined forecast, drawn towards a plain one as far as past errors ask for.

Each candidate follows its level and shrinks its season, and all do so alike. Where a series keeps returning to what it
was a year ago, last year's month knows what they have in common to miss. How much it counts is told by the errors of
the series, shrunk towards those of its sector: shares learnt by each series alone, or for all alike, lose.
"""

import polars as pl

from forecaster.domain.combination import COMBINATION
from forecaster.domain.intervals import ENOUGH, OWN_WEIGHT
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import scored_blocks

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""Of the anchor, that are tried; beyond these it would not be the combination any more."""

LARGEST = 5.0
"""Scaled errors beyond which one counts no more: a boom from nothing, that no forecast saw, must not decide."""

AT = ("unique_id", "cutoff")


def shares(points: pl.DataFrame, *, anchor: str, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """How much of the anchor each forecast is to have, by the errors that were known when it was made.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of the combination and the anchor, every cutoff.
        anchor: name of the candidate.
        panel: PANEL columns.
        scales: as `scores.error_scales` gives them.

    Returns:
        unique_id, cutoff, share (0 to 0.6): of every series and cutoff that the anchor was forecast from and by which
        enough errors of the sector were known; sorted.
    """
    losses = _losses(points, anchor=anchor, panel=panel, scales=scales)
    wanted = points.filter(pl.col("model") == anchor).select(AT).unique().sort("cutoff")
    empty = wanted.clear().with_columns(share=pl.lit(None, pl.Float64()))
    found = [empty]
    for (cutoff,), series in wanted.group_by("cutoff", maintain_order=True):
        found.append(_best(series, losses=losses.filter(pl.col("block_end") <= cutoff)))
    return pl.concat(found).sort(AT)


def anchored(points: pl.DataFrame, *, anchor: str, shares: pl.DataFrame) -> pl.DataFrame:
    """Points whose combination has its share of the anchor.

    Args:
        points: as `shares` takes them, among those of other models.
        anchor: name of the candidate.
        shares: as `shares` gives them.
    """
    keys = [*AT, "ds"]
    other = points.filter(pl.col("model") == anchor).select(*keys, other="y_hat")
    is_drawn = pl.col("model") == COMBINATION
    joined = points.join(other, on=keys, how="left", maintain_order="left").join(
        shares, on=AT, how="left", maintain_order="left"
    )
    drawn = pl.col("y_hat") + pl.col("share") * (pl.col("other") - pl.col("y_hat"))
    return joined.with_columns(y_hat=pl.when(is_drawn).then(pl.coalesce(drawn, "y_hat")).otherwise("y_hat")).select(
        points.columns
    )


def weights_with_anchor(weights: pl.DataFrame, *, anchor: str, shares: pl.DataFrame) -> pl.DataFrame:
    """What went into each forecast, the anchor included.

    Args:
        weights: unique_id, model, weight of the combination.
        anchor: name of the candidate.
        shares: unique_id, share of each forecast; none where the anchor has none.

    Returns:
        The columns of `weights`, sorted.
    """
    held = weights.join(shares.select("unique_id", "share"), on="unique_id", how="left")
    rest = held.with_columns(weight=pl.col("weight") * (1 - pl.col("share").fill_null(0.0))).select(weights.columns)
    there = shares.filter(pl.col("share") > 0).join(weights, on="unique_id", how="semi")
    own = there.select("unique_id", model=pl.lit(anchor), weight="share")
    return pl.concat([rest, own]).group_by("unique_id", "model").agg(pl.col("weight").sum()).sort("unique_id", "model")


def _losses(points: pl.DataFrame, *, anchor: str, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """unique_id, sector, block_end, share, loss: what each share would have cost at each stated figure."""
    keys = [*AT, "block_start", "block_end"]
    blocks = scored_blocks(points.filter(pl.col("model").is_in([COMBINATION, anchor])), panel=panel)
    own, other = (blocks.filter(pl.col("model") == model) for model in (COMBINATION, anchor))
    both = own.join(other.select(*keys, other="y_hat"), on=keys).join(scales, on=AT)
    drawn = pl.col("y_hat") + pl.col("share") * (pl.col("other") - pl.col("y_hat"))
    loss = ((pl.col("y") - drawn).abs() / pl.col("scale")).clip(upper_bound=LARGEST)
    tried = both.join(pl.DataFrame({"share": SHARES}), how="cross")
    return tried.select("unique_id", "block_end", "share", sector=SECTOR, loss=loss)


def _best(series: pl.DataFrame, *, losses: pl.DataFrame) -> pl.DataFrame:
    """Of the series at one cutoff, the share that would have cost least; of equals the smallest."""
    own = losses.group_by("unique_id", "sector", "share").agg(loss=pl.col("loss").mean(), n=pl.len())
    pools = own.group_by("sector", "share").agg(pooled=pl.col("loss").mean(), known=pl.col("n").sum())
    pools = pools.filter(pl.col("known") >= ENOUGH).drop("known")
    tried = series.with_columns(sector=SECTOR).join(pools, on="sector")
    tried = tried.join(own.drop("sector"), on=["unique_id", "share"], how="left").sort(*AT, "share")
    n = pl.col("n").fill_null(0).cast(pl.Float64)
    cost = (n * _against_none("loss").fill_null(1.0) + OWN_WEIGHT * _against_none("pooled")) / (n + OWN_WEIGHT)
    ranked = tried.with_columns(cost=cost).sort(*AT, "cost", "share")
    return ranked.unique(AT, keep="first", maintain_order=True).select(*AT, "share")


def _against_none(name: str) -> pl.Expr:
    """A loss over that of the same forecast without an anchor; needs rows sorted by share within the series."""
    without = pl.col(name).first().over(AT)
    return pl.when(without > 0).then(pl.col(name) / without).otherwise(1.0)
