"""Report files to begin with, one of each format and notation."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from tests.adapters.workbook import workbook

COLUMNS = (
    "series_id",
    "period_start",
    "period_end",
    "basis",
    "value",
    "unit",
    "growth",
    "released_at",
    "status",
    "note",
)
ROWS: Sequence[Sequence[str | None]] = (
    ("ev.production.CN", "2026-07", "2026-07", "month", "1309000", "vehicles", "3.5", "2026-08-15", "preliminary", "x"),
    ("ev.production.CN", "2026-01", "2026-08", "ytd", "943.7", "10k vehicles", None, "2026-09", None, "统计局"),
    ("battery.capacity.CN", "2026/8/1", "2026-08-31", "level", "1e3", "GWh", None, None, None, None),
)
PRINTED = (
    ("2026年8月份主要产品产量", None, None, None, None),
    ("指标", "当月", None, "累计", None),
    (None, "绝对量", "同比增长（%）", "绝对量", "同比增长（%）"),
    ("新能源汽车（vehicles）", "1330000", "22.7", "9629000", "31.4"),
)


def text(rows: Sequence[Sequence[str | None]], *, separator: str = ",") -> str:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


SHEET = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="e"><v>#REF!</v></c></row>'
    '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" t="str"><f>A1</f></c></row>'
)


def formulas() -> bytes:
    """A workbook with a formula, a shared text, an error and a truth value."""
    shared = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>value</t></si></sst>'
    return repacked({"xl/sharedStrings.xml": shared}, sheet=SHEET)


def repacked(extra: dict[str, str], *, sheet: str) -> bytes:
    """The smallest workbook with another sheet, and further parts."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["x"]]))) as old,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                part = part[: part.index("<sheetData>")] + f"<sheetData>{sheet}</sheetData></worksheet>"
            if name.endswith("workbook.xml.rels") and extra:
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
                part = part.replace("</Rel", f'<Relationship Id="r2" Type="{kind}" Target="sharedStrings.xml"/></Rel')
            new.writestr(name, part)
        for name, part in extra.items():
            new.writestr(name, part)
    return content.getvalue()


def _parquet() -> bytes:
    plain = dict(zip(COLUMNS, zip(*ROWS, strict=True), strict=True))
    frame = pl.DataFrame(plain, schema=dict.fromkeys(COLUMNS, pl.String)).with_columns(
        period_end=pl.Series([date(2026, month, 31) for month in (7, 8, 8)])
    )
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def _json() -> str:
    return "\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in ROWS)


MAKERS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: text((COLUMNS, *ROWS)).encode(),
    "csv-gb18030": lambda: text((COLUMNS, *ROWS)).encode("gb18030"),
    "csv-utf-16": lambda: text((COLUMNS, *ROWS)).encode("utf-16"),
    "csv-decimal-comma": lambda: (
        text((COLUMNS, *ROWS), separator=";").replace("943.7", "943,7").replace("3.5", "3,5").encode()
    ),
    "printed": lambda: text(PRINTED).encode("gb18030"),
    "json-lines": lambda: _json().encode(),
    "json-list": lambda: b"[" + ",".join(_json().splitlines()).encode() + b"]",
    "parquet": _parquet,
    "xlsx": lambda: workbook([COLUMNS, *ROWS]),
    "xlsx-printed": lambda: workbook(PRINTED),
    "xlsx-formulas": formulas,
}
"""Bytes of each file, by a name."""
