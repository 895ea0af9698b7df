"""How MLflow and promotion fare with hundreds of runs: `python -m bench.growth --runs 500`."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

from forecaster.adapters.mlflow_pruning import MlflowPruning
from forecaster.adapters.mlflow_run_log import EXPERIMENTS, MODEL, PARENT_TAG
from forecaster.adapters.scored_runs import ScoredRuns

CHILDREN = 30  # sectors x candidates, as production has
METRICS, STEPS, PARAMS = 60, 24, 25
BATCH = 900  # of metrics that MLflow takes at once


def fill(client: MlflowClient, *, runs: int, artifacts: Path) -> str:
    """As many runs as a retraining a day leaves, each with its parts and a model version."""
    experiment = client.create_experiment(f"{EXPERIMENTS}/production", artifact_location=artifacts.as_uri())
    client.create_registered_model(MODEL)
    for at in range(runs):
        run_id = client.create_run(experiment, run_name=f"vintage {at}").info.run_id
        _log(client, run_id, at=at, tags={"vintage": f"v{at}", "purpose": "retrained"})
        pl.DataFrame({"y": [0.0]}).write_parquet(artifacts / "backtest.parquet")
        client.log_artifact(run_id, str(artifacts / "backtest.parquet"))
        for part in range(CHILDREN):
            child = client.create_run(experiment, tags={PARENT_TAG: run_id}, run_name=f"ev {part}").info.run_id
            _log(client, child, at=at, tags={}, metrics=8)
            client.set_terminated(child)
        client.create_model_version(MODEL, artifacts.as_uri(), run_id)
        client.set_terminated(run_id)
    return str(experiment)


def _log(client: MlflowClient, run_id: str, *, at: int, tags: dict[str, str], metrics: int = METRICS) -> None:
    values = [Metric(f"ev/score_{key}", at / 7 + key, at, 0) for key in range(metrics)]
    values += [Metric("ev/mase_by_horizon", step / 9, at, step) for step in range(1, STEPS + 1)]
    params = [Param(f"candidates.{key}", f"AutoETS(season_length={key})") for key in range(PARAMS)]
    client.log_batch(run_id, values[:BATCH], params, [RunTag(key, text) for key, text in tags.items()])


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
        experiment = fill(MlflowClient(address), runs=given.runs, artifacts=folder / "artifacts")
        count = given.runs * (CHILDREN + 1)
        size = (folder / "mlflow.db").stat().st_size / 1e6
        print(f"{given.runs} runs, {count} with their parts: {time.perf_counter() - began:.0f} s, {size:.0f} MB")
        measure(address, experiment, runs=given.runs)


if __name__ == "__main__":
    main()
