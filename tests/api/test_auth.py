"""Who is let in: scopes, the machine's own reading, what a caller without a key is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import scope
from forecaster.adapters.key_file import KeyFile, make_first_key
from forecaster.adapters.published_vintages import PublishedVintages
from tests.catalogues import catalogue

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
HERE = ("127.0.0.1", 40000)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def app(store: PublishedVintages, keys: KeyFile) -> FastAPI:
    """The service, and an address beside that changes something."""
    app = create_app(vintages=store, catalogue=catalogue(), keys=keys)

    @app.post("/changes", dependencies=[scope("write")])
    async def change() -> str:
        return "changed"

    return app


def client(app: FastAPI, *, base_url: str = "http://127.0.0.1:8000", peer: tuple[str, int] = HERE) -> TestClient:
    return TestClient(app, base_url=base_url, client=peer, raise_server_exceptions=False)


def test_without_keys_reading_is_open_and_changing_is_not(app: FastAPI) -> None:
    read, change = client(app).get("/v1/sectors"), client(app).post("/changes")

    assert (read.status_code, change.status_code) == (200, 401)
    assert change.headers["www-authenticate"] == 'Bearer realm="sectorcast"'
    assert change.json()["type"] == "/problems/key-needed"


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_the_key_of_the_first_start_changes(app: FastAPI, tmp_path: Path, header: str) -> None:
    make_first_key(tmp_path / "api-key")
    secret = (tmp_path / "api-key").read_text().strip()

    answer = client(app).post("/changes", headers={header: secret if header == "X-API-Key" else f"Bearer {secret}"})

    assert answer.status_code == 200


def test_a_key_without_the_scope_is_told_which_it_needs(app: FastAPI, keys: KeyFile) -> None:
    secret = keys.add("ana", scopes=("read", "operate"), now=NOW)

    answer = client(app).post("/changes", headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 403
    assert answer.headers["www-authenticate"].endswith('error="insufficient_scope", scope="write"')
    problem = answer.json()
    assert (problem["type"], problem["key"], problem["scopes"]) == (
        "/problems/scope-missing", "ana", ["read", "operate"],
    )  # fmt: skip  # one fact a line tells no more


def test_a_revoked_key_is_refused_without_a_restart(app: FastAPI, keys: KeyFile) -> None:
    secret = keys.add("ana", scopes=("write",), now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    before = client(app).post("/changes", headers=headers)

    keys.revoke("ana")
    after = client(app).post("/changes", headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)
    assert after.headers["www-authenticate"] == 'Bearer realm="sectorcast", error="invalid_token"'
    assert secret not in after.text


@pytest.mark.parametrize("credentials", ["Bearer", "Bearer ", "Basic YTpi", "sectorcast_x", ""])
def test_other_credentials_are_no_key(app: FastAPI, credentials: str) -> None:
    assert client(app).post("/changes", headers={"Authorization": credentials}).status_code == 401


def test_a_wrong_key_is_refused_even_where_reading_is_open(app: FastAPI) -> None:
    assert client(app).get("/v1/sectors", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize(
    ("base_url", "peer", "headers", "opens"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", {}, True),
        ("http://localhost:8000", "127.0.0.1", {}, True),
        ("http://[::1]:8000", "::1", {}, True),
        ("http://192.168.1.5:8000", "192.168.1.7", {}, False),  # from another machine
        ("http://localhost:8000", "192.168.1.7", {}, False),  # whatever it calls this one
        ("http://evil.example:8000", "127.0.0.1", {}, False),  # a name that a web page points here
        ("http://127.0.0.1:8000", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),  # a proxy on this machine
        ("http://127.0.0.1:8000", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
    ],
)
def test_with_keys_only_the_machine_itself_reads_without_one(
    app: FastAPI, keys: KeyFile, *, base_url: str, peer: str, headers: dict[str, str], opens: bool
) -> None:
    keys.add("ana", scopes=("read",), now=NOW)

    answer = client(app, base_url=base_url, peer=(peer, 40000)).get("/v1/sectors", headers=headers)

    assert answer.status_code == (200 if opens else 401)


@pytest.mark.parametrize(
    "host", ["", "[", "[::1", "localhost:8000:1", "localhost.evil.example", "127.0.0.1@evil.example"]
)
def test_a_host_that_names_nothing_here_is_not_this_machine(app: FastAPI, keys: KeyFile, host: str) -> None:
    keys.add("ana", scopes=("read",), now=NOW)

    assert client(app).get("/v1/sectors", headers={"Host": host}).status_code == 401


def test_a_key_with_scope_read_reads_from_elsewhere(app: FastAPI, keys: KeyFile) -> None:
    secret = keys.add("ana", scopes=("read",), now=NOW)
    elsewhere = client(app, base_url="http://forecasts.example", peer=("192.168.1.7", 40000))

    answer = elsewhere.get("/v1/sectors", headers={"Authorization": f"bearer {secret}"})

    assert answer.status_code == 200


def test_health_and_the_page_itself_need_no_key(app: FastAPI, keys: KeyFile) -> None:
    keys.add("ana", scopes=("read",), now=NOW)
    elsewhere = client(app, base_url="http://forecasts.example", peer=("192.168.1.7", 40000))

    answers = [
        elsewhere.get(path).status_code
        for path in ("/healthz", "/readyz", "/", "/operate", "/docs", "/static/page.css")
    ]

    assert answers == [200] * 6


def test_a_page_of_another_site_changes_nothing(app: FastAPI) -> None:
    """It can send a form and be pointed here by name, but not the header with the key."""
    rebound = client(app, base_url="http://evil.example:8000")

    form = rebound.post("/changes", data={"a": "b"}, headers={"Origin": "http://evil.example"})
    asked_first = rebound.options(
        "/changes",
        headers={
            "Origin": "http://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )

    assert form.status_code == 401
    assert "access-control-allow-origin" not in asked_first.headers


def test_keys_that_cant_be_read_let_nobody_in(app: FastAPI, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")

    answer = client(app).get("/v1/sectors")

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/bad-key-file")
