"""MLflow behind the run-log port: one run a training, child runs by sector and candidate, in tens."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
import polars as pl
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.polars_dataset import from_polars
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
from mlflow.tracking import MlflowClient

from forecaster.adapters import mlflow_model
from forecaster.adapters.run_artifacts import write_artifacts
from forecaster.domain.calibration import SCORED
from forecaster.domain.ports import Recorded, RunRecord
from forecaster.domain.summary import (
    by_candidate,
    by_horizon,
    by_variants,
    calibration_by_sector,
    coverage_by_horizon,
    quantile_scores,
)

MODEL = "sectorcast"
JOB_TAG = "sectorcast.job_id"
PARENT_TAG = "mlflow.parentRunId"
ENVIRONMENT = "env."
"""What tags about a run's surroundings begin with."""

SCORES = ("mase", "rmsse", "smape", "bias")
SHOWN = 1000  # rows that the data set's profile is taken from; the digest is of all


@dataclass(frozen=True, slots=True)
class _Line:
    """Metrics and params of one run, ready to log at once."""

    metrics: list[Metric]
    params: list[Param]


class MlflowRunLog:
    """Writes runs to an MLflow tracking store; implements `ports.RunLog`."""

    def __init__(self, address: str, *, artifacts: Path | None, reports: str, now_ms: int) -> None:
        """`artifacts` is where a database store keeps files; None lets a server choose.

        `reports` is the address of the report table, which runs name as their data; `now_ms` dates the metrics.
        """
        # What it says at every run (no pip version, dates as datetimes) is of no use to a person who waits for a run.
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        self._client = MlflowClient(tracking_uri=address, registry_uri=address)
        self._artifacts = artifacts
        self._reports = reports
        self._now_ms = now_ms

    def begin(self, experiment: str, *, job_id: str | None) -> str:
        """Open a run; one that the same job left unfinished is closed as killed. Returns the run id."""
        experiment_id = self._experiment(f"sectorcast/{experiment}")
        if job_id is not None:
            self._end_running(experiment_id, tag=JOB_TAG, value=job_id, status=RunStatus.KILLED)
        tags = {JOB_TAG: job_id} if job_id is not None else {}
        return str(self._client.create_run(experiment_id, tags=tags).info.run_id)

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        """Close a run that did not end well, and its children; `killed`: it was stopped from outside."""
        status = RunStatus.KILLED if killed else RunStatus.FAILED
        self._client.set_terminated(run_id, RunStatus.to_string(status))
        experiment_id = self._client.get_run(run_id).info.experiment_id
        self._end_running(experiment_id, tag=PARENT_TAG, value=run_id, status=status)
        self._client.set_tag(run_id, "mlflow.note.content", reason[:4000])

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """Write the whole record, register the model, close the run."""
        experiment_id = self._client.get_run(run_id).info.experiment_id
        line = self._parent(record)
        surroundings = {f"{ENVIRONMENT}{name}": text for name, text in record.environment.items()}
        tags = {
            **record.tags,
            **surroundings,
            "decision": record.decision.reason,
            "vintage": record.vintage.issue.vintage_id,
        }
        self._client.log_batch(run_id, line.metrics, line.params, [RunTag(key, text) for key, text in tags.items()])
        self._client.set_tag(run_id, "mlflow.runName", record.vintage.issue.vintage_id)
        self._data_set(run_id, record)
        own = {} if record.job_id is None else {JOB_TAG: record.job_id}
        for name, child in self._children(record):
            self._child(experiment_id, tags={PARENT_TAG: run_id, **record.tags, **own}, name=name, line=child)
        with tempfile.TemporaryDirectory() as folder:
            write_artifacts(record, Path(folder))
            self._client.log_artifacts(run_id, folder)
            version = self._register(run_id, Path(folder))
        self._client.set_terminated(run_id)
        return Recorded(run_id, version)

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Point an alias (champion or challenger) at the run's model version."""
        self._client.set_registered_model_alias(MODEL, alias, recorded.model_version)

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        where = (self._artifacts / name.replace("/", "-")).as_uri() if self._artifacts is not None else None
        return str(self._client.create_experiment(name, artifact_location=where))

    def _end_running(self, experiment_id: str, *, tag: str, value: str, status: int) -> None:
        """Close every run with a tag that still counts as running."""
        running = f"tags.`{tag}` = '{value}' and attributes.status = 'RUNNING'"
        for left in self._client.search_runs([experiment_id], running):
            self._client.set_terminated(left.info.run_id, RunStatus.to_string(status))

    def _data_set(self, run_id: str, record: RunRecord) -> None:
        reports = record.reports.select("series_id", "basis", "value", "unit")
        digest = record.tags["reports_digest"]
        store = record.tags["report_store_version"]
        source = DeltaDatasetSource(path=self._reports)
        data = from_polars(reports.head(SHOWN), source=source, name=f"reports@{store}"[:500], digest=digest)
        tags = [InputTag("mlflow.data.context", "training"), InputTag("rows", str(record.reports.height))]
        self._client.log_inputs(run_id, [DatasetInput(data._to_mlflow_entity(), tags)])

    def _metric(self, key: str, value: float | None, *, step: int = 0) -> list[Metric]:
        return [] if value is None else [Metric(key, float(value), self._now_ms, step)]

    def _parent(self, record: RunRecord) -> _Line:
        own = record.blocks.filter(pl.col("model") == "combination")
        metrics = self._metric("series", record.vintage.forecasts["series_id"].n_unique())
        metrics += self._metric("lost_series", record.decision.lost.height)
        for row in by_candidate(own, scales=record.scales).iter_rows(named=True):
            for name in SCORES:
                metrics += self._metric(f"{row['sector']}/{name}", row[name])
        for row in by_horizon(own, scales=record.scales).iter_rows(named=True):
            metrics += self._metric(f"{row['sector']}/mase_by_horizon", row["mase"], step=row["step"])
        metrics += self._of_intervals(record)
        for row in record.levels.iter_rows(named=True):
            for side in ("before", "after"):
                metrics += self._metric(f"{row['sector']}/mase.{side}.level{row['level']}", row[side])
        metrics += self._of_variants(record)
        metrics += self._of_time(record)
        metrics += self._metric("sums_apart", len(record.vintage.issue.apart))
        for name in SCORES:
            means = [m.value for m in metrics if m.key.endswith(f"/{name}")]
            metrics += self._metric(name, sum(means) / len(means) if means else None)
        return _Line(metrics, [Param(key, text[:6000]) for key, text in record.experiment.flat().items()])

    def _of_intervals(self, record: RunRecord) -> list[Metric]:
        metrics: list[Metric] = []
        for sector, nominal, observed in calibration_by_sector(record.coverage).iter_rows():
            metrics += self._metric(f"{sector}/coverage_{nominal:.0%}".removesuffix("%"), observed)
        for level in SCORED:
            for sector, step, observed in coverage_by_horizon(record.coverage, level=level).iter_rows():
                metrics += self._metric(f"{sector}/coverage_{level}_by_horizon", observed, step=step)
        for row in quantile_scores(record.coverage, scales=record.scales).iter_rows(named=True):
            for name in ("wql", *(f"interval_score_{level}" for level in SCORED)):
                metrics += self._metric(f"{row['sector']}/{name}", row[name])
        return metrics

    def _of_variants(self, record: RunRecord) -> list[Metric]:
        """Of the series that have variants: how many are used, and what choosing them has been worth."""
        metrics: list[Metric] = []
        for row in by_variants(record.variants).iter_rows(named=True):
            for name in ("tried", "used", "mase_unchosen", "mase_chosen"):
                metrics += self._metric(f"{row['sector']}/variants.{name}", row[name])
        return metrics

    def _of_time(self, record: RunRecord) -> list[Metric]:
        """Seconds by phase on the clock, and of CPU: of the models, and of the run's own process."""
        models = sum(seconds for of_sector in record.cpu_seconds.values() for seconds in of_sector.values())
        own = sum(spent.cpu for spent in record.spent.values())
        metrics = self._metric("cpu_seconds.models", models)
        metrics += self._metric("cpu_seconds.own", own)
        metrics += self._metric("cpu_seconds", models + own)
        for phase, spent in record.spent.items():
            metrics += self._metric(f"wall_seconds.{phase}", spent.wall)
        return metrics + self._metric("wall_seconds", sum(spent.wall for spent in record.spent.values()))

    def _children(self, record: RunRecord) -> Iterator[tuple[str, _Line]]:
        horizons = by_horizon(record.blocks, scales=record.scales)
        failures = _failures(record)
        for row in by_candidate(record.blocks, scales=record.scales).iter_rows(named=True):
            sector, model = str(row["sector"]), str(row["model"])
            metrics = [metric for name in SCORES for metric in self._metric(name, row[name])]
            metrics += self._metric("series", row["series"])
            metrics += self._metric("failed_fits", failures.get((sector, model), 0))
            metrics += self._metric("cpu_seconds", record.cpu_seconds.get(sector, {}).get(model))
            steps = horizons.filter((pl.col("sector") == sector) & (pl.col("model") == model))
            for step, mase in steps.select("step", "mase").iter_rows():
                metrics += self._metric("mase_by_horizon", mase, step=step)
            yield f"{sector} {model}", _Line(metrics, [Param("sector", sector), Param("candidate", model)])

    def _child(self, experiment_id: str, *, tags: dict[str, str], name: str, line: _Line) -> None:
        child = self._client.create_run(experiment_id, tags=tags, run_name=name).info.run_id
        self._client.log_batch(child, line.metrics, line.params)
        self._client.set_terminated(child)

    def _register(self, run_id: str, folder: Path) -> str:
        with mlflow.start_run(run_id=run_id):
            info = mlflow_model.log(folder / "forecasts.parquet", name="model", registered_as=MODEL)
        return str(info.registered_model_version)


def _failures(record: RunRecord) -> Mapping[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for outcome in record.failed:
        key = (outcome.unique_id.split(".")[0], outcome.model)
        counts[key] = counts.get(key, 0) + 1
    return counts
