"""Alerts to test with, and a receiver of webhooks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from forecaster.domain.alerts import JOB_FAILED, Alert, make_alert

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def alert(kind: str = JOB_FAILED, occasion: str = "1", **about: str) -> Alert:
    told = about or {"job": "job-1"}
    return make_alert(kind, about=told, occasion=occasion, at=NOW, text="It broke.", evidence={"n": 1}, link="/v1/jobs")


@dataclass
class Receiver:
    """What came over HTTP, and what is answered in turn; the last answer stays. None: none, until it is let go."""

    answers: list[int | None]
    port: int = 0
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        self.came.append((headers, body))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.asked.set()
        if status is None:
            self.let_go.wait(60)
        return status or 503


@contextmanager
def receiving(*answers: int | None) -> Iterator[Receiver]:
    receiver = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.answer({name.lower(): value for name, value in self.headers.items()}, body)
            try:
                self.send_response(status)
                self.end_headers()
            except OSError:  # the sender was killed meanwhile
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.let_go.set()
            server.shutdown()
            thread.join()
