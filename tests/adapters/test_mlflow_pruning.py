"""Old files go from a real MLflow store; scores and reasons stay."""

from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from forecaster.adapters import mlflow_model
from forecaster.adapters.mlflow_pruning import PRUNED_TAG, MlflowPruning
from forecaster.adapters.mlflow_run_log import MODEL, MlflowRunLog
from tests.vintages import tiny_vintage

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def recorded(log: MlflowRunLog, client: MlflowClient, folder: Path, *, vintage: str) -> str:
    """A finished run with files, a registered model and a part."""
    run_id = log.begin("production", job_id=None)
    client.set_tag(run_id, "vintage", vintage)
    client.log_metric(run_id, "mase", 0.5)
    (folder / "inputs").mkdir(parents=True)
    for name in ("decision.md", "backtest.parquet", "inputs/experiment.toml"):
        (folder / name).write_text(name)
    client.log_artifacts(run_id, str(folder))
    tiny_vintage().forecasts.write_parquet(folder / "forecasts.parquet")
    with mlflow.start_run(run_id=run_id):
        mlflow_model.log(folder / "forecasts.parquet", name="model", registered_as=MODEL)
    client.set_terminated(run_id)
    return run_id


def test_a_pruned_run_keeps_its_scores_and_reasons_and_loses_files_model_and_version(home: Path) -> None:
    address = f"sqlite:///{home / 'mlflow.db'}"
    log = MlflowRunLog(address, artifacts=home / "kept", reports="reports", now_ms=1)
    client, pruning = MlflowClient(address), MlflowPruning(address)
    run_id = recorded(log, client, home / "one", vintage="v1")
    champion = recorded(log, client, home / "two", vintage="v2")
    client.set_registered_model_alias(MODEL, "champion", "2")
    before = {run.run_id: run for run in pruning.runs()}

    pruning.prune(run_id, now=NOW)

    assert {key: (run.vintage_id, run.named) for key, run in before.items()} == {
        run_id: ("v1", False),
        champion: ("v2", True),
    }
    assert [run.run_id for run in pruning.runs()] == [champion]
    data = client.get_run(run_id).data
    assert (data.metrics["mase"], data.tags[PRUNED_TAG]) == (0.5, NOW.isoformat())
    assert {item.path for item in client.list_artifacts(run_id)} == {"decision.md", "inputs"}
    with pytest.raises(MlflowException, match=r"version=1\) not found"):
        client.get_model_version(MODEL, "1")
    assert mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").metadata.signature is not None
    models = list((home / "kept").glob("*/models/*/artifacts"))
    assert [one.is_dir() and any(one.iterdir()) for one in models].count(True) == 1
