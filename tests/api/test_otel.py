"""Traces to a collector, which here is a server of the test's own."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.main import build
from forecaster.domain.errors import BadSetting

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(HTTPServer):
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.got: list[tuple[str, bytes]] = []
        self.told = threading.Event()


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.told.set()
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the vendor's
        """Nothing on the terminal."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as taking:
        thread = threading.Thread(target=taking.serve_forever)
        thread.start()
        yield taking
        taking.shutdown()
        thread.join()


def test_a_collector_without_the_extra_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path))
    monkeypatch.setenv("SECTORCAST_OTEL_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.fastapi", None)

    with pytest.raises(BadSetting, match=r"sectorcast\[otel\]"):
        build()


def test_a_request_is_a_span_of_the_callers_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="the extra otel is not installed")
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path))
    monkeypatch.setenv("SECTORCAST_OTEL_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")

    with TestClient(build(), raise_server_exceptions=False) as client:
        answer = client.get("/v1/sectors", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
        assert collector.told.wait(30)

    _, trace, span, flags = answer.headers["traceparent"].split("-")
    path, sent = collector.got[0]
    assert (trace, flags, path) == (TRACE, "01", "/v1/traces")
    assert bytes.fromhex(TRACE) in sent
    assert bytes.fromhex(span) in sent
    assert b"/v1/sectors" in sent
