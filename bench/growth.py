"""How MLflow and promotion fare with hundreds of runs: `python -m bench.growth --runs 500`."""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import polars as pl
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

from forecaster.adapters.mlflow_pruning import MlflowPruning
from forecaster.adapters.mlflow_run_log import EXPERIMENTS, MODEL
from forecaster.adapters.recorded_before import PARENT_TAG
from forecaster.adapters.scored_runs import ScoredRuns

CHILDREN = 30  # sectors x candidates, as production has
METRICS, STEPS, PARAMS = 60, 24, 25
TABLES = ("metrics", "latest_metrics", "params", "tags")
"""What MLflow keeps of a run besides its row in `runs`, each by `run_uuid`."""


def fill(address: str, *, runs: int, artifacts: Path) -> str:
    """As many runs as a retraining a day leaves, each with its parts and a model version.

    One run and one part are logged; the others are copies of their rows, which is what MLflow would have written.
    """
    client = MlflowClient(address)
    experiment = client.create_experiment(f"{EXPERIMENTS}/production", artifact_location=artifacts.as_uri())
    client.create_registered_model(MODEL)
    whole = client.create_run(experiment, run_name="whole").info.run_id
    _log(client, whole, tags={"vintage": "v0", "purpose": "retrained"})
    pl.DataFrame({"y": [0.0]}).write_parquet(artifacts / "backtest.parquet")
    client.log_artifact(whole, str(artifacts / "backtest.parquet"))
    part = client.create_run(experiment, tags={PARENT_TAG: whole}, run_name="part").info.run_id
    _log(client, part, tags={}, metrics=8)
    for run_id in (whole, part):
        client.set_terminated(run_id)
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as store, store:
        for at in range(1, runs):
            parent = _copied(store, whole, at=at)
            for _ in range(CHILDREN):
                child = _copied(store, part, at=at)
                store.execute("update tags set value = ? where run_uuid = ? and key = ?", (parent, child, PARENT_TAG))
    for _ in range(runs):
        client.create_model_version(MODEL, artifacts.as_uri(), whole)
    return str(experiment)


def _copied(store: sqlite3.Connection, run_id: str, *, at: int) -> str:
    """The id of a copy of a run, a minute later than the one before."""
    fresh = uuid4().hex
    for table in ("runs", *TABLES):
        columns = [str(row[1]) for row in store.execute(f"pragma table_info({table})")]
        moved = {"run_uuid": "?", "start_time": f"start_time + {at * 60_000}"}
        chosen = ", ".join(moved.get(name, f'"{name}"') for name in columns)
        named = ", ".join(f'"{name}"' for name in columns)
        copy = f"insert into {table} ({named}) select {chosen} from {table} where run_uuid = ?"  # noqa: S608  # our names
        store.execute(copy, (fresh, run_id))
    return fresh


def _log(client: MlflowClient, run_id: str, *, tags: dict[str, str], metrics: int = METRICS) -> None:
    values = [Metric(f"ev/score_{key}", key / 7, 1, 0) for key in range(metrics)]
    values += [Metric("ev/mase_by_horizon", step / 9, 1, step) for step in range(1, STEPS + 1)]
    params = [Param(f"candidates.{key}", f"AutoETS(season_length={key})") for key in range(PARAMS)]
    client.log_batch(run_id, values, params, [RunTag(key, text) for key, text in tags.items()])


def timed(what: str, call: Callable[[], object], *, times: int = 5) -> None:
    """Print the median seconds of a call."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    print(f"{what}: {sorted(spent)[times // 2]:.3f} s", flush=True)


def measure(address: str, experiment: str, *, runs: int) -> None:
    """What a person waits for: the list, a run, the versions, an alias that is moved."""
    client, pruning, scored = MlflowClient(address), MlflowPruning(address), ScoredRuns(address)
    newest = ["attributes.start_time DESC"]
    timed(
        "list: the newest 100 runs, as the UI asks",
        lambda: client.search_runs([experiment], "", ViewType.ACTIVE_ONLY, 100, newest),
    )
    timed(
        "list: whole runs alone",
        lambda: client.search_runs([experiment], "tags.vintage LIKE '%'", ViewType.ACTIVE_ONLY, 100, newest),
    )
    timed("experiment compare: the latest run", lambda: scored.find("production"))
    timed("prune: every run that has its files", pruning.runs)
    timed("versions of the model, newest 100", lambda: client.search_model_versions(f"name = '{MODEL}'", 100))
    timed("promotion: the alias moved", lambda: client.set_registered_model_alias(MODEL, "champion", str(runs)))


def main() -> None:
    """Fill a fresh store and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="folder that the store stays in; else it is temporary")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        (folder / "artifacts").mkdir(parents=True)
        address = f"sqlite:///{folder / 'mlflow.db'}"
        began = time.perf_counter()
        experiment = fill(address, runs=given.runs, artifacts=folder / "artifacts")
        count = given.runs * (CHILDREN + 1)
        size = (folder / "mlflow.db").stat().st_size / 1e6
        print(f"{given.runs} runs, {count} with their parts: {time.perf_counter() - began:.0f} s, {size:.0f} MB")
        measure(address, experiment, runs=given.runs)


if __name__ == "__main__":
    main()
