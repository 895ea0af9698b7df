"""Formats that an answer can come in, chosen by `?format=` or `Accept`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from fastapi import Request

from forecaster.domain.errors import FormatNotOffered

JSON, CSV = "application/json", "text/csv"
PARQUET, ARROW = "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"
NDJSON = "application/x-ndjson"

Format = Literal["json", "csv", "parquet", "arrow", "ndjson"]
MEDIA: Mapping[str, str] = {"json": JSON, "csv": CSV, "parquet": PARQUET, "arrow": ARROW, "ndjson": NDJSON}
TABLES = (CSV, PARQUET, ARROW, NDJSON)
"""Formats that hold rows of one width."""

ENDINGS = {CSV: "csv", PARQUET: "parquet", ARROW: "arrows", NDJSON: "ndjson"}


def choose_format(request: Request, *, asked: str | None, offered: Sequence[str] = tuple(MEDIA.values())) -> str:
    """The media type to answer with: `?format=` first, then `Accept`; the first one offered where all is welcome.

    Args:
        request: its header `Accept` is read.
        asked: key of MEDIA, or None.
        offered: media types, the preferred one first.

    Raises:
        FormatNotOffered: nothing of what is accepted is offered.
    """
    if asked is not None:
        return MEDIA[asked]
    accept = request.headers.get("accept", "*/*")
    accepted = list(weighted(accept))
    refused = {name for name, quality in accepted if quality <= 0}
    for name, quality in sorted(accepted, key=lambda entry: -entry[1]):
        for media in offered:
            if quality > 0 and media not in refused and name in (media, media.split("/")[0] + "/*", "*/*"):
                return media
    raise FormatNotOffered(asked=accept, offered=tuple(offered))


def attachment(media: str, *, name: str) -> Mapping[str, str]:
    """The header that names the file of a table; none for JSON."""
    if media not in ENDINGS:
        return {}
    safe = "".join(sign if (sign.isascii() and sign.isalnum()) or sign in ".-_@" else "_" for sign in name)
    return {"Content-Disposition": f'attachment; filename="{safe}.{ENDINGS[media]}"'}


def weighted(header: str) -> Iterator[tuple[str, float]]:
    """What a header such as `Accept` lists, each with its quality, as RFC 9110, 12.4.2 says."""
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            yield name, float(quality)
        except ValueError:
            yield name, 0.0
