"""What a request may send, how long it may take, and what it is told beyond that."""

import json
from typing import Annotated

import pytest
from fastapi import Body, FastAPI, Request
from starlette.testclient import TestClient

from api.app import Surroundings, create_app
from api.limits import Limits
from api.protocol import PatientProtocol
from forecaster.adapters.published_vintages import PublishedVintages
from tests.api.serving import begin, say, serving
from tests.catalogues import catalogue

PROBLEM = "application/problem+json"


@pytest.fixture
def limits() -> Limits:
    return Limits(body_bytes=100, seconds=0.3, by_path={"/large": 1000})


@pytest.fixture
def app(store: PublishedVintages, limits: Limits) -> FastAPI:
    """The service with small limits, and addresses beside that take bodies in three ways."""
    app = create_app(vintages=store, catalogue=catalogue(), surroundings=Surroundings(limits=limits))

    @app.post("/parsed")
    async def parsed(words: Annotated[list[str], Body()]) -> int:
        return len(words)

    @app.post("/large")
    async def large(request: Request) -> int:
        return len(await request.body())

    @app.post("/streamed")
    async def streamed(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


@pytest.mark.parametrize("path", ["/parsed", "/streamed", "/v1/forecasts"])
def test_a_body_that_announces_too_much_is_refused_unread(client: TestClient, path: str) -> None:
    answer = client.post(path, content=b"[" + b" " * 200 + b"]")

    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["type"] == "/problems/body-too-large"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/parsed", "/streamed"])
def test_a_body_of_unknown_length_is_refused_where_it_becomes_too_large(client: TestClient, path: str) -> None:
    answer = client.post(path, content=iter([b"x" * 10] * 20), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["most"]) == (413, 100)


def test_an_address_may_have_a_bound_of_its_own(client: TestClient) -> None:
    within, beyond = client.post("/large", content=b"x" * 1000), client.post("/large", content=b"x" * 1001)

    assert (within.status_code, within.json(), beyond.status_code) == (200, 1000, 413)


def test_a_body_within_bounds_is_taken_as_before(client: TestClient) -> None:
    assert client.post("/parsed", json=["a", "b"]).json() == 2


@pytest.mark.parametrize("path", ["/parsed", "/streamed", "/large"])
def test_a_body_that_does_not_come_is_given_up(app: FastAPI, path: str) -> None:
    with serving(app) as port:
        answer = say(port, head(path, "Content-Length: 50", "Content-Type: application/json") + b"[")

    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in top.lower()
    assert json.loads(body)["type"] == "/problems/body-too-slow"


def test_slow_bodies_do_not_keep_others_waiting(app: FastAPI) -> None:
    with serving(app) as port:
        slow = [begin(port, head("/parsed", "Content-Length: 50")) for _ in range(60)]  # more than threads
        answer = say(port, b"GET /v1/sectors HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for connection in slow:
            connection.close()

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_head_that_does_not_end_is_given_up(app: FastAPI) -> None:
    class Hurried(PatientProtocol):
        head_seconds = 0.2

    with serving(app, http=Hurried) as port:
        silent = say(port, b"")
        trickling = say(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        whole = say(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert (silent, trickling) == (b"", b"")
    assert whole.startswith(b"HTTP/1.1 200 ")


def test_a_head_that_is_too_large_is_refused(app: FastAPI) -> None:
    class Narrow(PatientProtocol):
        head_bytes = 1000

    with serving(app, http=Narrow) as port:
        answer = say(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 2000)
        within = say(
            port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + b"x" * 800 + b"\r\n\r\n"
        )
        body = say(port, head("/large", "Content-Length: 1000", "Connection: close") + b"x" * 1000)

    top, _, said = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 431 ")
    assert json.loads(said)["type"] == "/problems/head-too-large"
    assert within.startswith(b"HTTP/1.1 200 ")
    assert body.startswith(b"HTTP/1.1 200 ")


def test_one_connection_too_many_is_told_to_try_again(app: FastAPI) -> None:
    class Small(PatientProtocol):
        most_connections = 2

    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with serving(app, http=Small) as port:
        held = [begin(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(2)]
        first = [connection.recv(65536) for connection in held]
        refused = say(port, asked)
        for connection in held:
            connection.close()
        later = refused
        while later.startswith(b"HTTP/1.1 503 "):  # until the service has noticed that they are closed
            later = say(port, asked)

    top, _, said = refused.partition(b"\r\n\r\n")
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in first)
    assert top.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 30" in top.lower()
    assert json.loads(said)["type"] == "/problems/busy"
    assert later.startswith(b"HTTP/1.1 200 ")


def test_what_is_no_request_is_answered_with_a_problem(app: FastAPI) -> None:
    with serving(app) as port:
        answer = say(port, b"hello\r\n\r\n")

    top, _, said = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said)["type"] == "/problems/bad-head"


def test_empty_lines_between_requests_keep_no_connection_open(app: FastAPI) -> None:
    class Hurried(PatientProtocol):
        head_seconds = 0.2

    with serving(app, http=Hurried) as port, begin(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") as held:
        first = held.recv(65536)
        held.sendall(b"\r\n")
        while held.recv(65536):  # the rest of the answer, until the service closes
            pass

    assert first.startswith(b"HTTP/1.1 200 ")


def test_other_sites_may_ask_only_where_the_settings_name_them(store: PublishedVintages) -> None:
    asked = {"Origin": "https://board.example"}
    named = create_app(
        vintages=store, catalogue=catalogue(), surroundings=Surroundings(origins=("https://board.example",))
    )
    plain = create_app(vintages=store, catalogue=catalogue())

    allowed = TestClient(named).get("/v1/sectors", headers=asked)
    other = TestClient(named).get("/v1/sectors", headers={"Origin": "https://evil.example"})
    unnamed = TestClient(plain).get("/v1/sectors", headers=asked)

    assert allowed.headers["access-control-allow-origin"] == "https://board.example"
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in unnamed.headers
