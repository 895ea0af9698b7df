import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.app import create_app
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli import app
from tests.api.serving import serving
from tests.catalogues import catalogue
from tests.vintages import EV, tiny_vintage


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    store = PublishedVintages(tmp_path / "vintages")
    store.publish(tiny_vintage(), by="job 1")
    with serving(create_app(vintages=store, catalogue=catalogue())) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_forecast_of_a_service_elsewhere_is_shown(url: str) -> None:
    found = CliRunner().invoke(app, ["forecast", EV, "--horizon", "2", "--levels", "80", "--url", url])

    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0].startswith("New energy vehicle output, China, vehicles, month; vintage 2026-09-16")
    assert lines[1].split() == ["period", "mean", "80%", "from", "80%", "to"]
    assert [line.split()[0] for line in lines[2:]] == ["2026-09", "2026-10"]


def test_figures_of_a_service_elsewhere_are_shown_as_json(url: str) -> None:
    found = CliRunner().invoke(app, ["observations", EV, "--url", url, "--json"])

    shown = json.loads(found.stdout)
    assert (shown["series_id"], len(shown["observations"])) == (EV, 92)


def test_what_only_this_home_can_do_is_refused_with_where_it_is(url: str) -> None:
    found = CliRunner().invoke(app, ["forecast", EV, "--url", url, "--chart", "ev.png"])

    assert "chart.png" in str(found.exception)
