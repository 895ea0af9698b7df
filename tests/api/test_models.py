"""Which vintage is in service, over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.model_schemas import ChangedOut, HistoryOut, ModelsOut
from api.operating import Operations
from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from tests.catalogues import catalogue
from tests.test_promoting import A, B, C, made
from tests.vintages import EV

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    """A and then B went into service; C was refused."""
    found = PublishedVintages(tmp_path / "vintages")
    for vintage_id in (A, B):
        found.publish(made(vintage_id), by="job 1")
    found.refuse(made(C), by="job 3", keep=True)
    return found


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def app(store: PublishedVintages, keys: KeyFile) -> FastAPI:
    operations = Operations(kept=KeptVintages(store))
    return create_app(vintages=store, catalogue=catalogue(), keys=keys, operations=operations)


@pytest.fixture
def client(app: FastAPI, keys: KeyFile) -> Iterator[TestClient]:
    """Whoever has a key with scopes read and operate."""
    secret = keys.add("ana", scopes=("read", "operate"), now=NOW)
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {secret}"}) as opened:
        yield opened


def in_service(client: TestClient) -> str:
    found: str = client.get(f"/v1/forecasts/{EV}").json()["vintage"]["id"]
    return found


def test_models_are_listed_as_they_stand_to_service(client: TestClient) -> None:
    answer = client.get("/v1/models").json()

    ModelsOut.model_validate(answer)
    found = {model["vintage"]: (model["state"], model["model_version"]) for model in answer["items"]}
    assert found == {A: ("former", "1"), B: ("champion", "2"), C: ("challenger", "3")}


def test_a_challenger_is_promoted_and_served_at_once(client: TestClient) -> None:
    before = in_service(client)

    answer = client.post("/v1/models:promote", json={"model": "3", "reason": "it knows the new scope"})

    ChangedOut.model_validate(answer.json())
    assert (answer.status_code, answer.json()["vintage"], answer.json()["previous"]) == (200, C, B)
    assert (before, in_service(client)) == (B, C)
    last = client.get("/v1/models/history").json()["items"][0]
    assert (last["kind"], last["vintage"], last["by"]) == ("promoted", C, "key ana")
    assert "it knows the new scope" in last["reason"]


def test_service_is_rolled_back_step_by_step(client: TestClient) -> None:
    back = client.post("/v1/models:rollback", json={})
    no_further = client.post("/v1/models:rollback", json={})

    assert (back.status_code, back.json()["vintage"], in_service(client)) == (200, A, A)
    assert (no_further.status_code, no_further.json()["type"]) == (409, "/problems/nothing-to-roll-back-to")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/history"])
def test_lists_are_paged_without_a_gap(client: TestClient, path: str) -> None:
    whole = client.get(path).json()["items"]
    pages, cursor = [], None
    while True:
        page = client.get(path, params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(whole) >= 3
    assert pages == whole


def test_the_history_tells_what_was_refused_too(client: TestClient) -> None:
    answer = client.get("/v1/models/history").json()

    HistoryOut.model_validate(answer)
    assert [(event["kind"], event["vintage"]) for event in answer["items"]] == [
        ("refused", C), ("published", B), ("published", A),
    ]  # fmt: skip  # one event a line tells no more


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/models:promote", {"model": "17"}, 404),
        ("/v1/models:promote", {"model": ""}, 422),
        ("/v1/models:promote", {}, 422),
        ("/v1/models:promote", {"model": "3", "by": "me"}, 422),
        ("/v1/models:rollback", {"to": C}, 409),
        ("/v1/models:rollback", {"to": "17"}, 404),
    ],
)
def test_an_impossible_change_is_refused_and_changes_nothing(
    client: TestClient, path: str, body: dict[str, str], status: int
) -> None:
    answer = client.post(path, json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert in_service(client) == B


@pytest.mark.parametrize("path", ["/v1/models:promote", "/v1/models:rollback"])
def test_changing_service_needs_scope_operate(app: FastAPI, keys: KeyFile, path: str) -> None:
    reader = keys.add("reader", scopes=("read", "write"), now=NOW)

    without = TestClient(app).post(path, json={"model": "3"})
    unfit = TestClient(app).post(path, json={"model": "3"}, headers={"Authorization": f"Bearer {reader}"})

    assert (without.status_code, unfit.status_code) == (401, 403)


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    cursor = client.get("/v1/models", params={"limit": 1}).json()["next_cursor"]

    answer = client.get("/v1/models/history", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "cursor")
