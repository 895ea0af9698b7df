"""Report files as rows of text: CSV, XLSX, Parquet and JSON, told apart by their content."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from forecaster.domain.errors import BadReportFile
from forecaster.domain.submission import ROWS

SYNONYMS = {"source_body": "source", "published": "released_at", "yoy_pct": "growth"}
"""Other names of columns."""

SEPARATORS = ",;\t"
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

Line = tuple[int, Sequence[str | None]]


def read_rows(content: bytes, *, file: str) -> pl.DataFrame:
    """The rows of a report file.

    Args:
        content: CSV (UTF-8, UTF-16 or GB18030; comma, semicolon or tab), XLSX (its first sheet), Parquet, or JSON
            (lines or one list).
        file: its name, for errors.

    Returns:
        The ROWS columns. `line` is the line of a CSV or JSON file, the row of a sheet, the number of a Parquet row.

    Raises:
        BadReportFile: none of these formats, a column that is unknown, missing or double, or no rows.
    """
    if content.startswith(b"PK\x03\x04"):
        header, lines = _xlsx(content, file=file)
    elif content.startswith(b"PAR1"):
        header, lines = _parquet(content, file=file)
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        header, lines = _json(content, file=file)
    else:
        header, lines = _csv(content, file=file)
    return _frame(_columns(header, file=file), lines, file=file)


def _csv(content: bytes, *, file: str) -> tuple[list[str], Iterator[Line]]:
    text = _decoded(content, file=file)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count), strict=True)
    header = next(reader, [])

    def lines() -> Iterator[Line]:
        begins = reader.line_num + 1
        for cells in _readable(reader, file=file):
            if any(cells):
                if len(cells) != len(header):
                    what = (
                        f"line {begins} has {len(cells)} cells, the header {len(header)}. Quote cells that hold commas."
                    )
                    raise BadReportFile(file=file, what=what)
                yield begins, cells
            begins = reader.line_num + 1

    return header, lines()


def _readable(reader: Any, *, file: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise BadReportFile(file=file, what=f"line {reader.line_num} is no CSV: {error}.") from error


def _decoded(content: bytes, *, file: str) -> str:
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadReportFile(
        file=file, what="is neither XLSX nor Parquet nor text in UTF-8 or GB18030. Save it as CSV in UTF-8."
    )


def _xlsx(content: bytes, *, file: str) -> tuple[list[str], Iterator[Line]]:
    import fastexcel  # noqa: PLC0415 -- only XLSX needs it

    try:
        sheet = fastexcel.read_excel(content).load_sheet(0, dtypes="string", header_row=None)
    except fastexcel.FastExcelError as error:
        raise BadReportFile(file=file, what="is no XLSX that can be read. Save it again, or as CSV.") from error
    rows = list(sheet.to_polars().iter_rows())
    header = [cell or "" for cell in rows[0]] if rows else []
    return header, ((line, row) for line, row in enumerate(rows[1:], start=2) if any(row))


def _parquet(content: bytes, *, file: str) -> tuple[list[str], Iterator[Line]]:
    try:
        frame = pl.read_parquet(content)
    except pl.exceptions.PolarsError as error:
        raise BadReportFile(file=file, what=f"is no Parquet that can be read: {error}.") from error
    times = pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%z")
    naive = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone is None]
    text = (
        frame.with_columns(pl.col(naive).dt.replace_time_zone("UTC")).with_columns(times).cast(pl.String, strict=False)
    )
    return text.columns, enumerate(text.iter_rows(), start=1)


def _json(content: bytes, *, file: str) -> tuple[list[str], Iterator[Line]]:
    text = _decoded(content, file=file).strip()
    try:
        if text.startswith("["):
            found = list(enumerate(json.loads(text), start=1))
        else:
            found = [(at, json.loads(line)) for at, line in enumerate(text.splitlines(), start=1) if line.strip()]
    except json.JSONDecodeError as error:
        raise BadReportFile(file=file, what=f"is no JSON, nor JSON line by line: {error}.") from error
    if not all(isinstance(item, dict) for _, item in found):
        raise BadReportFile(file=file, what="every item must be an object with the columns as its keys.")
    header = list(dict.fromkeys(key for _, item in found for key in item))
    return header, ((at, [_text(item.get(key)) for key in header]) for at, item in found)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _columns(header: Iterable[str], *, file: str) -> list[str]:
    plain = [name.strip().lower() for name in header]
    names = [SYNONYMS.get(name, name) for name in plain]
    known = [name for name in ROWS if name != "line"]
    for written, name in zip(plain, names, strict=True):
        if name not in known:
            near = get_close_matches(name, [*known, *SYNONYMS], n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}. Rename or remove it."
            raise BadReportFile(file=file, what=f"column {written!r} is unknown. {hint}")
        if names.count(name) > 1:
            raise BadReportFile(file=file, what=f"column {name!r} is there twice. Remove one.")
    _complete(names, file=file)
    return names


def _complete(names: Sequence[str], *, file: str) -> None:
    missing = [name for name in ("period_start", "period_end", "basis", "unit") if name not in names]
    if "value" not in names and "growth" not in names:
        missing.append("value")
    if "series_id" not in names:
        missing += [name for name in ("sector", "measure", "region") if name not in names]
    if missing:
        raise BadReportFile(file=file, what=f"has no column {', '.join(missing)}. Add what is missing.")


def _frame(columns: list[str], lines: Iterable[Line], *, file: str) -> pl.DataFrame:
    rows = [(line, *cells) for line, cells in lines]
    if not rows:
        raise BadReportFile(file=file, what="has no rows.")
    given = pl.DataFrame(rows, schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)}, orient="row")
    cells = [pl.col(name).str.strip_chars().replace("", None) for name in columns]
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in ROWS.items() if name not in given.columns]
    return given.with_columns(*cells, *absent).select(*ROWS)
