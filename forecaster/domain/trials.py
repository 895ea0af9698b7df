"""How rivals of a series' combination stood at each cutoff, judged only by what was known then."""

import polars as pl

from forecaster.domain.experiment import BY_SECTOR
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import scaled_error, scored_blocks

LEAST_GAIN = 0.05
"""Share by which a rival's mean absolute scaled error must lie below the plain one's; smaller gains do not last."""

LEAST_BLOCKS = 72
"""Figures that both must have forecast: those of three forecasts of two years.

Forecasts from neighbouring cutoffs err alike, so that figures say less than their number: what was chosen by 24 or 48
of them lost on the next two years (experiments/calendar).
"""

SECTOR_WIDE = (BY_SECTOR,)
"""Rivals that are judged over all series of a sector: they are used for each of them, or for none."""

PLAIN = "plain"

POINTS = ("unique_id", "cutoff", "ds", "step", "model", "y_hat")

TRIALS = pl.Schema(
    {
        "unique_id": pl.String(),
        "cutoff": pl.Date(),
        "variant": pl.String(),
        "blocks": pl.UInt32(),  # stated figures by then that both forecast; of the sector where it is judged as one
        "plain": pl.Float64(),  # mean absolute scaled error over them of the plain forecast
        "mase": pl.Float64(),  # the same of the variant
        "used": pl.Boolean(),  # of the variants of a series, one at most
    }
)
"""How each variant stood at each cutoff; no row before any figure was known. Sorted by the first three."""


def trials(plain: pl.DataFrame, *, rivals: pl.DataFrame, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """How rivals did against the plain forecast at each cutoff, judged only by what was known then.

    Args:
        plain: unique_id, cutoff, ds, step, y_hat: the combination of the series as they are, every cutoff.
        rivals: the same with variant, as `variant_choice.on_the_series_footing` gives them, among others.
        panel: PANEL columns.
        scales: as `scores.error_scales` gives them.

    Returns:
        The TRIALS columns, sorted.
    """
    compared = _errors(plain, rivals=rivals, panel=panel, scales=scales)
    at = rivals.select("unique_id", "cutoff", "variant").unique()
    wide = pl.col("variant").is_in(SECTOR_WIDE)
    own = _known(at.filter(~wide), compared.filter(~wide), of=pl.col("unique_id"))
    found = pl.concat([own, _known(at.filter(wide), compared.filter(wide), of=SECTOR)])
    gains = (pl.col("blocks") >= LEAST_BLOCKS) & (pl.col("mase") <= (1 - LEAST_GAIN) * pl.col("plain"))
    ordered = found.sort("unique_id", "cutoff", pl.col("mase") / pl.col("plain"), "variant")
    first = gains & (gains.cum_sum().over("unique_id", "cutoff") == 1)
    return ordered.with_columns(used=first).select(TRIALS.names()).cast(TRIALS).sort("unique_id", "cutoff", "variant")


def _known(at: pl.DataFrame, compared: pl.DataFrame, *, of: pl.Expr) -> pl.DataFrame:
    """unique_id, cutoff, variant, blocks, plain, mase: means over a pool's figures stated by a cutoff."""
    keys = ["pool", "variant"]
    by_month = compared.group_by(of.alias("pool"), "variant", "block_end").agg(
        pl.len().alias("blocks"), pl.col("plain").sum(), pl.col("mase").sum()
    )
    running = by_month.sort("block_end").with_columns(pl.col("blocks", "plain", "mase").cum_sum().over(keys))
    means = running.with_columns(pl.col("plain", "mase") / pl.col("blocks"))
    pools = at.with_columns(of.alias("pool")).sort("cutoff")
    found = pools.join_asof(means, left_on="cutoff", right_on="block_end", by=keys, check_sortedness=False)
    return found.drop_nulls("blocks").select("unique_id", "cutoff", "variant", "blocks", "plain", "mase")


def _errors(plain: pl.DataFrame, *, rivals: pl.DataFrame, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """unique_id, variant, block_end, plain, mase: scaled absolute errors on each figure that both forecast."""
    keys = ["unique_id", "cutoff", "block_start", "block_end"]
    own = plain.join(rivals, on=["unique_id", "cutoff"], how="semi").with_columns(model=pl.lit(PLAIN))
    both = pl.concat([own.select(POINTS), rivals.rename({"variant": "model"}).select(POINTS)])
    blocks = scored_blocks(both, panel=panel).join(scales, on=["unique_id", "cutoff"])
    error = scaled_error().alias("mase")
    errors = blocks.select(*keys, "model", error)
    of_plain = errors.filter(pl.col("model") == PLAIN).select(*keys, plain="mase")
    return errors.filter(pl.col("model") != PLAIN).join(of_plain, on=keys).rename({"model": "variant"})
