"""Alerts over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.alert_schemas import AlertOut, AlertsOut
from api.app import Surroundings, create_app
from api.operating import Operations
from api.status_schemas import StatusOut
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.domain.alerts import CHAMPION_KEPT, COVERAGE, DISK_LOW
from tests.alerts import NOW, alert
from tests.catalogues import catalogue

URL = "/v1/alerts"
SECTOR = {"sector": "ev", "level": 80, "windows": 4, "figures": 9, "outside": 0.5, "promised": 0.2, "p_value": 0.3}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[ReachableAlerts]:
    found = ReachableAlerts(f"sqlite:///{tmp_path / 'alerts.db'}")
    with found.open() as alerts:
        alerts.raise_alert(alert(), now=NOW)
        alerts.raise_alert(alert(DISK_LOW, place="/data"), now=NOW + timedelta(hours=1))
        alerts.raise_alert(alert(CHAMPION_KEPT, vintage="v1"), now=NOW + timedelta(hours=2))
        alerts.note(COVERAGE, told={"at": NOW.isoformat(), "sectors": [SECTOR]}, now=NOW)
    yield found
    found.close()


@pytest.fixture
def client(store: PublishedVintages, door: ReachableAlerts, tmp_path: Path) -> Iterator[TestClient]:
    """Whoever has a key that operates."""
    keys = KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")
    secret = keys.add("ana", scopes=("read", "operate"), now=NOW)
    app = create_app(
        vintages=store,
        catalogue=catalogue(),
        keys=keys,
        operations=Operations(alerts=door),
        surroundings=Surroundings(clock=lambda: NOW),
    )
    with TestClient(app, headers={"Authorization": f"Bearer {secret}"}) as client:
        yield client


def kinds(client: TestClient, **asked: str) -> list[str]:
    return [item["kind"] for item in client.get(URL, params=asked).json()["items"]]


def test_alerts_are_read_whole_the_latest_first(client: TestClient) -> None:
    answer = client.get(URL)

    AlertsOut.model_validate_json(answer.content)
    items = answer.json()["items"]
    assert [item["state"] for item in items] == ["closed", "open", "open"]
    assert (items[2]["alert_id"], items[2]["about"], items[2]["evidence"]) == (
        alert().alert_id,
        {"job": "job-1"},
        {"n": 1},
    )


def test_alerts_are_asked_for_by_kind_time_and_state(client: TestClient) -> None:
    assert kinds(client, kind="disk-low") == ["disk-low"]
    assert kinds(client, since="2026-09-20T13:30:00Z") == ["champion-kept"]
    assert kinds(client, since="2026-09-20") == ["champion-kept", "disk-low", "job-failed"]
    assert kinds(client, open="true") == ["disk-low", "job-failed"]
    assert client.get(URL, params={"since": "yesterday"}).status_code == 422


def test_a_list_of_alerts_goes_on_where_its_cursor_says(client: TestClient) -> None:
    first = client.get(URL, params={"limit": "2"}).json()

    assert kinds(client, cursor=first["next_cursor"]) == ["job-failed"]
    assert client.get(URL, params={"cursor": "bm9uZQ"}).status_code == 404


def test_whoever_sees_to_an_alert_is_named_and_it_is_open_no_longer(client: TestClient) -> None:
    answer = client.post(f"{URL}/{alert().alert_id}:acknowledge")
    unknown = client.post(f"{URL}/alert-x:acknowledge")

    AlertOut.model_validate_json(answer.content)
    assert (answer.json()["state"], answer.json()["acknowledged_by"]) == ("acknowledged", "key ana")
    assert kinds(client, open="true") == ["disk-low"]
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-alert")


def test_the_status_tells_open_alerts_coverage_and_when_figures_are_due(client: TestClient) -> None:
    answer = client.get("/v1/status")

    StatusOut.model_validate_json(answer.content)
    body = answer.json()
    assert [one["kind"] for one in body["alerts"]] == ["disk-low", "job-failed"]
    assert body["coverage"]["sectors"] == [SECTOR]
    assert body["calendar"][-1] == {
        "source": "nbs", "series": 2, "name": "Bureau", "period": "2026-09", "due": "2026-10-16",
    }  # fmt: skip  # one fact a line tells no more


def test_open_alerts_are_counted_for_prometheus(client: TestClient) -> None:
    told = client.get("/metrics").text

    assert 'sectorcast_alerts_open{kind="disk-low"} 1.0' in told
    assert 'sectorcast_alerts_open{kind="champion-kept"} 0.0' in told
    assert "sectorcast_alerts_reachable 1.0" in told


def test_a_service_without_alerts_says_so_and_serves_the_status(store: PublishedVintages) -> None:
    with TestClient(create_app(vintages=store, catalogue=catalogue())) as client:
        answer, status, told = client.get(URL), client.get("/v1/status").json(), client.get("/metrics").text

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/alerts-unreachable")
    assert (status["alerts"], status["coverage"]) == (None, None)
    assert "sectorcast_alerts_reachable 0.0" in told
