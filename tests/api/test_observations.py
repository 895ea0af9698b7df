import csv
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import ObservationsOut
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import with_derived
from tests.catalogues import catalogue
from tests.reports import report, reports
from tests.vintages import EV, THIN, placed, ranks_of, series_row, stored, tiny_vintage

DE, FR, WORLD = (f"solar.exports.{region}.panels" for region in ("DE", "FR", "World"))
URL = f"/v1/series/{EV}/observations"

PUBLISHED = stored(
    reports(
        report(EV, "2026-01", "2026-02", 301.0, released="2026-03-16"),
        report(EV, "2026-03", "2026-03", 151.0, released="2026-04-16"),
        report(EV, "2026-01", "2026-03", 452.0, released="2026-04-16"),
        {**report(EV, "2026-03", "2026-03", 9.5, unit="%", released="2026-04-16"), "kind": "growth"},
        report(EV, "2026-03", "2026-03", 163.0, released="2026-06-16"),
        report(DE, "2026-02", "2026-02", 5.0, unit="MW", released="2026-04-01"),
        report(FR, "2026-03", "2026-03", 7.0, unit="MW", released="2026-05-01"),
    )
)


@pytest.fixture
def figures(empty: PublishedVintages) -> Iterator[TestClient]:
    """The service with a vintage of a few known reports and no forecasts."""
    panel = with_derived(build_panel(PUBLISHED, catalogue=catalogue()).panel, catalogue=catalogue())
    plain = tiny_vintage()
    rows = [
        series_row(key, name=key, status="too short", unit=catalogue().find(key).unit) for key in (EV, DE, FR, WORLD)
    ]
    series = placed(rows, forecasts=plain.forecasts.clear(), panel=panel, reports=PUBLISHED)
    empty.publish(
        replace(
            plain,
            forecasts=plain.forecasts.clear(),
            series=series,
            panel=panel,
            reports=PUBLISHED,
            ranks=ranks_of(None),
        )
    )
    with TestClient(create_app(vintages=empty, catalogue=catalogue()), raise_server_exceptions=False) as client:
        yield client


def items(client: TestClient, url: str = URL, **asked: Any) -> list[tuple[str, float, str]]:
    found = client.get(url, params=asked).json()["items"]
    return [(item["period"], item["value"], item["obtained"]) for item in found]


def test_sums_are_reported_where_that_very_sum_was_stated(figures: TestClient) -> None:
    answer = figures.get(URL, params={"basis": "ytd"})

    ObservationsOut.model_validate_json(answer.content)
    assert answer.json()["basis"] == "ytd"
    assert answer.json()["as_of"] == "2026-09-15T02:00:00Z"
    assert items(figures, basis="ytd")[1:] == [("2026-02", 301.0, "reported"), ("2026-03", 464.0, "differenced")]
    assert items(figures, basis="jan-feb") == [("2026-02", 301.0, "reported")]


def test_figures_are_those_known_at_the_instant(figures: TestClient) -> None:
    assert items(figures, as_of="2026-03-15") == []
    assert [period for period, _, _ in items(figures, as_of="2026-03-16")] == ["2026-01", "2026-02"]
    assert items(figures, as_of="2026-04-16T12:00:00Z")[2] == ("2026-03", 151.0, "reported")
    assert items(figures, as_of="2026-04-16", basis="ytd")[2] == ("2026-03", 452.0, "reported")
    assert items(figures, as_of="2026-06-16")[2] == ("2026-03", 163.0, "reported")


def test_an_instant_after_the_vintage_is_answered_with_what_it_knows_and_says_so(figures: TestClient) -> None:
    answer = figures.get(URL, params={"as_of": "2027-01-01"}).json()

    assert answer["as_of"] == "2026-09-15T02:00:00Z"
    assert answer["items"] == figures.get(URL).json()["items"]


def test_a_sum_of_series_is_derived_from_what_was_known_of_its_parts(figures: TestClient) -> None:
    url = f"/v1/series/{WORLD}/observations"

    assert items(figures, url, as_of="2026-04-15") == [("2026-02", 5.0, "differenced")]
    assert items(figures, url) == [("2026-02", 5.0, "differenced"), ("2026-03", 7.0, "differenced")]


def test_the_history_holds_every_report_and_rows_name_theirs(figures: TestClient) -> None:
    answer = figures.get(URL, params={"include_history": "true"})

    ObservationsOut.model_validate_json(answer.content)
    found = answer.json()
    history = {one["report_id"]: one for one in found["history"]}
    assert len(history) == 5
    assert {one["kind"] for one in history.values()} == {"value", "growth"}
    last = history[found["items"][2]["reports"][0]]
    assert (last["value"], last["released_at"], last["released_assumed"]) == (163.0, "2026-06-16T00:00:00Z", False)
    assert (last["period_start"], last["period_end"], last["basis"]) == ("2026-03", "2026-03", "month")


def test_contradictions_are_listed_with_their_size(figures: TestClient) -> None:
    (found,) = figures.get(URL, params={"include_history": "true"}).json()["contradictions"]

    assert (found["period_start"], found["period_end"], found["unit"]) == ("2026-03", "2026-03", "vehicles")
    assert (found["stated"], found["other"], found["size"]) == (163.0, 151.0, 12.0)


def test_the_history_of_a_sum_is_that_of_its_parts(figures: TestClient) -> None:
    asked = {"include_history": "true", "from": "2026-03"}

    found = figures.get(f"/v1/series/{WORLD}/observations", params=asked).json()

    assert [one["series_id"] for one in found["history"]] == [FR]
    assert found["items"][0]["reports"] == [found["history"][0]["report_id"]]


def test_without_history_rows_stay_short(figures: TestClient) -> None:
    found = figures.get(URL).json()

    assert set(found["items"][0]) == {"period", "value", "obtained"}
    assert not {"history", "contradictions"} & set(found)


def test_sums_come_as_csv_with_their_basis(figures: TestClient) -> None:
    answer = figures.get(URL, params={"basis": "jan-feb", "as_of": "2026-04-01", "format": "csv"})

    (line,) = csv.DictReader(StringIO(answer.text))
    assert (line["period"], line["basis"], line["value"], line["obtained"]) == (
        "2026-02",
        "jan-feb",
        "301.0",
        "reported",
    )


def test_a_level_has_no_sums(empty: PublishedVintages) -> None:
    vintage = tiny_vintage()
    empty.publish(replace(vintage, series=vintage.series.with_columns(kind=pl.lit("stock"))))
    with TestClient(create_app(vintages=empty, catalogue=catalogue())) as client:
        answer = client.get(URL, params={"basis": "ytd"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "basis")


@pytest.mark.parametrize("name", ["as_of", "include_history"])
def test_what_is_declared_no_longer_is_not_worked_out_anew(client: TestClient, name: str) -> None:
    path = f"/v1/series/{THIN}/observations"

    plain, refused = client.get(path), client.get(path, params={name: {"as_of": "2026-06-30"}.get(name, "true")})

    assert plain.status_code == 200
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-declared")
    assert f"ask for it without {name}" in refused.json()["detail"]
