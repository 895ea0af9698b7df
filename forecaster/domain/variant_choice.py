"""Which footing a series is forecast on: the plain one, unless a variant gained on what was known."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from forecaster.domain.combination import COMBINATION, floored, weights
from forecaster.domain.experiment import Candidate
from forecaster.domain.scores import score, scored_blocks
from forecaster.domain.variants import FACTORS, Variants

LEAST_GAIN = 0.05
"""Share by which a variant's mean absolute scaled error must lie below the plain one's; smaller gains do not last."""

LEAST_BLOCKS = 72
"""Figures that both must have forecast: those of three forecasts of two years.

Forecasts from neighbouring cutoffs err alike, so that figures say less than their number: what was chosen by 24 or 48
of them lost on the next two years (experiments/calendar).
"""

PLAIN = "plain"

POINTS = ("unique_id", "cutoff", "ds", "step", "model", "y_hat")

TRIALS = pl.Schema(
    {
        "unique_id": pl.String(),
        "cutoff": pl.Date(),
        "variant": pl.String(),
        "blocks": pl.UInt32(),  # stated figures by then that both forecast
        "plain": pl.Float64(),  # mean absolute scaled error over them of the plain forecast
        "mase": pl.Float64(),  # the same of the variant
        "used": pl.Boolean(),  # of the variants of a series, one at most
    }
)
"""How each variant stood at each cutoff; no row before any figure was known. Sorted by the first three."""

VERDICTS = pl.Schema(
    {
        "unique_id": pl.String(),
        "variant": pl.String(),
        "blocks": pl.UInt32(),
        "plain": pl.Float64(),
        "mase": pl.Float64(),
        "used": pl.Boolean(),
        "mase_unchosen": pl.Float64(),  # of the series' whole backtest on its plain footing
        "mase_chosen": pl.Float64(),  # the same with what was chosen at each cutoff, by what was known then
    }
)
"""How each variant stood last, whether it is used now, and what choosing has been worth. Sorted by the first two."""


@dataclass(frozen=True, slots=True)
class Footed:
    """Forecasts on the footing that is used, and how that came about."""

    points: pl.DataFrame  # of the series alone, the combination as chosen
    plain: pl.DataFrame  # the combination as it was
    trials: pl.DataFrame  # TRIALS


def on_best_footing(
    points: pl.DataFrame, *, variants: Variants, panel: pl.DataFrame, scales: pl.DataFrame, signed: Collection[str]
) -> Footed:
    """The combination of each series and cutoff on its best footing by what was known then.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of series, variants and drivers, the combination included.
        variants: as `variants.variants_of` gave them.
        panel: PANEL columns of the series.
        scales: as `scores.error_scales` gives them.
        signed: series whose figures may be below 0.
    """
    series = pl.col("unique_id").is_in(panel["unique_id"].unique().implode())
    combined = points.filter(pl.col("model") == COMBINATION)
    rivals = on_the_series_footing(combined.drop("model"), variants=variants)
    rivals = floored(rivals, where=~pl.col("unique_id").is_in(list(signed)))
    plain = combined.filter(series)
    found = trials(plain, rivals=rivals, panel=panel, scales=scales)
    rest = points.filter(series & (pl.col("model") != COMBINATION))
    return Footed(pl.concat([rest, chosen(plain, rivals=rivals, found=found)]), plain, found)


def on_the_series_footing(forecasts: pl.DataFrame, *, variants: Variants) -> pl.DataFrame:
    """Forecasts of variants as forecasts of their series.

    Args:
        forecasts: unique_id, cutoff, ds, step, y_hat: the combination, of the series, the variants' and drivers' keys.
        variants: as `variants.variants_of` gave them.

    Returns:
        unique_id (of the series), variant, cutoff, ds, step, y_hat; sorted. A cutoff from which the factor of a month
        ahead is neither known nor forecast is left out whole.
    """
    driven = forecasts.rename({"unique_id": "driver_key", "cutoff": "driver_cutoff", "y_hat": "factor"})
    driven = driven.with_columns(pl.col("factor").clip(0.0))  # a ratio to less than nothing means nothing
    ds = pl.col("ds").dt.offset_by(pl.format("{}mo", "lag"))
    expected = variants.links.join(driven, on=["driver_key", "driver_cutoff"]).with_columns(ds=ds)
    at = ["key", "cutoff", "ds"]
    factors = pl.concat([variants.factors, expected.select(FACTORS.names()).join(variants.factors, on=at, how="anti")])
    own = forecasts.rename({"unique_id": "key"}).join(variants.keys, on="key").join(factors, on=at, how="left")
    whole = own.filter(pl.col("factor").is_not_null().all().over("key", "cutoff"))
    found = whole.select("unique_id", "variant", "cutoff", "ds", "step", y_hat=pl.col("y_hat") * pl.col("factor"))
    return found.sort("unique_id", "variant", "cutoff", "ds")


def trials(plain: pl.DataFrame, *, rivals: pl.DataFrame, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """How variants did against the plain forecast at each cutoff, judged only by what was known then.

    Args:
        plain: unique_id, cutoff, ds, step, y_hat: the combination of the series as they are, every cutoff.
        rivals: the same with variant, as `on_the_series_footing` gives them.
        panel: PANEL columns.
        scales: as `scores.error_scales` gives them.

    Returns:
        The TRIALS columns, sorted.
    """
    compared = _errors(plain, rivals=rivals, panel=panel, scales=scales)
    at = rivals.select("unique_id", "cutoff", "variant").unique()
    known = at.join(compared, on=["unique_id", "variant"], maintain_order="left_right").filter(
        pl.col("block_end") <= pl.col("cutoff")
    )
    found = known.group_by("unique_id", "cutoff", "variant").agg(
        pl.len().alias("blocks"), pl.col("plain").mean(), pl.col("mase").mean()
    )
    gains = (pl.col("blocks") >= LEAST_BLOCKS) & (pl.col("mase") <= (1 - LEAST_GAIN) * pl.col("plain"))
    ordered = found.sort("unique_id", "cutoff", "mase", "variant")
    first = gains & (gains.cum_sum().over("unique_id", "cutoff") == 1)
    return ordered.with_columns(used=first).select(TRIALS.names()).cast(TRIALS).sort("unique_id", "cutoff", "variant")


def _errors(plain: pl.DataFrame, *, rivals: pl.DataFrame, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """unique_id, variant, block_end, plain, mase: scaled absolute errors on each figure that both forecast."""
    keys = ["unique_id", "cutoff", "block_start", "block_end"]
    own = plain.join(rivals, on=["unique_id", "cutoff"], how="semi").with_columns(model=pl.lit(PLAIN))
    both = pl.concat([own.select(POINTS), rivals.rename({"variant": "model"}).select(POINTS)])
    blocks = scored_blocks(both, panel=panel).join(scales, on=["unique_id", "cutoff"])
    error = ((pl.col("y") - pl.col("y_hat")).abs() / pl.col("scale")).alias("mase")
    errors = blocks.select(*keys, "model", error)
    of_plain = errors.filter(pl.col("model") == PLAIN).select(*keys, plain="mase")
    both_errors = errors.filter(pl.col("model") != PLAIN).join(of_plain, on=keys).sort(*keys, "model")
    return both_errors.rename({"model": "variant"})


def chosen(plain: pl.DataFrame, *, rivals: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The forecasts of each series and cutoff on the footing that is used there.

    Args:
        plain: unique_id, cutoff, ds, step, y_hat among other columns.
        rivals: as `trials` takes them.
        found: as `trials` gives them.

    Returns:
        The columns of `plain`, sorted by unique_id, cutoff, ds.
    """
    at = ["unique_id", "cutoff", "ds"]
    used = found.filter("used").select("unique_id", "cutoff", "variant")
    better = rivals.join(used, on=used.columns, how="semi").select(*at, better="y_hat")
    joined = plain.join(better, on=at, how="left", maintain_order="left")
    return joined.with_columns(y_hat=pl.coalesce("better", "y_hat")).select(plain.columns).sort(at)


def weights_in_use(
    points: pl.DataFrame,
    *,
    variants: Variants,
    trials: pl.DataFrame,
    final: pl.DataFrame,
    candidates: tuple[Candidate, ...],
) -> pl.DataFrame:
    """What went into each series' forecast.

    Args:
        points: unique_id, cutoff, model among other columns: of series and variants.
        variants: as `variants.variants_of` gave them.
        trials: TRIALS columns.
        final: unique_id, cutoff: the last ones.
        candidates: as `combination.weights` takes them.

    Returns:
        unique_id, model, weight; sorted. Where a variant is used, its candidates are named after it.
    """
    at = ["unique_id", "cutoff"]
    used = trials.filter("used").join(final, on=at).join(variants.keys, on=["unique_id", "variant"])
    of_plain = final.join(used, on="unique_id", how="anti")
    plain = weights(points.join(of_plain, on=at, how="semi"), candidates=candidates)
    of_variants = used.select("cutoff", unique_id="key")
    others = weights(points.join(of_variants, on=at, how="semi"), candidates=candidates).rename({"unique_id": "key"})
    named = others.join(used, on="key").with_columns(model=pl.format("{}: {}", "variant", "model"))
    return pl.concat([plain, named.select(plain.columns)]).sort("unique_id", "model")


def verdicts(footed: Footed, *, final: pl.DataFrame, panel: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    """Which variants are used now, and what choosing has been worth.

    Args:
        footed: as `on_best_footing` gives it.
        final: unique_id, cutoff: the last ones, whose forecasts can't be scored yet.
        panel: PANEL columns.
        scales: as `scores.error_scales` gives them.

    Returns:
        The VERDICTS columns, sorted.
    """
    # A variant that does not reach the last cutoff, since its driver is not known up to there, is told as it stood.
    last = footed.trials.sort("cutoff").unique(["unique_id", "variant"], keep="last", maintain_order=True)
    now = last.join(final, on="unique_id", suffix="_final")
    found = now.with_columns(used=pl.col("used") & (pl.col("cutoff") == pl.col("cutoff_final")))
    served = footed.points.filter(pl.col("model") == COMBINATION)
    for points, name in ((footed.plain, "mase_unchosen"), (served, "mase_chosen")):
        tried = points.join(now, on="unique_id", how="semi").join(final, on=["unique_id", "cutoff"], how="anti")
        blocks = scored_blocks(tried, panel=panel).with_columns(key="unique_id")
        scores = score(blocks, scales=scales, by=["key"]).select(pl.col("mase").alias(name), unique_id="key")
        found = found.join(scores, on="unique_id", how="left")
    return found.select(VERDICTS.names()).cast(VERDICTS).sort("unique_id", "variant")
