"""MLflow behind the run-log port: one run a training, child runs by sector and candidate, in tens."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag

from forecaster.adapters import mlflow_model
from forecaster.adapters.mlflow_client import quiet_client
from forecaster.adapters.recorded_before import (
    JOB_TAG,
    PARENT_TAG,
    RUN_TAG,
    children_of,
    remove_unregistered,
    run_begun_as,
    run_of_job,
    version_of,
)
from forecaster.adapters.run_artifacts import write_artifacts
from forecaster.adapters.run_metrics import Line
from forecaster.adapters.run_sheet import Sheet, sheet_of
from forecaster.domain.ports import Recorded, RunRecord

MODEL, CHALLENGER = "sectorcast", "challenger"
EXPERIMENTS = "sectorcast"
"""What the names of MLflow's experiments begin with, before a slash."""

LONGEST = 6000  # characters that MLflow takes of a param


@dataclass(frozen=True, slots=True)
class Span:
    """When a run began and ended, in milliseconds since 1970, where it is recorded later."""

    begun: int
    ended: int


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

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False, own_id: str = "") -> str:
        """Open a run, or go on with that of the job if it `resumes`; else one left unfinished is closed as killed.

        `own_id` is by what the run is found should MLflow open it and not come to say so.

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
        tags = {JOB_TAG: job_id or "", RUN_TAG: own_id}
        named = {name: value for name, value in tags.items() if value}
        return str(self._client.create_run(experiment_id, tags=named).info.run_id)

    def found(self, run_id: str, *, experiment: str, job_id: str | None, begun: int) -> str:
        """The run that was begun under an id, MLflow's or our own; opened under it where there is none yet.

        Args:
            run_id: the id.
            experiment: its name.
            job_id: of the job that it is of.
            begun: when, in milliseconds since 1970.
        """
        experiment_id = self._experiment(f"{EXPERIMENTS}/{experiment}")
        there = run_begun_as(self._client, experiment_id, run_id=run_id, job_id=job_id)
        if there is not None:
            return there
        tags = {RUN_TAG: run_id, **({JOB_TAG: job_id} if job_id else {})}
        return str(self._client.create_run(experiment_id, start_time=begun, tags=tags).info.run_id)

    def fail(self, run_id: str, *, reason: str, killed: bool, ended: int | None = None) -> None:
        """Close a run that did not end well, and its children; `killed`: it was stopped from outside."""
        status = RunStatus.KILLED if killed else RunStatus.FAILED
        self._client.set_terminated(run_id, RunStatus.to_string(status), ended)
        experiment_id = self._client.get_run(run_id).info.experiment_id
        self._end_running(experiment_id, tag=PARENT_TAG, value=run_id, status=status)
        self._client.set_tag(run_id, "mlflow.note.content", reason[:4000])

    def get_ready(self) -> None:
        """Nothing takes long here but what the record itself does."""

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """Write the whole record, register the model unless it was only tried, close the run; again: it stays one."""
        with tempfile.TemporaryDirectory() as folder:
            write_artifacts(record, Path(folder))
            sheet = sheet_of(record, reports=self._reports, now_ms=self._now_ms)
            return self.take(run_id, sheet, folder=Path(folder))

    def take(
        self,
        run_id: str,
        sheet: Sheet,
        *,
        folder: Path,
        drawn: Callable[[], None] = lambda: None,
        span: Span | None = None,
    ) -> Recorded:
        """Write what a run is to show, and its files; done again, it stays one.

        Scores that are there stay as they are: a resumed run has the same ones, and MLflow would keep them twice.

        Args:
            run_id: MLflow's.
            sheet: what is to be shown.
            folder: with all files.
            drawn: waits for those that are still being drawn; called when the rest is written.
            span: when it began and ended, where that is not now.
        """
        begun, ended = (span.begun, span.ended) if span else (None, None)
        experiment_id = self._client.get_run(run_id).info.experiment_id
        self._log(run_id, sheet.line, tags=sheet.tags, now_ms=sheet.now_ms)
        self._client.set_tag(run_id, "mlflow.runName", sheet.vintage_id)
        tags = [InputTag("mlflow.data.context", "training"), InputTag("rows", str(sheet.rows))]
        data = Dataset(**sheet.data)  # type: ignore[arg-type]  # MLflow's entity takes None for what there is none of
        self._client.log_inputs(run_id, [DatasetInput(data, tags)])
        own = {} if sheet.job_id is None else {JOB_TAG: sheet.job_id}
        there = children_of(self._client, run_id)
        for name, line in sheet.children.items():
            child = there.get(name)
            if child is None:
                named = {PARENT_TAG: run_id, **sheet.child_tags, **own}
                made = self._client.create_run(experiment_id, start_time=begun, tags=named, run_name=name)
                child = str(made.info.run_id)
                self._write(child, line, tags={}, now_ms=sheet.now_ms)
            else:
                self._log(child, line, tags={}, now_ms=sheet.now_ms)
            self._client.set_terminated(child, end_time=ended)
        version = self._keep_model(run_id, folder, registered_as=None if sheet.tried else MODEL)
        drawn()
        self._client.log_artifacts(run_id, str(folder))
        self._client.set_terminated(run_id, end_time=ended)
        return Recorded(run_id, version)

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Point an alias (champion or challenger) at the run's model version."""
        self._client.set_registered_model_alias(MODEL, alias, recorded.model_version)

    def challenge(self, recorded: Recorded) -> None:
        """Point the alias `challenger` at a model version that was recorded late, unless it is on a later vintage's."""
        named = self._vintage_of(self._challenger())
        if named is None or named < (self._vintage_of(recorded.model_version) or ""):  # ids begin with the instant
            self.crown(recorded, alias=CHALLENGER)

    def _challenger(self) -> str | None:
        models = self._client.search_registered_models(f"name = '{MODEL}'")
        return next((str(model.aliases[CHALLENGER]) for model in models if CHALLENGER in model.aliases), None)

    def _vintage_of(self, version: str | None) -> str | None:
        if version is None:
            return None
        run_id = str(self._client.get_model_version(MODEL, version).run_id)
        return str(self._client.get_run(run_id).data.tags["vintage"])

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

    def _log(self, run_id: str, line: Line, *, tags: Mapping[str, str], now_ms: int) -> None:
        there = self._client.get_run(run_id).data.metrics  # written in one go: all of them, or none
        self._write(run_id, replace(line, metrics=[]) if there else line, tags=tags, now_ms=now_ms)

    def _write(self, run_id: str, line: Line, *, tags: Mapping[str, str], now_ms: int) -> None:
        metrics = [Metric(key, value, now_ms, step) for key, value, step in line.metrics]
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
