"""What is told of requests: headers, lines of the log, figures for Prometheus."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import Surroundings, create_app
from api.logs import JsonLines
from api.tracing import parent_of
from forecaster.adapters.published_vintages import PublishedVintages
from tests.catalogues import catalogue
from tests.vintages import EV

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
NOW = datetime(2026, 9, 17, 2, 0, 11, tzinfo=UTC)  # a day after the tiny vintage was issued


@pytest.fixture
def client(store: PublishedVintages) -> Iterator[TestClient]:
    app = create_app(vintages=store, catalogue=catalogue(), surroundings=Surroundings(clock=lambda: NOW))

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def scrape(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labels(**given: str) -> frozenset[tuple[str, str]]:
    return frozenset(given.items())


def test_a_trace_of_the_caller_is_carried_on(client: TestClient) -> None:
    answer = client.get("/healthz", headers={"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Request-ID": "ours-17"})

    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != SPAN
    assert answer.headers["x-request-id"] == "ours-17"


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01"])
def test_without_a_sound_trace_there_is_a_new_one(client: TestClient, header: str) -> None:
    first, second = (client.get("/healthz", headers={"traceparent": header}) for _ in range(2))

    assert parent_of(first.headers["traceparent"]) is not None
    assert TRACE not in first.headers["traceparent"]
    assert first.headers["traceparent"] != second.headers["traceparent"]


def test_a_request_id_that_could_forge_a_line_of_the_log_is_replaced(client: TestClient) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": 'a"} {"level": "x'})

    assert "level" not in answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/broken", "/nowhere", f"/v1/forecasts/{EV}?horizon=0"])
def test_failures_are_named_too(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    assert TRACE in answer.headers["traceparent"]
    assert "x-request-id" in answer.headers


@pytest.fixture
def logged() -> Iterator[None]:
    """Everything is logged to standard error, as `sectorcast serve` does."""
    root, handler = logging.getLogger(), JsonLines()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.mark.usefixtures("logged")
def test_each_request_is_a_line_of_json(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get(f"/v1/forecasts/{EV}?horizon=2", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    told = (line["logger"], line["level"], line["method"], line["status"])
    assert told == ("sectorcast.requests", "info", "GET", 200)
    assert line["message"] == f"GET /v1/forecasts/{EV} 200"
    assert (line["route"], line["path"]) == ("/v1/forecasts/{series_id}", f"/v1/forecasts/{EV}")
    assert (line["query"], line["trace_id"], line["parent_id"]) == ("horizon=2", TRACE, SPAN)


@pytest.mark.usefixtures("logged")
def test_a_failure_is_logged_with_its_trace_and_its_cause(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/broken", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    line = next(found for found in map(json.loads, capsys.readouterr().err.splitlines()) if "traceback" in found)
    assert line["trace_id"] == TRACE
    assert "swordfish" in line["traceback"]


def test_requests_are_counted_and_timed_by_route_method_and_status(client: TestClient) -> None:
    client.get(f"/v1/series/{EV}")
    client.get("/v1/series/x")
    client.head(f"/v1/series/{EV}")
    client.get("/nowhere")
    client.get("/broken")

    found = scrape(client)

    route = "/v1/series/{series_id}"
    count = "sectorcast_requests_total"
    assert found[count, labels(route=route, method="GET", status="200")] == 1
    assert found[count, labels(route=route, method="GET", status="404")] == 1
    assert found[count, labels(route=route, method="HEAD", status="200")] == 1
    assert found[count, labels(route="unmatched", method="GET", status="404")] == 1
    assert found[count, labels(route="/broken", method="GET", status="500")] == 1
    assert found["sectorcast_request_seconds_count", labels(route=route, method="GET")] == 2


def test_the_age_of_vintage_and_figures_is_told(client: TestClient) -> None:
    found = scrape(client)

    assert found["sectorcast_vintage_served", labels()] == 1
    assert found["sectorcast_vintage_age_seconds", labels()] == 86400
    assert ("sectorcast_stale_series", labels(sector="ev")) in found
    assert found["sectorcast_release_age_seconds", labels(sector="ev")] > 0
    assert found["sectorcast_jobs_reachable", labels()] == 0


def test_without_a_vintage_there_are_figures_still(waiting: TestClient) -> None:
    found = scrape(waiting)

    assert found["sectorcast_vintage_served", labels()] == 0
