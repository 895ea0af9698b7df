"""The worker's watch over runs that wait for MLflow, with a real `sectorcast record`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from typer.testing import CliRunner

from forecaster.adapters.unrecorded_runs import UnrecordedRuns
from forecaster.cli import app
from forecaster.cli.recording import records_watched
from forecaster.domain.unrecorded import FAILURE, Waiting
from forecaster.settings import Settings, load_settings
from tests.adapters.working import wait_for
from tests.cli.test_services import free_port

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a home in which a run waits that failed without MLflow."""
    monkeypatch.setenv("SECTORCAST_HOME", str(home))
    found = load_settings()
    runs = UnrecordedRuns(found.unrecorded_folder)
    with runs.alone(), runs.drafted() as draft:
        runs.keep(Waiting("ab" * 16, FAILURE, "tiny", None, NOW, NOW, reason="no"), draft=draft)
    return found


def test_the_worker_has_recorded_what_waits_as_soon_as_mlflow_answers(settings: Settings) -> None:
    with records_watched(settings, seconds=0.05):
        wait_for(lambda: UnrecordedRuns(settings.unrecorded_folder).count() == 0, seconds=120)

    client = MlflowClient(settings.mlflow_address, registry_uri=settings.mlflow_address)
    (found,) = client.search_runs([client.get_experiment_by_name("sectorcast/tiny").experiment_id])
    assert (found.info.status, found.data.tags["sectorcast.run_id"]) == ("FAILED", "ab" * 16)


def test_the_command_says_what_still_waits_and_why(settings: Settings) -> None:
    gone = {"SECTORCAST_MLFLOW_URI": f"http://127.0.0.1:{free_port()}"}

    done = CliRunner().invoke(app, ["record"], env=gone)

    assert done.exit_code == 1
    assert "0 runs are recorded in MLflow now, 1 still wait." in done.stdout
    assert "refused" in done.stderr
