"""Answers of vintage reads: which format, and whether the caller has it already."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from email.utils import format_datetime
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.served import ServedVintages
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.errors import FormatNotOffered

JSON, CSV = "application/json", "text/csv"
MEDIA = {"json": JSON, "csv": CSV}
REVALIDATE = "no-cache"  # caches keep it and ask each time: a 304 costs next to nothing, a new vintage shows at once
IMMUTABLE = "public, max-age=31536000, immutable"


def vintages_of(request: Request) -> ServedVintages:
    """The store of the application that a request came to."""
    store: ServedVintages = request.app.state.vintages
    return store


def choose_format(request: Request, *, asked: str | None) -> str:
    """The media type to answer with: `?format=` first, then `Accept`, JSON where all is welcome.

    Raises:
        FormatNotOffered: nothing of what is accepted is offered.
    """
    if asked is not None:
        return MEDIA[asked]
    accept = request.headers.get("accept", "*/*")
    ranked = sorted(_accepted(accept), key=lambda entry: -entry[1])
    for accepted, quality in ranked:
        for media in (JSON, CSV):
            if quality > 0 and accepted in (media, media.split("/")[0] + "/*", "*/*"):
                return media
    raise FormatNotOffered(asked=accept, offered=(JSON, CSV))


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
    tag = _tag(request, vintage=vintage, media=media)
    all_headers = {
        **(headers or {}),
        "ETag": tag,
        "Last-Modified": format_datetime(vintage.issue.issued_at, usegmt=True),
        "Cache-Control": caching,
        "Vary": "Accept",
    }
    if _holds(request.headers.get("if-none-match"), tag=tag):
        return Response(status_code=304, headers=all_headers)
    body = build()
    if isinstance(body, bytes):
        return Response(body, media_type=media, headers=all_headers)
    return StreamingResponse(body, media_type=media, headers=all_headers)


def csv_attachment(media: str, *, name: str) -> Mapping[str, str]:
    """The header that names the file of a CSV; none for other media."""
    safe = "".join(sign if (sign.isascii() and sign.isalnum()) or sign in ".-_@" else "_" for sign in name)
    return {"Content-Disposition": f'attachment; filename="{safe}.csv"'} if media == CSV else {}


def json_bytes(content: Any) -> bytes:
    """JSON of plain values; instants end in Z."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _tag(request: Request, *, vintage: OpenVintage, media: str) -> str:
    parts = (request.app.state.revision, media, request.url.path, request.url.query)
    shape = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{vintage.digest[:16]}-{shape[:16]}"'


def _holds(header: str | None, *, tag: str) -> bool:
    """Whether If-None-Match names the tag; compared weakly, as RFC 9110, 13.1.2 asks."""
    if header is None:
        return False
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            yield media, float(quality)
        except ValueError:
            yield media, 0.0
