"""Compression of answers, for whoever asks for it.

It is done where the body is made, not by a middleware: a strong tag names the bytes that are sent, so it must know of
their compression before anything is built, and a thread of the pool compresses while the event loop serves others.
"""

import zlib
from collections.abc import Iterator

from fastapi import Request

from api.formats import ARROW, CSV, JSON, NDJSON, weighted

GZIP = "gzip"
LEVEL = 5  # of zlib: beyond it, forecasts shrink by 2 % more and take twice the time
SVG = "image/svg+xml"
COMPRESSIBLE = (JSON, CSV, NDJSON, ARROW, SVG)
"""Parquet and PNG are compressed already."""


def choose_encoding(request: Request, *, media: str) -> str | None:
    """`gzip` where the caller accepts it and the format gains by it, else None."""
    if media not in COMPRESSIBLE:
        return None
    accepted = dict(weighted(request.headers.get("accept-encoding", "")))
    return GZIP if accepted.get(GZIP, accepted.get("*", 0.0)) > 0 else None


def gzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts as one gzip stream; the same parts give the same bytes, since no time is written into it."""
    packing = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for part in parts:
        if packed := packing.compress(part):
            yield packed
    yield packing.flush()
