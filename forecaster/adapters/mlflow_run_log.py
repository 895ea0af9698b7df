"""MLflow behind the run-log port: one run a training, child runs by sector and candidate, in tens."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.polars_dataset import from_polars
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunStatus, RunTag

from forecaster.adapters import mlflow_model
from forecaster.adapters.mlflow_client import quiet_client
from forecaster.adapters.recorded_before import (
    JOB_TAG,
    PARENT_TAG,
    children_of,
    remove_unregistered,
    run_of_job,
    version_of,
)
from forecaster.adapters.run_artifacts import write_artifacts
from forecaster.adapters.run_metrics import Line, of_children, of_run
from forecaster.domain.ports import Recorded, RunRecord

MODEL = "sectorcast"
EXPERIMENTS = "sectorcast"
"""What the names of MLflow's experiments begin with, before a slash."""

TRIED, RETRAINED = "tried", "retrained"
ENVIRONMENT = "env."
"""What tags about a run's surroundings begin with."""

LONGEST = 6000  # characters that MLflow takes of a param
SHOWN = 1000  # rows that the data set's profile is taken from; the digest is of all


class MlflowRunLog:
    """Writes runs to an MLflow tracking store; implements `ports.RunLog`."""

    def __init__(self, address: str, *, artifacts: Path | None, reports: str, now_ms: int) -> None:
        """`artifacts` is where a database store keeps files; None lets a server choose.

        `reports` is the address of the report table, which runs name as their data; `now_ms` dates the metrics.
        """
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        self._client = quiet_client(address)
        self._artifacts = artifacts
        self._reports = reports
        self._now_ms = now_ms

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        """Open a run, or go on with that of the job if it `resumes`; else one left unfinished is closed as killed.

        Returns:
            The run id.
        """
        experiment_id = self._experiment(f"{EXPERIMENTS}/{experiment}")
        if job_id is not None and resumes:
            left = run_of_job(self._client, experiment_id, job_id=job_id)
            if left is not None:
                return left
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
        """Write the whole record, register the model unless it was only tried, close the run; done again, it stays one.

        Scores that are there stay as they are: a resumed run has the same ones, and MLflow would keep them twice.
        """
        experiment_id = self._client.get_run(run_id).info.experiment_id
        line = of_run(record)
        surroundings = {f"{ENVIRONMENT}{name}": text for name, text in record.environment.items()}
        tags = {
            **record.tags,
            **surroundings,
            "purpose": TRIED if record.tried else RETRAINED,
            "decision": record.decision.reason,
            "vintage": record.vintage.issue.vintage_id,
        }
        self._log(run_id, line, tags=tags)
        self._client.set_tag(run_id, "mlflow.runName", record.vintage.issue.vintage_id)
        self._data_set(run_id, record)
        own = {} if record.job_id is None else {JOB_TAG: record.job_id}
        there = children_of(self._client, run_id)
        for name, child in of_children(record):
            tags = {PARENT_TAG: run_id, **record.tags, **own}
            self._child(there.get(name) or self._new_child(experiment_id, tags=tags, name=name), line=child)
        with tempfile.TemporaryDirectory() as folder:
            write_artifacts(record, Path(folder))
            self._client.log_artifacts(run_id, folder)
            version = self._keep_model(run_id, Path(folder), registered_as=None if record.tried else MODEL)
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

    def _new_child(self, experiment_id: str, *, tags: dict[str, str], name: str) -> str:
        return str(self._client.create_run(experiment_id, tags=tags, run_name=name).info.run_id)

    def _child(self, child: str, *, line: Line) -> None:
        self._log(child, line, tags={})
        self._client.set_terminated(child)

    def _log(self, run_id: str, line: Line, *, tags: Mapping[str, str]) -> None:
        there = self._client.get_run(run_id).data.metrics  # written in one go: all of them, or none
        metrics = [] if there else [Metric(key, value, self._now_ms, step) for key, value, step in line.metrics]
        params = [Param(key, text[:LONGEST]) for key, text in line.params.items()]
        self._client.log_batch(run_id, metrics, params, [RunTag(key, text) for key, text in tags.items()])

    def _keep_model(self, run_id: str, folder: Path, *, registered_as: str | None) -> str:
        """Keep the forecasts as a model; returns its version, empty where it is not registered."""
        version = version_of(self._client, run_id, model=registered_as) if registered_as else None
        if version is not None:
            return version
        remove_unregistered(self._client, run_id)
        with mlflow.start_run(run_id=run_id):
            info = mlflow_model.log(folder / "forecasts.parquet", name="model", registered_as=registered_as)
        return str(info.registered_model_version or "")
