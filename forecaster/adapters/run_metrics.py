"""A run's params and metrics, as its log shows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.domain.calibration import SCORED
from forecaster.domain.combination import COMBINATION
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import RunRecord
from forecaster.domain.skill import benchmark_of, skill_by_sector, skill_by_series
from forecaster.domain.summary import (
    by_candidate,
    by_horizon,
    by_variants,
    calibration_by_sector,
    coverage_by_horizon,
    quantile_scores,
)

SCORES = ("mase", "rmsse", "smape", "bias")

Measured = tuple[str, float, int]
"""Name, value, and step: months ahead where the value is of a horizon, else 0."""


@dataclass(frozen=True, slots=True)
class Line:
    """Metrics and params of one run, ready to log at once."""

    metrics: list[Measured]
    params: Mapping[str, str]


def of_run(record: RunRecord) -> Line:
    """Params and metrics of a whole run: scores by sector and horizon, intervals, sums, variants, time, skill."""
    own = record.blocks.filter(pl.col("model") == COMBINATION)
    metrics = _metric("series", _trained(record))
    metrics += _metric("lost_series", record.decision.lost.height)
    for row in by_candidate(own, scales=record.scales).iter_rows(named=True):
        for name in SCORES:
            metrics += _metric(f"{row['sector']}/{name}", row[name])
    for row in by_horizon(own, scales=record.scales).iter_rows(named=True):
        metrics += _metric(f"{row['sector']}/mase_by_horizon", row["mase"], step=row["step"])
    metrics += _of_intervals(record)
    for row in record.levels.iter_rows(named=True):
        for side in ("before", "after"):
            metrics += _metric(f"{row['sector']}/mase.{side}.level{row['level']}", row[side])
    metrics += _of_variants(record)
    metrics += _of_time(record)
    metrics += _of_skill(record)
    metrics += _against_champion(record)
    metrics += _metric("sums_apart", len(record.vintage.issue.apart))
    for name in SCORES:
        means = [value for key, value, _ in metrics if key.endswith(f"/{name}")]
        metrics += _metric(name, sum(means) / len(means) if means else None)
    return Line(metrics, record.experiment.flat())


def _trained(record: RunRecord) -> int:
    """Series that this run forecast; its vintage may carry those of other sectors."""
    sectors = record.blocks.select(SECTOR.unique()).to_series()
    forecast = record.vintage.forecasts.select("series_id").unique().rename({"series_id": "unique_id"})
    return forecast.filter(SECTOR.is_in(sectors.implode())).height


def _of_intervals(record: RunRecord) -> list[Measured]:
    metrics: list[Measured] = []
    for sector, nominal, observed in calibration_by_sector(record.coverage).iter_rows():
        metrics += _metric(f"{sector}/coverage_{nominal:.0%}".removesuffix("%"), observed)
    for level in SCORED:
        for sector, step, observed in coverage_by_horizon(record.coverage, level=level).iter_rows():
            metrics += _metric(f"{sector}/coverage_{level}_by_horizon", observed, step=step)
    for row in quantile_scores(record.coverage, scales=record.scales).iter_rows(named=True):
        for name in ("wql", *(f"interval_score_{level}" for level in SCORED)):
            metrics += _metric(f"{row['sector']}/{name}", row[name])
    return metrics


def _of_variants(record: RunRecord) -> list[Measured]:
    """Of the series that have variants: how many are used, and what choosing them has been worth."""
    metrics: list[Measured] = []
    for row in by_variants(record.variants).iter_rows(named=True):
        for name in ("tried", "used", "mase_unchosen", "mase_chosen"):
            metrics += _metric(f"{row['sector']}/variants.{name}", row[name])
    return metrics


def _of_skill(record: RunRecord) -> list[Measured]:
    """Error that is spared beside the seasonal naive forecast, and the share of series that beat it."""
    benchmark = benchmark_of(record.experiment)
    if benchmark is None:
        return []
    skills = skill_by_series(record.blocks, scales=record.scales, benchmark=benchmark)
    metrics: list[Measured] = []
    for sector, skill, better in skill_by_sector(skills).iter_rows():
        metrics += _metric(f"{sector}/skill", skill) + _metric(f"{sector}/better_than_naive", better)
    return metrics


def _against_champion(record: RunRecord) -> list[Measured]:
    """The errors of both on common folds, by sector and under `all`; none where nothing could be compared."""
    metrics: list[Measured] = []
    for row in record.decision.by_sector.iter_rows(named=True):
        for name in ("champion", "challenger", "difference", "p_value"):
            metrics += _metric(f"{row['sector']}/against_champion.{name}", row[name])
    return metrics


def _of_time(record: RunRecord) -> list[Measured]:
    """Seconds by phase on the clock, and of CPU: of the models, and of the run's own process."""
    models = sum(seconds for of_sector in record.cpu_seconds.values() for seconds in of_sector.values())
    own = sum(spent.cpu for spent in record.spent.values())
    metrics = _metric("cpu_seconds.models", models)
    metrics += _metric("cpu_seconds.own", own)
    metrics += _metric("cpu_seconds", models + own)
    for phase, spent in record.spent.items():
        metrics += _metric(f"wall_seconds.{phase}", spent.wall)
    return metrics + _metric("wall_seconds", sum(spent.wall for spent in record.spent.values()))


def of_children(record: RunRecord) -> Iterator[tuple[str, Line]]:
    """Params and metrics of each sector and candidate, under the name of its child run."""
    steps = by_horizon(record.blocks, scales=record.scales).select("sector", "model", "step", "mase")
    horizons = steps.rows_by_key(["sector", "model"])
    failures = _failures(record)
    for row in by_candidate(record.blocks, scales=record.scales).iter_rows(named=True):
        sector, model = str(row["sector"]), str(row["model"])
        metrics = [metric for name in SCORES for metric in _metric(name, row[name])]
        metrics += _metric("series", row["series"])
        metrics += _metric("failed_fits", failures.get((sector, model), 0))
        metrics += _metric("cpu_seconds", record.cpu_seconds.get(sector, {}).get(model))
        for step, mase in horizons[sector, model]:
            metrics += _metric("mase_by_horizon", mase, step=step)
        yield f"{sector} {model}", Line(metrics, {"sector": sector, "candidate": model})


def _failures(record: RunRecord) -> Mapping[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for outcome in record.failed:
        key = (outcome.unique_id.split(".")[0], outcome.model)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _metric(key: str, value: float | None, *, step: int = 0) -> list[Measured]:
    return [] if value is None else [(key, float(value), step)]
