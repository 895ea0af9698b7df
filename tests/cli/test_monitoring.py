"""The commands that say how good forecasts turned out, and how fresh figures are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli import app
from forecaster.domain.errors import UnknownName, UnknownSeries
from tests.catalogues import DECLARED
from tests.looking_back import known_later
from tests.vintages import EV, tiny_vintage

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    home, file = tmp_path / "home", tmp_path / "catalogue.toml"
    file.write_text(DECLARED, encoding="utf-8")
    store = PublishedVintages(home / "vintages")
    for vintage in (tiny_vintage(), known_later()):
        store.publish(vintage)
    environ = {"SECTORCAST_HOME": str(home), "SECTORCAST_CATALOGUE": str(file)}
    return lambda *arguments: CliRunner().invoke(app, arguments, env=environ)


def test_accuracy_is_shown_by_horizon_with_a_line_of_all(run: Run) -> None:
    table = run("accuracy").stdout.splitlines()

    assert table[0].split()[:4] == ["horizon", "mase", "smape", "bias"]
    assert [line.split()[0] for line in table[1:]] == ["1", "2", "all"]


def test_accuracy_tells_machines_the_same_as_the_service(run: Run) -> None:
    told = json.loads(run("accuracy", "--by", "series", "--against", "first", "--sector", "ev", "--json").stdout)

    assert [item["series_id"] for item in told["items"]] == [EV]
    assert (told["against"], told["overall"]["figures"]) == ("first", 2)


def test_where_nothing_has_come_yet_accuracy_says_so(run: Run) -> None:
    assert "No figure has come yet" in run("accuracy", "--sector", "battery").stdout


def test_misspelt_names_are_refused(run: Run) -> None:
    assert isinstance(run("accuracy", "--sector", "evv").exception, UnknownName)
    assert isinstance(run("accuracy", "--series", "ev.prodction.CN").exception, UnknownSeries)
    assert isinstance(run("status", "--sector", "evv").exception, UnknownName)


def test_status_names_the_vintage_and_what_is_overdue(run: Run) -> None:
    told = json.loads(run("status", "--json").stdout)
    text = run("status").stdout

    assert told["vintage"]["id"] == "2026-12-01T02-00-00Z-bbbb"
    assert (told["broken"], told["jobs"]) == (None, [])
    assert {item["series_id"]: item["last_period"] for item in told["items"]}[EV] == "2026-10"
    assert f"{told['overdue']} of {told['series']} reported series are overdue" in text


def test_status_names_a_damaged_vintage_and_the_one_that_is_served_instead(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home" / "vintages" / "2026-12-01T02-00-00Z-bbbb" / "scores.arrow").unlink()

    told = json.loads(run("status", "--json").stdout)
    text = run("status").stdout

    assert told["vintage"]["id"] == tiny_vintage().issue.vintage_id
    assert told["broken"] == {"id": "2026-12-01T02-00-00Z-bbbb", "reason": "scores.arrow is missing"}
    assert "Vintage 2026-12-01T02-00-00Z-bbbb can't be served: scores.arrow is missing" in text
