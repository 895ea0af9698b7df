"""How much better than the seasonal naive forecast each series is forecast."""

import polars as pl

from forecaster.domain.combination import COMBINATION
from forecaster.domain.experiment import Experiment
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import scaled_error

NAIVE = "SeasonalNaive"


def benchmark_of(experiment: Experiment) -> str | None:
    """The candidate that every forecast has to beat; None where the experiment declares none."""
    names = [one.name for one in experiment.candidates if one.model == NAIVE and not one.combined]
    return names[0] if names else None


def skill_by_series(blocks: pl.DataFrame, *, scales: pl.DataFrame, benchmark: str) -> pl.DataFrame:
    """Of each series, the share of the benchmark's error that its forecast is spared.

    Args:
        blocks: the whole backtest, as `scores.scored_blocks` gives it.
        scales: as `scores.error_scales` gives them.
        benchmark: name of the candidate.

    Returns:
        sector, unique_id, skill (1: no error, 0: as good as the benchmark, below 0: worse), mase and naive (both over
        the figures that both forecast); sorted. Series whose benchmark never errs are left out.
    """
    keys = ["unique_id", "cutoff", "block_start", "block_end"]
    scaled = blocks.join(scales, on=["unique_id", "cutoff"])
    errors = scaled.select(*keys, "model", error=scaled_error())
    own, naive = (errors.filter(pl.col("model") == name).drop("model") for name in (COMBINATION, benchmark))
    both = own.join(naive.rename({"error": "naive"}), on=keys)
    found = both.group_by("unique_id").agg(mase=pl.col("error").mean(), naive=pl.col("naive").mean())
    skill = (1 - pl.col("mase") / pl.col("naive")).alias("skill")
    return (
        found.filter(pl.col("naive") > 0)
        .select(SECTOR, "unique_id", skill, "mase", "naive")
        .sort("sector", "unique_id")
    )


def skill_by_sector(skills: pl.DataFrame) -> pl.DataFrame:
    """The skill of each sector.

    Args:
        skills: as `skill_by_series` gives them.

    Returns:
        sector, skill (of the mean errors, so that no single series decides), better (share of series with a skill
        above 0); sorted.
    """
    skill = 1 - pl.col("mase").mean() / pl.col("naive").mean()
    return skills.group_by("sector").agg(skill=skill, better=(pl.col("skill") > 0).mean()).sort("sector")
