"""A start on a damaged vintage: what is served meanwhile, and the one job that trains anew."""

from pathlib import Path

import pytest

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli import wiring
from forecaster.cli.mending import is_published
from forecaster.settings import Settings
from tests.adapters.test_published_vintages import FIRST, SECOND, shorten
from tests.vintages import tiny_vintage


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(home=tmp_path / "home")
    found.root.mkdir()
    return found


def test_one_job_is_queued_however_often_the_service_starts(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    store = PublishedVintages(settings.vintages_folder)
    for vintage_id in (FIRST, SECOND):
        store.publish(tiny_vintage(vintage_id))
    shorten(store.root / SECOND / "panel.arrow")

    published = [is_published(settings) for _ in range(2)]

    (job,) = wiring.last_jobs(settings, limit=9)
    told = capsys.readouterr().err
    assert published == [True, True]
    assert (job.state, job.experiment, job.sectors) == ("queued", "production", None)
    assert f"{SECOND} is damaged (panel.arrow is not what the manifest says (checksum)). {FIRST} is served" in told


def test_where_no_vintage_is_sound_there_is_nothing_to_serve(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    store = PublishedVintages(settings.vintages_folder)
    store.publish(tiny_vintage(FIRST))
    shorten(store.root / FIRST / "panel.arrow")

    assert not is_published(settings)
    assert "It is trained anew now." in capsys.readouterr().err


def test_a_sound_vintage_asks_for_no_job(settings: Settings) -> None:
    PublishedVintages(settings.vintages_folder).publish(tiny_vintage(FIRST))

    assert is_published(settings)
    assert wiring.last_jobs(settings, limit=9) == []
