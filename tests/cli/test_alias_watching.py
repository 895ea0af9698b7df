"""The worker's watch, in its thread."""

from pathlib import Path
from threading import Event

import pytest

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli.alias_watching import alias_watched
from forecaster.settings import Settings, load_settings
from tests.adapters.working import wait_for
from tests.cli.test_services import free_port
from tests.test_promoting import A, made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a home with a vintage in service, and of an MLflow that nobody serves."""
    PublishedVintages(tmp_path / "vintages").publish(made(A))
    return load_settings({}, home=tmp_path, mlflow_port=free_port())


def test_mlflow_out_of_reach_is_kept_for_the_status(settings: Settings) -> None:
    kept = KeptVintages(PublishedVintages(settings.vintages_folder))

    with alias_watched(settings, seconds=0.01):
        wait_for(lambda: kept.alias_state().fault)

    assert "did not do what it was asked for" in str(kept.alias_state().fault)


def test_what_goes_wrong_is_told_once_and_the_watch_goes_on(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings.vintages_folder / "ALIAS.json"
    file.mkdir()
    kept = KeptVintages(PublishedVintages(settings.vintages_folder))
    told = ""

    with alias_watched(settings, seconds=0.01):
        while not (told := told + capsys.readouterr().err):
            Event().wait(0.01)
        file.rmdir()
        wait_for(lambda: kept.alias_state().fault)

    told += capsys.readouterr().err
    assert told.count("IsADirectoryError") == 1
