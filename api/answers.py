"""Answers to reads: whether the caller has it already, how it is packed, how long it may be kept."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.cursors import read_cursor
from api.encodings import choose_encoding, gzipped
from api.formats import JSON
from api.served import ServedVintages
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.vintage import Issue

REVALIDATE = "no-cache"  # caches keep it and ask each time: a 304 costs next to nothing, a new vintage shows at once
VARY = "Accept, Accept-Encoding"
OFFERED = "sectorcast.digest"
"""Where a request's scope holds the digest of the vintage that its answer is made of, and of nothing that changes."""
IMMUTABLE = "private, max-age=31536000, immutable"  # no shared cache: it may have taken a key to get it


def vintages_of(request: Request) -> ServedVintages:
    """The store of the application that a request came to."""
    store: ServedVintages = request.app.state.vintages
    return store


def vintage_of(request: Request, *, at: datetime | None = None) -> OpenVintage:
    """The vintage in service, now or at an instant. Raises as `ServedVintages` does."""
    store = vintages_of(request)
    return store.in_service_at(at) if at else store.current()


def begun(request: Request, cursor: str | None, *, at: datetime | None = None) -> tuple[OpenVintage, str]:
    """The vintage that a list began with, and the id that it goes on behind ("": at its beginning).

    Args:
        request: to the application.
        cursor: of the page before; None for the first page.
        at: the instant asked for with the first page; the others stay with its vintage.
    """
    if cursor is None:
        return vintage_of(request, at=at), ""
    vintage_id, after = read_cursor(cursor)
    return vintages_of(request).find(vintage_id), after


def fresh(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is true now and may not be in a moment."""
    extra = {"Cache-Control": "no-store", **(headers or {})}
    return Response(json_bytes(content), status_code=status, media_type=JSON, headers=extra)


def answer(
    request: Request,
    *,
    vintage: OpenVintage,
    build: Callable[[], bytes | Iterator[bytes]],
    media: str = JSON,
    caching: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer out of one vintage; where the caller has it already, 304 and nothing is built.

    Args:
        request: its address and query are part of the tag.
        vintage: what the answer is read from.
        build: makes the body; an iterator of parts is streamed.
        media: type of the body.
        caching: the header Cache-Control.
        headers: further headers.
    """
    issued = vintage.issue.issued_at
    if "as_of" not in request.query_params:  # what was in service at an instant to come will change
        request.scope[OFFERED] = vintage.digest
    return tagged(
        request, digest=vintage.digest, changed=issued, build=build, media=media, caching=caching, headers=headers
    )


def tagged(
    request: Request,
    *,
    digest: str,
    changed: datetime,
    build: Callable[[], bytes | Iterator[bytes]],
    media: str = JSON,
    caching: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer out of whatever a digest names; where the caller has it already, 304 and nothing is built.

    Args:
        request: its address and query are part of the tag.
        digest: names all that the answer is made of, beside the code.
        changed: when that last changed, with a zone.
        build: makes the body; an iterator of parts is streamed.
        media: type of the body.
        caching: the header Cache-Control.
        headers: further headers.
    """
    encoding = choose_encoding(request, media=media)
    tag = _tag(request, digest=digest, media=media, encoding=encoding)
    all_headers = {
        **(headers or {}),
        "ETag": tag,
        "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True),
        "Cache-Control": caching,
        "Vary": VARY,
    }
    if holds(request.headers.get("if-none-match"), tag=tag):
        return Response(status_code=304, headers=all_headers)
    return packed(build(), media=media, encoding=encoding, headers=all_headers)


def digest_of(current: OpenVintage, issues: Iterable[Issue]) -> str:
    """Names the vintage in service and all that are kept; none is ever altered, so that their ids are enough."""
    ids = [current.digest, *(issue.vintage_id for issue in issues)]
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def packed(
    body: bytes | Iterator[bytes], *, media: str, encoding: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    """A body in the encoding that was chosen; an iterator of parts is streamed.

    Args:
        body: as it is without an encoding.
        media: type of the body.
        encoding: as `choose_encoding` gives it.
        headers: further headers.
    """
    named = {**(headers or {}), **({"Content-Encoding": encoding} if encoding else {})}
    if isinstance(body, bytes):
        whole = b"".join(gzipped(iter([body]))) if encoding else body
        return Response(whole, media_type=media, headers=named)
    return StreamingResponse(gzipped(body) if encoding else body, media_type=media, headers=named)


def json_bytes(content: Any) -> bytes:
    """JSON of plain values; instants end in Z."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _tag(request: Request, *, digest: str, media: str, encoding: str | None) -> str:
    parts = (request.app.state.revision, media, encoding or "", request.url.path, request.url.query)
    shape = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest[:16]}-{shape[:16]}"'


def holds(header: str | None, *, tag: str) -> bool:
    """Whether If-None-Match names the tag; compared weakly, as RFC 9110, 13.1.2 asks."""
    if header is None:
        return False
    return header in (tag, "*") or tag in (part.strip().removeprefix("W/") for part in header.split(","))
