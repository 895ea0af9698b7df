"""Experiments from the command line: tried without publishing, and compared."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from typer.testing import CliRunner, Result

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.cli import app
from forecaster.domain.errors import BadInput
from tests.catalogues import DECLARED
from tests.homes import Homes
from tests.running import figures

pytestmark = pytest.mark.long

BODY = """
question = "Which?"
horizon = 3
combination = "{combination}"
sectors = ["ev"]
folds = {{ count = 2, step = 3, min_train = 24 }}
gate = {{ rule = "always" }}
"""
CANDIDATES = """
[[candidates]]
name = "theta"
model = "Theta"
settings = { season_length = 12 }
[[candidates]]
name = "drift"
model = "RandomWalkWithDrift"
settings = {}
[[candidates]]
name = "flat"
model = "Naive"
settings = {}
"""


@pytest.fixture(scope="module")
def environment(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("home")
    homes.begin(folder / "home")
    DeltaReports(str(folder / "home" / "reports")).append(figures(), ingested_at=datetime(2024, 6, 1, tzinfo=UTC))
    (folder / "catalogue.toml").write_text(DECLARED, encoding="utf-8")
    for name, content in (
        ("mean", BODY.format(combination="mean") + CANDIDATES),
        ("median", 'profile = "mean"\n' + BODY.format(combination="median")),
    ):
        (folder / "experiments" / name).mkdir(parents=True)
        (folder / "experiments" / name / "experiment.toml").write_text(content, encoding="utf-8")
    settings = {"HOME": folder / "home", "CATALOGUE": folder / "catalogue.toml", "EXPERIMENTS": folder / "experiments"}
    return {**os.environ, "SECTORCAST_WORKERS": "1", **{f"SECTORCAST_{k}": str(v) for k, v in settings.items()}}


def sectorcast(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forecaster", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def called(environment: dict[str, str], *words: str) -> Result:
    """The command within this process: one of its own takes 4 s of CPU to import MLflow and the models."""
    return CliRunner().invoke(app, words, env=environment)


# The last figures of the store are of April 2024.
THEN = ("--as-of", "2024-06-01")


@pytest.fixture(scope="module")
def tried(environment: dict[str, str]) -> dict[str, str]:
    """Both experiments, run once: one by a process of its own, the other within this one and by its folder."""
    folder = Path(environment["SECTORCAST_EXPERIMENTS"]) / "median"
    mean = sectorcast(environment, "experiment", "run", "mean", *THEN, "--json")
    median = called(environment, "experiment", "run", str(folder), *THEN, "--json")
    assert (mean.returncode, median.exit_code) == (0, 0), mean.stderr + median.stderr
    return {name: json.loads(told)["run_id"] for name, told in (("mean", mean.stdout), ("median", median.stdout))}


def test_an_experiment_is_recorded_and_nothing_put_in_service(
    environment: dict[str, str], tried: dict[str, str]
) -> None:
    address = f"sqlite:///{environment['SECTORCAST_HOME']}/mlflow.db"
    client = MlflowClient(address, registry_uri=address)  # else the registry is whichever was used last in this process

    run = client.get_run(tried["mean"])

    assert run.info.status == "FINISHED"
    assert run.data.tags["purpose"] == "tried"
    assert run.data.tags["sectors"] == '["ev"]'
    assert run.data.tags["decision"].startswith("Only tried.")
    assert client.search_registered_models() == []
    assert not (Path(environment["SECTORCAST_HOME"]) / "vintages" / "CURRENT").exists()
    assert {item.path for item in client.list_artifacts(run.info.run_id, "inputs")} == {
        "inputs/catalogue.toml",
        "inputs/experiment.toml",
    }


def test_two_experiments_are_compared_by_their_latest_runs(environment: dict[str, str], tried: dict[str, str]) -> None:
    plain = called(environment, "experiment", "compare", "mean", "median", "--series")
    told = json.loads(called(environment, "experiment", "compare", "mean", tried["median"], "--json").stdout)

    assert plain.exit_code == 0, plain.stderr
    assert re.search(r"^ev +1 ", plain.stdout, re.MULTILINE)
    assert "combination: mean | median" in plain.stdout
    assert told["runs"] == [tried["mean"], tried["median"]]
    assert told["differing"] == {"combination": ["mean", "median"]}
    assert [row["sector"] for row in told["sectors"]] == ["ev", "all"]


def test_a_tried_run_is_run_again_to_the_same_numbers(environment: dict[str, str], tried: dict[str, str]) -> None:
    ended = called(environment, "retrain", "--reproduce", tried["median"])

    assert ended.stdout == "The same: 42 numbers of 1 series, to the last bit.\n"
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("experiment", "compare", "mean", "mode"), "No run of 'mode' has ended well"),
        (("experiment", "compare", "mean", "0" * 32), "No run is called '0000"),
        (("experiment", "run", "nowhere/mine"), "is no folder"),
        (("retrain", "--reproduce", "x", "--force"), "leave the other options out"),
        (("retrain", "--reproduce", "x"), "No run is called 'x'"),
    ],
)
def test_what_cannot_be_is_bad_input(
    environment: dict[str, str], tried: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    ended = called(environment, *words)

    assert isinstance(ended.exception, BadInput)  # that it ends the command with 2 is shown in test_main
    assert told in str(ended.exception)
