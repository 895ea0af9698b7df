"""What is told of each request: a line of the log, a count, a time, and the headers that name it."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import FACTS
from api.metrics import Metrics
from api.tracing import Trace, Tracer, current, said

log = logging.getLogger("sectorcast.requests")
QUIET = {"/healthz", "/readyz", "/metrics"}  # asked every few seconds by machines
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FAILED = 500


class Telemetry:
    """Stands around every request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracer: Tracer) -> None:
        self.app, self.metrics, self.tracer = app, metrics, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and tell of it when its answer is whole, or failed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace = self.tracer(said(scope["headers"]))
        current.set(trace)  # never reset: the answer to a failure is made after this has ended, in the same task
        scope.setdefault("state", {})
        began, status = time.perf_counter(), FAILED

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *trace.raw_headers()]
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            self._tell(scope, status=status, seconds=time.perf_counter() - began, trace=trace)

    def _tell(self, scope: Scope, *, status: int, seconds: float, trace: Trace) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        kept = trace.trace_id if trace.flags == "01" else None
        self.metrics.count(route=route, method=method, status=status, seconds=seconds, trace_id=kept)
        level = logging.DEBUG if route in QUIET else logging.INFO
        if not log.isEnabledFor(level):
            return
        facts = {
            "method": method,
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "route": route,
            "status": status,
            "seconds": round(seconds, 6),
            "client": scope["client"][0] if scope.get("client") else None,
            "key": scope["state"].get("key"),
        }
        # Not by `log.log`: that walks the stack for the place of this line, which takes as long as the look-up itself.
        record = logging.LogRecord(log.name, level, __file__, 0, "%s %s %d", (method, scope["path"], status), None)
        setattr(record, FACTS, facts)
        log.handle(record)
