"""Parquet files as tables."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import polars as pl

from forecaster.adapters.tables import Line, Table, check_length, check_width
from forecaster.domain.errors import BadReportFile

PART = 50_000


def parquet_table(stream: BinaryIO, *, file: str) -> Table:
    """The table of a Parquet file; its rows are numbered from 1, and numbers, days and instants written out.

    Raises:
        BadReportFile: no Parquet that can be read, or too many rows or columns.
    """
    with _reading(file):
        stream.seek(0)
        frame = pl.scan_parquet(stream)
        schema = frame.collect_schema()
        check_width(len(schema), file=file)
        check_length(frame.select(pl.len()).collect().item(), file=file)
    return Table(lambda: _rows(stream, schema, file=file))


def _rows(stream: BinaryIO, schema: pl.Schema, *, file: str) -> Iterator[Line]:
    yield 0, schema.names()
    naive = [name for name, kind in schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone is None]
    times = pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%z")
    at = 0
    while True:
        with _reading(file):
            stream.seek(0)
            part = pl.scan_parquet(stream).slice(at, PART).collect()
            zoned = part.with_columns(pl.col(naive).dt.replace_time_zone("UTC"))
            text = zoned.with_columns(times).cast(pl.String, strict=False)
        yield from enumerate(text.iter_rows(), start=at + 1)
        at += part.height
        if part.height < PART:
            return


@contextmanager
def _reading(file: str) -> Iterator[None]:
    """A broken file as one error: Polars raises errors of its own, or panics, and its threads print their stacks."""
    try:
        with _unprinted(b"panicked at"):
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        what = f"is no Parquet that can be read: {str(error)[:200]}."
        raise BadReportFile(file=file, what=what) from error


@contextmanager
def _unprinted(sign: bytes) -> Iterator[None]:
    """Standard error, that of foreign threads included, held back meanwhile and dropped if it holds the sign."""
    try:
        original = os.dup(2)
    except OSError:  # closed: nobody is told anything
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            printed = held.read()
            if printed and sign not in printed:
                os.write(2, printed)
