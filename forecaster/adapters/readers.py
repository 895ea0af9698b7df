"""Report files as rows of text: CSV, XLSX, Parquet and JSON, told apart by their content."""

import io
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import BinaryIO

import polars as pl

from forecaster.adapters.parquet_files import parquet_table
from forecaster.adapters.tables import Line, Table, check_width
from forecaster.adapters.text_files import csv_table, json_table
from forecaster.adapters.workbooks import workbook_table
from forecaster.domain.errors import BadReportFile
from forecaster.domain.layouts import MOST_LINES, TOP, Layout, fits, unfold
from forecaster.domain.notation import Evidence, Notation, plain
from forecaster.domain.submission import ROWS

SYNONYMS = {
    **{"source_body": "source", "published": "released_at", "yoy_pct": "growth"},
    **{"序列": "series_id", "行业": "sector", "指标": "measure", "地区": "region", "分项": "segment", "来源": "source"},
    **{"开始月份": "period_start", "结束月份": "period_end", "口径": "basis", "类型": "kind", "数值": "value"},
    **{"单位": "unit", "同比增长(%)": "growth", "发布日期": "released_at", "状态": "status", "标题": "title"},
    **{"网址": "url", "备注": "note"},
}
"""Other names of columns."""

PART = 50_000  # rows held at a time
MOST_TEXT = 20_000  # characters of a row
NUMBERS = ("value", "growth")


@dataclass(frozen=True, slots=True)
class Reading:
    """A file being read: its rows in parts of the ROWS columns, and the printed products that no series stands for."""

    rows: Iterable[pl.DataFrame]
    left_out: tuple[str, ...] = ()


def read_file(
    stream: BinaryIO,
    *,
    file: str,
    layouts: Mapping[str, Layout] | None = None,
    layout: str | None = None,
    period: str | None = None,
) -> Reading:
    """Read a report file, or a table as a bureau prints it.

    Args:
        stream: seekable. CSV (UTF-8, UTF-16 or GB18030; comma, semicolon or tab), XLSX (its first sheet), Parquet, or
            JSON (lines or one list).
        file: its name, for errors.
        layouts: of printed tables, by name; the one whose header fits is taken.
        layout: the one to take, whether others fit or not.
        period: YYYY-MM, for a printed table that does not name it.

    Returns:
        Rows whose `line` is the line of a CSV or JSON file, the row of a sheet, the number of a Parquet row. Parts are
        read as they are asked for, once.

    Raises:
        BadReportFile: none of these formats, a column that is unknown, missing or double, or no rows; of what lies
            further down, while rows are read.
    """
    table = _table(stream, file=file)
    head = list(itertools.islice(table.rows(), TOP))
    if not any(any(cells) for _, cells in head):
        raise BadReportFile(file=file, what="has no rows, not even a header. Was it saved to its end?")
    printed = _layout(head, layouts=layouts or {}, wanted=layout, file=file)
    if printed is not None:
        lines = list(itertools.islice(table.rows(), MOST_LINES + 1))
        unfolded = unfold(printed, lines, period=period, file=file)
        if unfolded.left_out and not unfolded.rows:
            shown = ", ".join(unfolded.left_out[:TOP])
            raise BadReportFile(file=file, what=f"states nothing that layout {printed.name!r} knows: {shown}.")
        names = [name for name in ROWS if name != "line"]
        rows = [(int(row["line"] or 0), [_text(row.get(name)) for name in names]) for row in unfolded.rows]
        return Reading(_parts(lambda: iter(rows), names, table, file=file), unfolded.left_out)
    if period is not None:
        raise BadReportFile(file=file, what="is no printed table, so --period says nothing about it. Leave it out.")
    header = [cell or "" for cell in head[0][1]]
    columns = _columns(header, file=file)
    return Reading(_parts(lambda: _body(table, width=len(columns), file=file), columns, table, file=file))


def read_rows(content: bytes, *, file: str) -> pl.DataFrame:
    """All rows of a small report file at once: the ROWS columns.

    Args:
        content: as for `read_file`.
        file: its name, for errors.

    Raises:
        BadReportFile: as `read_file`.
    """
    return pl.concat(read_file(io.BytesIO(content), file=file).rows)


def content_of(top: bytes) -> str:
    """What a file is by its first 64 bytes: csv (or whatever else is text), json, parquet or xlsx."""
    if top.startswith(b"PK\x03\x04"):
        return "xlsx"
    if top.startswith(b"PAR1"):
        return "parquet"
    return "json" if top.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "csv"


def _table(stream: BinaryIO, *, file: str) -> Table:
    stream.seek(0)
    top = stream.read(64)
    if not top:
        raise BadReportFile(file=file, what="is empty. Was it downloaded or saved to its end?")
    tables = {"xlsx": workbook_table, "parquet": parquet_table, "json": json_table, "csv": csv_table}
    return tables[content_of(top)](stream, file=file)


def _layout(head: Sequence[Line], *, layouts: Mapping[str, Layout], wanted: str | None, file: str) -> Layout | None:
    if wanted is not None:
        if wanted not in layouts:
            what = f"can't be read by layout {wanted!r}; declared: {', '.join(layouts) or 'none'}."
            raise BadReportFile(file=file, what=what)
        return layouts[wanted]
    found = [one for one in layouts.values() if fits(one, head)]
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise BadReportFile(file=file, what=f"fits several layouts: {names}. Say which with --layout.")
    return found[0] if found else None


def _body(table: Table, *, width: int, file: str) -> Iterator[Line]:
    for line, cells in itertools.islice(table.rows(), 1, None):
        if len(cells) != width:
            what = f"line {line} has {len(cells)} cells, the header {width}. Quote cells that hold commas."
            raise BadReportFile(file=file, what=what)
        yield line, cells


def _columns(header: Sequence[str], *, file: str) -> list[str]:
    check_width(len(header), file=file)
    written = [unicodedata.normalize("NFKC", name).strip().lower() for name in header]
    names = [SYNONYMS.get(name, name) for name in written]
    known = [name for name in ROWS if name != "line"]
    if sum(map(bool, written)) == 1 and not set(names) & {*known}:
        title = next(filter(None, written))
        what = f"begins with {title[:80]!r}, which names no column. Remove what stands above its header."
        raise BadReportFile(file=file, what=what)
    for shown, name in zip(written, names, strict=True):
        if name not in known:
            near = get_close_matches(name[:80], [*known, *SYNONYMS], n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}. Rename or remove it."
            raise BadReportFile(file=file, what=f"column {shown[:80]!r} is unknown. {hint}")
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


def _parts(
    lines: Callable[[], Iterator[Line]], columns: Sequence[str], table: Table, *, file: str
) -> Iterator[pl.DataFrame]:
    """The rows in parts; all are passed once before, to see how their numbers are written."""
    evidence = Evidence()
    at = [columns.index(name) for name in NUMBERS if name in columns]
    empty = True
    for line, cells in lines():
        empty = False
        if sum(len(cell) for cell in cells if cell) > MOST_TEXT:
            what = f"line {line} holds over {MOST_TEXT:,} characters. Shorten its texts, or close an open quote."
            raise BadReportFile(file=file, what=what)
        evidence.see(cells[column] for column in at)
    if empty:
        raise BadReportFile(file=file, what="has no rows.")
    notation = evidence.notation(comma_may_be_decimal=table.comma_may_be_decimal)
    rest = lines()
    while part := list(itertools.islice(rest, PART)):
        yield _frame(part, columns, notation=notation, file=file)


def _frame(lines: Sequence[Line], columns: Sequence[str], *, notation: Notation, file: str) -> pl.DataFrame:
    cells = zip(*(cells for _, cells in lines), strict=True)
    try:
        given = pl.DataFrame(
            {"line": [line for line, _ in lines], **dict(zip(columns, map(list, cells), strict=True))},
            schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)},
        )
    except UnicodeEncodeError as error:
        what = "holds halves of characters (surrogates). Save it in UTF-8."
        raise BadReportFile(file=file, what=what) from error
    plain_cells = [pl.col(name).str.strip_chars().replace("", None) for name in columns]
    numbers = [plain(name, notation=notation) for name in NUMBERS if name in columns]
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in ROWS.items() if name not in given.columns]
    return given.with_columns(*plain_cells, *absent).with_columns(*numbers).select(*ROWS)


def _text(value: str | int | None) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
