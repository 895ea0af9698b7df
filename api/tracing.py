"""Which request is being answered: its id and its place in a trace (W3C Trace Context, level 1)."""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import NamedTuple

PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
TRACED = (b"traceparent", b"x-request-id")
NO_TRACE, NO_SPAN = "0" * 32, "0" * 16


class Trace(NamedTuple):
    """One request in a trace."""

    request_id: str
    trace_id: str
    span_id: str  # of this service's part
    parent_id: str | None  # of the caller's
    flags: str

    @property
    def traceparent(self) -> str:
        """The header that hands the trace on."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def headers(self) -> dict[str, str]:
        """The headers of an answer that name its request."""
        return {"X-Request-ID": self.request_id, "traceparent": self.traceparent}

    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The same as ASGI has them."""
        return (b"x-request-id", self.request_id.encode()), (b"traceparent", self.traceparent.encode())


Tracer = Callable[[Mapping[str, str]], Trace]
"""Makes the trace of a request from its headers."""

current: ContextVar[Trace | None] = ContextVar("current", default=None)
"""The trace of the request that is being answered, for whatever is logged meanwhile."""


def said(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """What a request says of its trace: those of its headers, as ASGI has them, that `trace_of` reads."""
    return {name.decode(): value.decode("latin-1") for name, value in headers if name in TRACED}


def trace_of(headers: Mapping[str, str]) -> Trace:
    """The trace that a request belongs to: the caller's, or a new one.

    Args:
        headers: of the request, by lower-case names.
    """
    parent = parent_of(headers.get("traceparent", ""))
    chance = secrets.token_hex(40)  # asked for once: each time is a call to the kernel
    trace_id, parent_id, flags = parent or (chance[:32], None, "00")
    asked = headers.get("x-request-id", "")
    return Trace(
        request_id=asked if REQUEST_ID.fullmatch(asked) else chance[32:64],
        trace_id=trace_id,
        span_id=chance[64:],
        parent_id=parent_id,
        flags=flags,
    )


def parent_of(header: str) -> tuple[str, str, str] | None:
    """Trace id, span id and flags of a header `traceparent`; None where it says nothing (3.2.2, 3.2.3)."""
    found = PARENT.fullmatch(header.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, further = found.groups()
    if version == "ff" or (version == "00" and further) or trace_id == NO_TRACE or span_id == NO_SPAN:
        return None
    return trace_id, span_id, "01" if int(flags, 16) & 1 else "00"
