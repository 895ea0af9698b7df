"""Runs as MLflow keeps them, read back: to run one again."""

import json
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl
from mlflow.entities import Run

from forecaster.adapters.mlflow_client import artifact_of, quiet_client, run_of
from forecaster.adapters.recorded_before import PARENT_TAG
from forecaster.adapters.run_artifacts import CATALOGUE, EXPERIMENT, INPUTS
from forecaster.adapters.run_sheet import ENVIRONMENT
from forecaster.domain.declaration import parse_catalogue
from forecaster.domain.errors import NotReproducible
from forecaster.domain.experiment import parse_experiment
from forecaster.reproducing import RecordedRun


class RecordedRuns:
    """Reads what `MlflowRunLog` wrote."""

    def __init__(self, address: str) -> None:
        self._client = quiet_client(address)

    def find(self, run_id: str) -> RecordedRun:
        """A run with all that running it again needs.

        Raises:
            UnknownRun: there is none of that id.
            NotReproducible: it did not end well, is part of another run, or keeps less than is needed.
        """
        run = run_of(self._client, run_id)
        _refuse_parts(run)
        with tempfile.TemporaryDirectory() as folder:
            return self._recorded(run, folder=Path(folder))

    def _recorded(self, run: Run, *, folder: Path) -> RecordedRun:
        tags: Mapping[str, str] = run.data.tags
        run_id = str(run.info.run_id)
        declared = {name: self._text(run_id, f"{INPUTS}/{name}", folder=folder) for name in (EXPERIMENT, CATALOGUE)}
        ingested = tags.get("reports_ingested_by", "")
        return RecordedRun(
            run_id=run_id,
            experiment=parse_experiment(tomllib.loads(declared[EXPERIMENT]), name=run.data.params["name"]),
            catalogue=parse_catalogue(tomllib.loads(declared[CATALOGUE])),
            as_of=datetime.fromisoformat(tags["as_of"]),
            sectors=None if tags["sectors"] == "all" else json.loads(tags["sectors"]),
            store_version=tags["report_store_version"],
            ingested_by=datetime.fromisoformat(ingested) if ingested else None,
            digest=tags.get("reports_digest", ""),
            code_version=tags["code_version"],
            environment={k.removeprefix(ENVIRONMENT): v for k, v in tags.items() if k.startswith(ENVIRONMENT)},
            forecasts=pl.read_parquet(self._file(run_id, "forecasts.parquet", folder=folder)),
        )

    def _text(self, run_id: str, path: str, *, folder: Path) -> str:
        return self._file(run_id, path, folder=folder).read_text(encoding="utf-8")

    def _file(self, run_id: str, path: str, *, folder: Path) -> Path:
        why = "it was pruned, or recorded before runs kept it"
        return artifact_of(self._client, run_id, path, folder=folder, why_not=why)


def _refuse_parts(run: Run) -> None:
    parent = run.data.tags.get(PARENT_TAG)
    if parent is not None:
        raise NotReproducible(run.info.run_id, why=f"it is a part of run {parent}; take that id")
    if run.info.status != "FINISHED":
        raise NotReproducible(run.info.run_id, why=f"it ended as {run.info.status}, without forecasts")
