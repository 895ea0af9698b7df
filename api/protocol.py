"""HTTP/1.1 as uvicorn speaks it, with bounds for the head of a request, for which uvicorn has none."""

import asyncio
from http import HTTPStatus

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.problems import Kind, problem

BAD_HEAD = Kind(HTTPStatus.BAD_REQUEST, "bad-head", "This is no HTTP request")
BUSY = Kind(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "Too many connections are open")
HEAD_TOO_LARGE = Kind(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", "The head is too large")


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose next request does not show its whole head in time (Slowloris), or shows too much."""

    head_seconds = 10.0
    head_bytes = 32 << 10  # request line and headers
    most_connections = 512  # at once; further ones are answered 503. Half of the files that a process may usually open

    _due: asyncio.TimerHandle | None = None
    _in_body = False  # between the end of a head and the end of its body
    _in_head = False
    _held = 0  # bytes of a head that is not whole yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A connection is open: its first head is due."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Something came: the rest of the head is due, or the head is whole."""
        ends_another = self._in_body
        super().data_received(data)
        if self._in_head:
            self._held = 0 if ends_another else self._held + len(data)
            if self._held > self.head_bytes:
                self._refuse(
                    HEAD_TOO_LARGE, detail=f"Line and headers of a request may have {self.head_bytes:,} bytes."
                )
        if not self._in_body and self._due is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._in_head, self._in_body, self._held = False, True, 0
        self._stop_waiting()
        self.app = _busy if len(self.connections) > self.most_connections else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A body is whole, or there was none."""
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # as uvicorn calls it
        """Answer to what is no HTTP."""
        self._refuse(BAD_HEAD, detail="Send a request of HTTP/1.1 as RFC 9112 describes it.")

    def _refuse(self, kind: Kind, *, detail: str) -> None:
        """Answer with a problem and close: what follows can't be told from the next request."""
        answer = problem(kind, detail=detail, headers={"Connection": "close"})
        headers = b"".join(name + b": " + value + b"\r\n" for name, value in answer.raw_headers)
        self.transport.write(STATUS_LINE[kind.status] + headers + b"\r\n" + bytes(answer.body))
        self.transport.close()

    def _expect_head(self) -> None:
        self._due = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in place of the service; uvicorn's own answer is plain text."""
    answer = problem(BUSY, detail="The service answers as many as it can. Try again.", headers={"Connection": "close"})
    await answer(scope, receive, send)
