"""Old runs in MLflow: which still have their files, and how these go; params, metrics and reasons stay."""

from collections.abc import Iterator
from datetime import UTC, datetime

from mlflow.entities import Run
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from forecaster.adapters.mlflow_client import WHOLE, quiet_client
from forecaster.adapters.mlflow_run_log import EXPERIMENTS, MODEL
from forecaster.adapters.run_artifacts import DECISION, INPUTS
from forecaster.domain.retention import OldRun

PRUNED_TAG = "sectorcast.pruned"
SMALL = (DECISION, INPUTS)
"""What stays of a run's files: why it was decided on so, and what it was run from."""

PAGE = 1000


class MlflowPruning:
    """Finds runs that have their files, and removes those of one."""

    def __init__(self, address: str) -> None:
        self._client = quiet_client(address)

    def runs(self) -> list[OldRun]:
        """Every finished run that still has its files."""
        names = {
            one.experiment_id: one.name
            for one in self._client.search_experiments(filter_string=f"name LIKE '{EXPERIMENTS}/%'")
        }
        aliased = self._aliased()
        return [
            OldRun(
                run_id=str(run.info.run_id),
                experiment=names[run.info.experiment_id].removeprefix(f"{EXPERIMENTS}/"),
                ended_at=datetime.fromtimestamp(run.info.end_time / 1000, tz=UTC),
                vintage_id=run.data.tags["vintage"],
                named=run.info.run_id in aliased,
            )
            for run in self._finished(list(names))
            if PRUNED_TAG not in run.data.tags
        ]

    def prune(self, run_id: str, *, now: datetime) -> None:
        """Remove the files of a run, its model and the model's registered version.

        A run that is stopped half-way keeps counting as one that has its files, and is pruned by the next call.
        """
        run = self._client.get_run(run_id)
        for version in self._client.search_model_versions(f"name = '{MODEL}' and run_id = '{run_id}'"):
            self._client.delete_model_version(MODEL, version.version)
        for output in run.outputs.model_outputs if run.outputs else ():
            model = self._client.get_logged_model(output.model_id)
            get_artifact_repository(model.artifact_location).delete_artifacts()  # type: ignore[no-untyped-call]  # MLflow's
        kept = get_artifact_repository(run.info.artifact_uri)
        for item in kept.list_artifacts():
            if item.path not in SMALL:
                kept.delete_artifacts(item.path)  # type: ignore[no-untyped-call]  # MLflow's
        self._client.set_tag(run_id, PRUNED_TAG, now.isoformat())

    def _aliased(self) -> set[str]:
        """Runs of the versions that an alias names."""
        models = self._client.search_registered_models(f"name = '{MODEL}'")
        versions = {version for model in models for version in model.aliases.values()}
        return {str(self._client.get_model_version(MODEL, version).run_id) for version in versions}

    def _finished(self, experiments: list[str]) -> Iterator[Run]:
        """Whole runs that ended well."""
        token: str | None = None
        while experiments:
            page = self._client.search_runs(experiments, WHOLE, max_results=PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return
