"""Whether a sector is forecast by its models on logarithms, by those on levels, or by both, as its errors say."""

from dataclasses import dataclass, replace

import polars as pl

from forecaster.domain.combination import combine
from forecaster.domain.experiment import ADJUSTMENTS, BOTH, BY_BACKTEST, Candidate, Experiment
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import scaled_error, scored_blocks

LEAST_GAIN = 0.02
"""Share by which a sector's mean absolute scaled error must lie below that of both together."""

LEAST_BLOCKS = 300
"""Figures of a sector that must have been forecast; as many as its own intervals need."""

LOGS, LEVELS = ADJUSTMENTS
USED = ["sector", "cutoff", "scale"]

TRIALS = pl.Schema(
    {
        "sector": pl.String(),
        "cutoff": pl.Date(),
        "scale": pl.String(),  # logs or levels
        "blocks": pl.UInt32(),  # stated figures by then that all three forecast
        "both": pl.Float64(),  # mean absolute scaled error over them of both together
        "mase": pl.Float64(),  # the same of this scale alone
        "used": pl.Boolean(),  # of the scales of a sector, one at most
    }
)
"""How each scale stood at each cutoff, by what was known then; sorted by the first three."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """Combined forecasts, and where they are made on one scale alone."""

    points: pl.DataFrame  # as `combination.combine` gives them
    used: pl.DataFrame  # sector, cutoff, scale

    def told(self, final: pl.DataFrame) -> str:
        """Which sectors are forecast on one scale alone, from the cutoffs of `final` (unique_id, cutoff)."""
        now = self.used.join(final.with_columns(SECTOR), on=["sector", "cutoff"], how="semi")
        named = [
            f"{sector} on {scale}" for sector, scale in now.select("sector", "scale").unique().sort("sector").rows()
        ]
        return f"{', '.join(named)} alone" if named else "on logarithms and on levels together"


def combined_by_scale(
    points: pl.DataFrame, *, experiment: Experiment, panel: pl.DataFrame, scales: pl.DataFrame
) -> Scaled:
    """The combined forecast of each series, cutoff and month, by the models that the experiment or the errors choose.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of every candidate, of series and of variants.
        experiment: candidates, combination and scale.
        panel: PANEL columns of the series.
        scales: as `scores.error_scales` gives them.

    Returns:
        The combination; a series that has no model on the scale chosen keeps what both together say.
    """
    both = combine(points, candidates=experiment.candidates, how=experiment.combination)
    if experiment.scale != BY_BACKTEST:
        return Scaled(both, pl.DataFrame(schema={name: TRIALS[name] for name in USED}))
    alone = {
        scale: combine(points, candidates=_on(scale, experiment.candidates), how=experiment.combination)
        for scale in (LOGS, LEVELS)
    }
    used = trials(both, alone=alone, panel=panel, scales=scales).filter("used").select(USED)
    at = ["unique_id", "cutoff", "ds"]
    named = [frame.with_columns(SECTOR, scale=pl.lit(scale)) for scale, frame in alone.items()]
    better = pl.concat(named).join(used, on=USED, how="semi").select(*at, better="y_hat")
    joined = both.join(better, on=at, how="left", maintain_order="left")
    return Scaled(joined.with_columns(y_hat=pl.coalesce("better", "y_hat")).select(both.columns), used)


def on_scales_in_use(points: pl.DataFrame, *, used: pl.DataFrame, candidates: tuple[Candidate, ...]) -> pl.DataFrame:
    """Points of the candidates that went into the combination.

    Args:
        points: unique_id, cutoff, model among other columns.
        used: as `Scaled` has it.
        candidates: of the experiment.

    Returns:
        The same columns; where a series has models on the scale that is used, those alone.
    """
    on_logs = pl.col("model").is_in([one.name for one in candidates if one.adjusted == LOGS])
    marked = points.with_columns(SECTOR, own=pl.when(on_logs).then(pl.lit(LOGS)).otherwise(pl.lit(LEVELS)))
    combined = pl.col("model").is_in([one.name for one in candidates if one.combined])
    fits = (pl.col("own") == pl.col("scale")) & combined
    joined = marked.join(used, on=["sector", "cutoff"], how="left", maintain_order="left")
    any_fits = fits.fill_null(value=False).any().over("unique_id", "cutoff")
    return joined.filter(fits.fill_null(value=False) | ~any_fits).select(points.columns)


def trials(
    both: pl.DataFrame, *, alone: dict[str, pl.DataFrame], panel: pl.DataFrame, scales: pl.DataFrame
) -> pl.DataFrame:
    """How each scale did against both together at each cutoff, judged only by what was known then.

    Args:
        both: as `combination.combine` gives it, every cutoff.
        alone: the same of each scale.
        panel: PANEL columns.
        scales: as `scores.error_scales` gives them.

    Returns:
        The TRIALS columns, sorted.
    """
    named = [frame.with_columns(model=pl.lit(name)) for name, frame in {BOTH: both, **alone}.items()]
    blocks = scored_blocks(pl.concat(named), panel=panel).join(scales, on=["unique_id", "cutoff"])
    keys = ["sector", "unique_id", "cutoff", "block_start", "block_end"]
    error = scaled_error()
    compared = blocks.with_columns(SECTOR, error=error).filter(pl.len().over(keys) == len(named))
    sums = compared.group_by("sector", "block_end", "model").agg(pl.len().alias("n"), pl.col("error").sum())
    at = both.with_columns(SECTOR).select("sector", "cutoff").unique()
    known = at.join(sums, on="sector").filter(pl.col("block_end") <= pl.col("cutoff"))
    means = known.group_by("sector", "cutoff", "model").agg(
        pl.col("n").sum().alias("blocks"), mase=pl.col("error").sum() / pl.col("n").sum()
    )
    of_both = means.filter(pl.col("model") == BOTH).select("sector", "cutoff", both="mase")
    found = means.filter(pl.col("model") != BOTH).rename({"model": "scale"}).join(of_both, on=["sector", "cutoff"])
    gains = (pl.col("blocks") >= LEAST_BLOCKS) & (pl.col("mase") <= (1 - LEAST_GAIN) * pl.col("both"))
    ordered = found.sort("sector", "cutoff", "mase", "scale")
    first = gains & (gains.cum_sum().over("sector", "cutoff") == 1)
    return ordered.with_columns(used=first).select(TRIALS.names()).cast(TRIALS).sort("sector", "cutoff", "scale")


def _on(scale: str, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The candidates of which only those on one scale are combined; models on the series as it is are on levels."""
    return tuple(
        replace(one, combined=one.combined and (one.adjusted == LOGS) == (scale == LOGS)) for one in candidates
    )
