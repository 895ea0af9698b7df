"""Frames as the bytes of a table: CSV, Parquet, an Arrow stream or JSON lines, part by part in bounded memory."""

import io
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

import polars as pl
from polars.io.plugins import register_io_source

from api.formats import ARROW, CSV, NDJSON, PARQUET

BLOCK = 1 << 18  # bytes of a file that are sent at a time
ROW_GROUP = 1 << 17  # rows
CONTINUATION = 8  # bytes before the metadata of an Arrow message, and the whole of the message that ends a stream

Frames = Iterable[pl.DataFrame]


def table_parts(frames: Frames, *, schema: pl.Schema, media: str) -> Iterator[bytes]:
    """The bytes of a table.

    Args:
        frames: its rows, in frames of `schema`; perhaps none.
        schema: names and types of its columns.
        media: one of `formats.TABLES`.
    """
    return WRITERS[media](frames, schema)


def _csv(frames: Frames, schema: pl.Schema) -> Iterator[bytes]:
    """A CSV as RFC 4180 has it."""
    yield pl.DataFrame(schema=schema).write_csv(line_terminator="\r\n").encode()
    for frame in frames:
        yield frame.write_csv(include_header=False, line_terminator="\r\n").encode()


def _json_lines(frames: Frames, schema: pl.Schema) -> Iterator[bytes]:  # noqa: ARG001  # the signature of a writer
    for frame in frames:
        yield frame.write_ndjson().encode()


def _arrow(frames: Frames, schema: pl.Schema) -> Iterator[bytes]:
    """One Arrow stream: the schema once, the batches of every frame, the end.

    Polars writes whole streams. Of each, the schema before its batches and the end behind them are left out.
    """
    opening = _stream(pl.DataFrame(schema=schema))
    # "Arrow Columnar Format", section "Encapsulated message format"; a schema has no body.
    head = CONTINUATION + struct.unpack_from("<i", opening, 4)[0]
    yield opening[:head]
    for frame in frames:
        yield _stream(frame)[head:-CONTINUATION]
    yield opening[-CONTINUATION:]


def _stream(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # Views of strings are newer than many readers; the oldest layout is read by all.
    frame.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def _parquet(frames: Frames, schema: pl.Schema) -> Iterator[bytes]:
    """A Parquet file ends with what its reader begins with, so it is made in an anonymous file and then sent."""
    rows = register_io_source(lambda *_: iter(chain(frames, ())), schema=schema)
    with tempfile.TemporaryFile(prefix="sectorcast-") as file:
        rows.sink_parquet(file, row_group_size=ROW_GROUP)
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


WRITERS: Mapping[str, Callable[[Frames, pl.Schema], Iterator[bytes]]] = {
    CSV: _csv,
    NDJSON: _json_lines,
    ARROW: _arrow,
    PARQUET: _parquet,
}
