"""The latest runs of experiments as MLflow keeps them, to be compared."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from mlflow.entities import Run

from forecaster.adapters.mlflow_client import WHOLE, artifact_of, quiet_client, run_of
from forecaster.adapters.mlflow_run_log import EXPERIMENTS
from forecaster.domain.errors import NoRunYet

RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A finished run and what it was scored by."""

    run_id: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    backtest: pl.DataFrame  # the scored blocks with their scales


class ScoredRuns:
    """Reads the backtests that `MlflowRunLog` wrote."""

    def __init__(self, address: str) -> None:
        self._client = quiet_client(address)

    def find(self, name: str) -> ScoredRun:
        """The latest finished run of an experiment, or a run by its id.

        Raises:
            UnknownRun: there is none of that id.
            NoRunYet: the experiment was never run to its end.
        """
        run = run_of(self._client, name) if RUN_ID.fullmatch(name) else self._latest(name)
        run_id = str(run.info.run_id)
        with tempfile.TemporaryDirectory() as folder:
            file = artifact_of(self._client, run_id, "backtest.parquet", folder=Path(folder), why_not="it was pruned")
            backtest = pl.read_parquet(file)
        return ScoredRun(run_id, run.data.params, run.data.metrics, run.data.tags, backtest)

    def _latest(self, name: str) -> Run:
        experiment = self._client.get_experiment_by_name(f"{EXPERIMENTS}/{name}")
        if experiment is not None:
            newest = ["attributes.start_time DESC"]
            for run in self._client.search_runs([experiment.experiment_id], WHOLE, max_results=1, order_by=newest):
                return run
        raise NoRunYet(name)
