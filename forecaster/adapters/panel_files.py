"""Panels of one's own in CSV or Parquet: read part by part, and written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from forecaster.adapters.store_faults import reaching
from forecaster.domain.errors import BadPanel
from forecaster.domain.panel_rows import COLUMNS, check_columns

PARQUET = ".parquet"
ENDINGS = (".csv", PARQUET)
"""Of files that forecasts are written to."""

PART = 500_000
"""Rows of a Parquet file read at a time."""

BLOCK = 8 * 2**20
"""Bytes of a CSV read at a time: two or three hundred thousand rows."""

PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x01", b"\x78\x9c", b"\x78\xda")
"""How gzip, zstd and zlib begin: such a CSV is read at once."""

TYPES: dict[str, pl.DataType] = {"unique_id": pl.String(), "y": pl.Float64()}


def panel_parts(file: Path, *, block: int = BLOCK, part: int = PART) -> Iterator[pl.DataFrame]:
    """Rows of a file, some at a time; at least one frame, of the same types each.

    Args:
        file: Parquet by its ending, else CSV.
        block: bytes of a CSV read at a time.
        part: rows of a Parquet file read at a time.

    Raises:
        BadPanel: it is not there, or can't be read; of a CSV, which line has no number in y.
    """
    try:
        yield from _parquet(file, part=part) if file.suffix == PARQUET else _csv(file, block=block)
    except FileNotFoundError:
        raise BadPanel(file=str(file), what="is not there.") from None
    except IsADirectoryError:
        raise BadPanel(file=str(file), what="is a folder.") from None
    except PermissionError:
        raise BadPanel(file=str(file), what="can't be read: let this user read it.") from None
    except pl.exceptions.PolarsError as error:
        raise BadPanel(file=str(file), what=f"can't be read: {str(error).splitlines()[0]}") from error


def is_device(file: Path) -> bool:
    """Whether it is a pipe or a terminal, which can be written, but not replaced."""
    return file.exists() and not file.is_file()


def ending_of(file: Path) -> str:
    """What a file ends in, or what it is a link to."""
    endings = [path.suffix for path in (file, file.resolve())]
    return next((ending for ending in endings if ending in ENDINGS), endings[0])


def write_panel(found: pl.LazyFrame, *, file: Path) -> None:
    """Write forecasts as Parquet by the ending (`ending_of`), else as CSV: beside the file first, then moved.

    Raises:
        PlaceUnusable: the folder is full, or can't be written.
    """
    place = file.resolve()
    into = is_device(file)
    beside = Path(tempfile.gettempdir() if into else place.parent) / f".{file.name}.{os.getpid()}"
    with reaching(f"The folder of the forecasts, {place.parent},", elsewhere="--out"):
        try:
            with beside.open("xb") as draft:  # by its path, a sink that failed may make the file after it was removed
                found.sink_parquet(draft) if ending_of(file) == PARQUET else found.sink_csv(draft)
            _pour(beside, file) if into else _move(beside, place)
        finally:
            beside.unlink(missing_ok=True)


def _pour(file: Path, device: Path) -> None:
    with file.open("rb") as written, device.open("wb") as target:
        shutil.copyfileobj(written, target)


def _move(file: Path, place: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
    file.replace(place)


def _parquet(file: Path, *, part: int) -> Iterator[pl.DataFrame]:
    frame = pl.scan_parquet(file)
    check_columns(frame.collect_schema().names(), file=str(file))
    at, height = 0, part
    while height == part:
        rows = frame.select(COLUMNS).slice(at, part).collect()
        at, height = at + part, rows.height
        if height or at == part:
            yield rows


def _csv(file: Path, *, block: int) -> Iterator[pl.DataFrame]:
    with file.open("rb") as stream:
        if stream.read(4).startswith(PACKED):
            yield pl.read_csv(file, schema_overrides=TYPES)
            return
        stream.seek(0)
        yield from _blocks(stream, file=str(file), block=block)


def _blocks(stream: BinaryIO, *, file: str, block: int) -> Iterator[pl.DataFrame]:
    """Whole lines at a time, each under the header; the types are those that the first ones tell."""
    header, types, before = stream.readline(), dict(TYPES), 1
    named = header.decode("utf-8-sig", errors="replace").strip()
    if named and "," not in named:  # with another separator, the lines below may not even be read
        check_columns([named], file=file)
    held, ended = b"", False
    while not ended:
        read = stream.read(block)
        ended = not read
        held += read
        cut = len(held) if ended else _last_end(held)
        lines, held = held[:cut], held[cut:]
        if not lines and not (ended and before == 1):
            continue
        rows = _rows(header + lines, types=types, file=file, before=before)
        types = dict(rows.schema)
        before += lines.count(b"\n")
        yield rows


def _last_end(text: bytes) -> int:
    """Where the last line ends that is whole: a line's end within quotes is none."""
    end = text.rfind(b"\n") + 1
    while text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end


def _rows(text: bytes, *, types: dict[str, pl.DataType], file: str, before: int) -> pl.DataFrame:
    try:
        return pl.read_csv(BytesIO(text), schema_overrides=types)
    except pl.exceptions.ComputeError:
        _tell_line(text, file=file, before=before)
        raise


def _tell_line(text: bytes, *, file: str, before: int) -> None:
    """Raise the error of the first line whose y is no number, if it is that."""
    rows = pl.read_csv(BytesIO(text), infer_schema=False).with_row_index("line", offset=before + 1)
    if "y" not in rows.columns:
        return
    wrong = rows.filter(pl.col("y").is_not_null() & pl.col("y").cast(pl.Float64, strict=False).is_null())
    if not wrong.is_empty():
        line, y = wrong.select("line", "y").row(0)
        raise BadPanel(file=file, what=f"has {y!r} for y in line {line}: that is no number.")
