"""A run's scores as reviewers compare them: by sector, by candidate, by horizon."""

import json

import polars as pl

from forecaster.domain.calibration import SCORED
from forecaster.domain.combination import COMBINATION
from forecaster.domain.intervals import LEVELS
from forecaster.domain.panel import SECTOR
from forecaster.domain.scores import score


def by_candidate(blocks: pl.DataFrame, *, scales: pl.DataFrame) -> pl.DataFrame:
    """Scores of each sector and model.

    Args:
        blocks: the whole backtest, as `scores.scored_blocks` gives it.
        scales: as `scores.error_scales` gives them.

    Returns:
        sector, model, mase, rmsse, smape (percent), bias, series; sorted.
    """
    return score(blocks.with_columns(SECTOR), scales=scales, by=["sector", "model"])


def by_horizon(blocks: pl.DataFrame, *, scales: pl.DataFrame) -> pl.DataFrame:
    """Scores of each sector, model and step.

    Args:
        blocks: the whole backtest.
        scales: as `scores.error_scales` gives them.

    Returns:
        sector, model, step, mase, rmsse, smape (percent), bias, series; sorted.
    """
    return score(blocks.with_columns(SECTOR), scales=scales, by=["sector", "model", "step"])


def by_series(blocks: pl.DataFrame, *, scales: pl.DataFrame, coverage: pl.DataFrame) -> pl.DataFrame:
    """What a vintage says of each series' backtest.

    Args:
        blocks: the whole backtest.
        scales: as `scores.error_scales` gives them.
        coverage: as `calibration.coverage` gives it.

    Returns:
        unique_id, mase (null where no scale is known), coverage_80 (null where too few errors were), folds; sorted.
    """
    own = blocks.filter(pl.col("model") == COMBINATION)
    folds = own.group_by("unique_id").agg(folds=pl.col("cutoff").n_unique().cast(pl.Int32))
    mases = score(own.with_columns(key="unique_id"), scales=scales, by=["key"]).select("mase", unique_id="key")
    covered = coverage.group_by("unique_id").agg(coverage_80=pl.col("in_80").mean())
    joined = folds.join(mases, on="unique_id", how="left").join(covered, on="unique_id", how="left")
    return joined.select("unique_id", "mase", "coverage_80", "folds").sort("unique_id")


def by_fold(blocks: pl.DataFrame, *, scales: pl.DataFrame) -> pl.DataFrame:
    """The combination's score on each series and cutoff, for the comparison with the next run.

    Returns:
        unique_id, cutoff, mase; sorted.
    """
    own = blocks.filter(pl.col("model") == COMBINATION).with_columns(at="cutoff", key="unique_id")
    found = score(own, scales=scales, by=["key", "at"])
    return found.select("mase", unique_id="key", cutoff="at").select("unique_id", "cutoff", "mase")


def weights_by_sector(series: pl.DataFrame) -> pl.DataFrame:
    """The mean weight of each candidate.

    Args:
        series: the SERIES columns of series that are forecast.

    Returns:
        sector, model, weight; sorted. Candidates of a variant count as what they are: `calendar: auto_ets` as auto_ets.
    """
    rows = [
        (sector, model.rpartition(": ")[2], weight)
        for sector, text in series.select("sector", "weights").iter_rows()
        for model, weight in json.loads(text).items()
    ]
    long = pl.DataFrame(rows, schema={"sector": pl.String, "model": pl.String, "weight": pl.Float64}, orient="row")
    count = series.group_by("sector").len("series")
    sums = long.group_by("sector", "model").agg(pl.col("weight").sum()).join(count, on="sector")
    return sums.select("sector", "model", pl.col("weight") / pl.col("series")).sort("sector", "model")


LEVELS_SCHEMA = pl.Schema(
    {
        "sector": pl.String(),
        "level": pl.Int32(),
        "series": pl.UInt32(),
        "before": pl.Float64(),
        "after": pl.Float64(),
    }
)
"""Mean MASE of the series on each level of a sector's hierarchies, before and after reconciliation."""


def by_level(before: pl.DataFrame, after: pl.DataFrame, *, scales: pl.DataFrame, levels: pl.DataFrame) -> pl.DataFrame:
    """What reconciliation did to the accuracy of totals and parts.

    Args:
        before: scored blocks of the combination as it was.
        after: the same as it is served.
        scales: as `scores.error_scales` gives them.
        levels: unique_id, level (0: part of nothing); series without one are left out.

    Returns:
        The columns of LEVELS_SCHEMA, sorted by sector and level.
    """
    by = ["sector", "level"]
    held = [
        score(one.join(levels, on="unique_id").with_columns(SECTOR), scales=scales, by=by) for one in (before, after)
    ]
    both = held[0].join(held[1].select(*by, after="mase"), on=by).rename({"mase": "before"})
    return both.select(LEVELS_SCHEMA.names()).cast(LEVELS_SCHEMA).sort(by)


def by_variants(verdicts: pl.DataFrame) -> pl.DataFrame:
    """What variants of series were worth in each sector.

    Args:
        verdicts: as `variant_choice.verdicts` gives them.

    Returns:
        sector, tried and used (variants), mase_unchosen and mase_chosen (means over the series that have any); sorted.
    """
    scores = ["mase_unchosen", "mase_chosen"]
    means = verdicts.unique("unique_id").group_by(SECTOR).agg(pl.col(scores).mean())
    counts = verdicts.group_by(SECTOR).agg(tried=pl.len(), used=pl.col("used").sum())
    return counts.join(means, on="sector").sort("sector")


def calibration_by_sector(coverage: pl.DataFrame) -> pl.DataFrame:
    """Observed against nominal coverage of each sector.

    Args:
        coverage: as `calibration.coverage` gives it.

    Returns:
        sector, nominal, observed (shares of 1); sorted.
    """
    observed = [pl.col(f"in_{level}").mean().alias(str(level)) for level in LEVELS]
    wide = coverage.group_by(SECTOR).agg(*observed)
    long = wide.unpivot(index="sector", variable_name="level", value_name="observed")
    return (
        long.select("sector", pl.col("level").cast(pl.Float64) / 100, "observed")
        .rename({"level": "nominal"})
        .sort("sector", "nominal")
    )


def quantile_scores(coverage: pl.DataFrame, *, scales: pl.DataFrame) -> pl.DataFrame:
    """What the quantiles of each sector cost.

    Args:
        coverage: as `calibration.coverage` gives it.
        scales: as `scores.error_scales` gives them.

    Returns:
        sector, wql (losses over the size of all figures), interval_score_80 and interval_score_95 (in units of each
        series' scale, each series with equal weight); sorted.
    """
    scaled = coverage.join(scales, on=["unique_id", "cutoff"])
    scores = [
        (pl.col(f"interval_{level}") / pl.col("scale")).mean().alias(f"interval_score_{level}") for level in SCORED
    ]
    series = scaled.group_by("unique_id").agg(*scores).group_by(SECTOR).agg(pl.exclude("unique_id").mean())
    sizes = coverage.group_by(SECTOR).agg(wql=pl.col("loss").sum() / pl.col("y").abs().sum())
    return sizes.join(series, on="sector").sort("sector")


def coverage_by_horizon(coverage: pl.DataFrame, *, level: int) -> pl.DataFrame:
    """Share of months within a central interval.

    Args:
        coverage: as `calibration.coverage` gives it.
        level: percent, one of LEVELS.

    Returns:
        sector, step, observed (a share of 1); sorted.
    """
    found = coverage.group_by(SECTOR, "step").agg(observed=pl.col(f"in_{level}").mean())
    return found.sort("sector", "step")
