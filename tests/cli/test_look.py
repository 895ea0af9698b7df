"""The commands that show what is served and what it is derived from."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli import app
from forecaster.domain.errors import BadParameter, NothingPublished, NoVintageThen, UnknownSeries
from tests.catalogues import DECLARED
from tests.vintages import EV, tiny_vintage, went_into_service

CSV = """series_id,period_start,period_end,basis,value,unit,released_at
ev.production.CN,2024-01,2024-02,jan-feb,301,vehicles,2024-03-16
ev.production.CN,2024-03,2024-03,month,151,vehicles,2024-04-16
ev.production.CN,2024-01,2024-03,ytd,452,vehicles,2024-04-16
ev.production.CN,2024-03,2024-03,month,163,vehicles,2024-06-16
"""

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    home, file = tmp_path / "home", tmp_path / "figures.csv"
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(DECLARED, encoding="utf-8")
    file.write_text(CSV, encoding="utf-8")
    environ = {"SECTORCAST_HOME": str(home), "SECTORCAST_CATALOGUE": str(catalogue)}
    vintage = tiny_vintage()
    PublishedVintages(home / "vintages").publish(vintage)
    went_into_service(home / "vintages", (vintage.issue.issued_at, vintage.issue.vintage_id))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env=environ)

    assert invoke("ingest", str(file)).exit_code == 0
    return invoke


def told(result: Result) -> list[tuple[str, float, str]]:
    rows = json.loads(result.stdout)["observations"]
    return [(row["period"], row["value"], row["obtained"]) for row in rows]


def test_figures_are_shown_by_month_and_as_sums(run: Run) -> None:
    table = run("observations", EV).stdout.splitlines()

    assert table[1].split() == ["period", "value", "obtained"]
    assert table[4].split() == ["2024-03", "163", "reported"]
    assert told(run("observations", EV, "--basis", "jan-feb", "--json")) == [("2024-02", 301.0, "reported")]


def test_figures_are_shown_as_they_were_known(run: Run) -> None:
    assert told(run("observations", EV, "--as-of", "2024-03-15", "--json")) == []
    known = told(run("observations", EV, "--as-of", "2024-04-16", "--basis", "ytd", "--json"))
    assert known[2] == ("2024-03", 452.0, "reported")


def test_the_history_names_reports_and_contradictions(run: Run) -> None:
    text = run("observations", EV, "--history").stdout
    found = json.loads(run("observations", EV, "--history", "--json").stdout)

    assert "Contradictions" in text
    assert len(found["history"]) == 4
    assert found["observations"][2]["reports"] == [found["history"][3]["report_id"]]
    assert found["contradictions"][0]["size"] == 12.0


def test_a_forecast_is_shown_as_sums(run: Run) -> None:
    months = json.loads(run("forecast", EV, "--horizon", "2", "--json").stdout)["points"]
    sums = json.loads(run("forecast", EV, "--horizon", "2", "--basis", "ytd", "--json").stdout)["points"]
    table = run("forecast", EV, "--basis", "jan-feb", "--levels", "80").stdout.splitlines()

    assert sums[1]["mean"] - sums[0]["mean"] == pytest.approx(months[1]["mean"])
    assert sums[0]["includes_estimated"] is False
    assert table[1].split() == ["period", "mean", "80%", "from", "80%", "to", "includes_estimated"]
    assert [line.split()[0] for line in table[2:]] == ["2027-02"]


def test_a_horizon_without_a_february_shows_no_sum_of_it(run: Run) -> None:
    ended = run("forecast", EV, "--basis", "jan-feb", "--horizon", "2")

    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[1].split() == ["period", "mean"]


def test_the_forecast_of_an_instant_is_the_one_then_in_service(run: Run) -> None:
    assert "2026-09-16T02-00-11Z-7f3a" in run("forecast", EV, "--as-of", "2026-09-17").stdout
    assert isinstance(run("forecast", EV, "--as-of", "2026-09-15").exception, NoVintageThen)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("observations", "ev.prodction.CN"), UnknownSeries),
        (("observations", "battery.capacity.CN", "--basis", "ytd"), BadParameter),
        (("observations", EV, "--as-of", "yesterday"), BadParameter),
        (("forecast", EV, "--as-of", "2026-02-30"), BadParameter),
        (("forecast", "ev.prodction.CN", "--as-of", "2020-01-01"), UnknownSeries),
        (("forecast", EV, "--chart", "ev.bmp"), BadParameter),
        (("forecast", EV, "--chart", "ev"), BadParameter),
    ],
)
def test_what_can_not_be_shown_is_refused(run: Run, arguments: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(run(*arguments).exception, error)


@pytest.mark.parametrize("basis", ["month", "ytd", "jan-feb"])
def test_a_chart_is_drawn_in_the_basis_asked_for(run: Run, tmp_path: Path, basis: str) -> None:
    file = tmp_path / "ev.json"

    points = json.loads(run("forecast", EV, "--basis", basis, "--chart", str(file), "--json").stdout)["points"]

    spec = json.loads(file.read_text())
    drawn = spec["datasets"][spec["layer"][-1]["data"]["name"]]
    assert [(row["period"][:7], row["mean"]) for row in drawn] == [(row["period"], row["mean"]) for row in points]
    assert spec["title"] == "New energy vehicle output, China" + ("" if basis == "month" else f", {basis}")


def test_a_chart_is_drawn_as_its_ending_says(run: Run, tmp_path: Path) -> None:
    for name, top in (("ev.PNG", b"\x89PNG"), ("ev.svg", b"<svg")):
        run("forecast", EV, "--chart", str(tmp_path / name))

        assert (tmp_path / name).read_bytes().startswith(top)


def test_other_endings_are_refused_with_those_known(run: Run, tmp_path: Path) -> None:
    answer = run("forecast", EV, "--chart", str(tmp_path / "ev.bmp"))

    assert "ev.bmp ends in none of .png, .svg, .json" in str(answer.exception)
    assert not (tmp_path / "ev.bmp").exists()


def test_where_nothing_is_published_a_misspelt_series_is_told_first(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home" / "vintages" / "CURRENT").unlink()

    misspelt = run("forecast", "ev.prodction.CN")

    assert isinstance(misspelt.exception, UnknownSeries)
    assert EV in misspelt.exception.nearest
    assert isinstance(run("forecast", EV).exception, NothingPublished)
