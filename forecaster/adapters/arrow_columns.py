"""Fixed-width columns of an Arrow IPC file, read in place from the memory map.

Polars 2 copies a file as it reads it; a copy of every forecast in every worker is what this module
spares. It follows "Arrow Columnar Format", section "IPC File Format", for one uncompressed batch.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

import polars as pl

MAGIC = b"ARROW1"
FIXED = {pl.Float64(): "d", pl.Int32(): "i", pl.Date(): "i", pl.UInt32(): "I"}
"""Data types that can be read in place -> how `memoryview.cast` calls them."""


class ArrowColumns:
    """The fixed-width columns of one file of one record batch, without nulls."""

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            ValueError: it is no such file.
        """
        schema = pl.read_ipc_schema(path)
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        view = memoryview(self._map)
        if view[-6:] != MAGIC:
            raise ValueError("it is no Arrow IPC file")
        self._columns: dict[str, memoryview[float]] = {}
        blocks = _blocks(view)
        if len(blocks) > 1:
            raise ValueError(f"it holds {len(blocks)} record batches; one was expected")
        for block in blocks:
            self._columns.update(_columns(view, block=block, schema=pl.Schema(schema)))

    def read(self, name: str, *, start: int, count: int) -> list[float]:
        """Values of `count` rows of a column from row `start` on; dates are days since 1970-01-01."""
        return list(self._columns[name][start : start + count]) if count else []


class _Table:
    """A table of a FlatBuffers message: fields found through its vtable."""

    def __init__(self, view: memoryview, at: int) -> None:
        self.view, self.at = view, at
        self._vtable = at - struct.unpack_from("<i", view, at)[0]
        self._size = struct.unpack_from("<H", view, self._vtable)[0]

    def place(self, field: int) -> int | None:
        """Where a field's value lies; None where it is not set."""
        slot = 4 + 2 * field
        if slot >= self._size:
            return None
        offset = struct.unpack_from("<H", self.view, self._vtable + slot)[0]
        return self.at + offset if offset else None

    def target(self, field: int) -> int | None:
        """Where the table or vector that a field points to lies."""
        at = self.place(field)
        return None if at is None else at + int(struct.unpack_from("<I", self.view, at)[0])

    def structs(self, field: int, *, layout: str) -> list[tuple[int, ...]]:
        """A vector of structs."""
        at = self.target(field)
        if at is None:
            return []
        count, size = struct.unpack_from("<I", self.view, at)[0], struct.calcsize(layout)
        return [struct.unpack_from(layout, self.view, at + 4 + size * row) for row in range(count)]


def _root(view: memoryview, at: int) -> _Table:
    return _Table(view, at + struct.unpack_from("<I", view, at)[0])


def _blocks(view: memoryview) -> list[tuple[int, ...]]:
    """Offset, metadata length and body length of each record batch."""
    length = struct.unpack_from("<i", view, len(view) - 10)[0]
    return _root(view, len(view) - 10 - length).structs(3, layout="<qi4xq")


def _columns(
    view: memoryview, *, block: tuple[int, ...], schema: pl.Schema
) -> Iterator[tuple[str, "memoryview[float]"]]:
    offset, metadata, _ = block
    header = _root(view, offset + 8).target(2)
    if header is None:
        raise ValueError("a record batch has no header")
    batch = _Table(view, header)
    if batch.target(3) is not None:
        raise ValueError("its record batch is compressed")
    nulls = [node[1] for node in batch.structs(1, layout="<qq")]
    buffers = batch.structs(2, layout="<qq")
    extra = iter(batch.structs(4, layout="<q"))
    at = 0
    for number, (name, kind) in enumerate(schema.items()):
        if kind == pl.String():  # validity, views, and as many data buffers as the batch says
            at += 2 + next(extra)[0]
            continue
        if kind not in FIXED or nulls[number]:
            raise ValueError(f"column {name} is not fixed-width without nulls")
        start, length = buffers[at + 1]
        body = offset + metadata + start
        yield name, view[body : body + length].cast(FIXED[kind])  # type: ignore[call-overload]  # a format from FIXED
        at += 2
