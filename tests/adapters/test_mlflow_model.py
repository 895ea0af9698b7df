"""The registered model: loads from code, and answers as `mlflow models serve` does."""

import json
from pathlib import Path

import mlflow
import pytest
from mlflow.pyfunc import scoring_server
from starlette.testclient import TestClient

from forecaster.adapters import mlflow_model
from tests.homes import Homes
from tests.vintages import EV, LFP, tiny_vintage

FORECASTS = tiny_vintage().forecasts


@pytest.fixture(scope="module")
def address(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = homes.begin(tmp_path_factory.mktemp("models"))
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("e", artifact_location=(folder / "kept").as_uri())
    FORECASTS.write_parquet(folder / "forecasts.parquet")
    with mlflow.start_run(experiment_id=mlflow.get_experiment_by_name("e").experiment_id):
        info = mlflow_model.log(folder / "forecasts.parquet", name="model", registered_as=None)
    return str(info.model_uri)


def test_it_has_a_signature_and_an_example_and_no_pickle(address: str, tmp_path: Path) -> None:
    folder = Path(mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path)))

    model = mlflow.models.Model.load(address)

    assert [column.name for column in model.signature.inputs] == ["series_id", "horizon"]
    assert [column.name for column in model.signature.outputs][:4] == ["series_id", "period", "step", "mean"]
    assert json.loads((folder / "input_example.json").read_text())["columns"] == ["series_id", "horizon"]
    assert [path.name for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".cloudpickle")] == []


def test_the_server_of_models_answers_with_forecasts(address: str) -> None:
    client = TestClient(scoring_server.init(mlflow.pyfunc.load_model(address)))
    asked = {"dataframe_split": {"columns": ["series_id", "horizon"], "data": [[EV, 2], [LFP, 1]]}}

    answer = client.post("/invocations", json=asked)

    assert answer.status_code == 200
    rows = answer.json()["predictions"]
    assert [(row["series_id"], row["period"], row["step"]) for row in rows] == [
        (EV, "2026-09", 1),
        (EV, "2026-10", 2),
        (LFP, "2026-09", 1),
    ]
    assert rows[0]["mean"] == FORECASTS.filter(series_id=EV)["mean"][0]


def test_a_series_that_was_not_forecast_is_named(address: str) -> None:
    client = TestClient(scoring_server.init(mlflow.pyfunc.load_model(address)))
    asked = {"dataframe_split": {"columns": ["series_id", "horizon"], "data": [["steel.production.CN", 1]]}}

    answer = client.post("/invocations", json=asked)

    assert answer.status_code == 400
    assert "no forecast of steel.production.CN" in answer.text
