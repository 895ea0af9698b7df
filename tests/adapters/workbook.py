"""The smallest XLSX workbook: one sheet of texts and numbers."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_PARTS = {
    "[Content_Types].xml": """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>""",
    "_rels/.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="xl/workbook.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>""",
    "xl/workbook.xml": """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="figures" sheetId="1" r:id="r1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="worksheets/sheet1.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>""",
}


Rows = Sequence[Sequence[str | float | None]]


def workbook(rows: Rows, *, second: Rows | None = None) -> bytes:
    """A workbook of these rows, and perhaps of a sheet `notes` after them; null leaves a cell out."""
    parts = {**_PARTS, "xl/worksheets/sheet1.xml": _sheet(rows)}
    if second is not None:
        parts |= {name: parts[name].replace(_FIRST[name], _FIRST[name] + _again(_FIRST[name])) for name in _FIRST}
        parts["xl/worksheets/sheet2.xml"] = _sheet(second)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + part)
    return content.getvalue()


_FIRST = {
    "[Content_Types].xml": """<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>""",
    "xl/workbook.xml": '<sheet name="figures" sheetId="1" r:id="r1"/>',
    "xl/_rels/workbook.xml.rels": """<Relationship Id="r1" Target="worksheets/sheet1.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>""",
}
"""What names the first sheet, by part."""


def _again(naming: str) -> str:
    for first, second in (("sheet1", "sheet2"), ("figures", "notes"), ('sheetId="1"', 'sheetId="2"'), ("r1", "r2")):
        naming = naming.replace(first, second)
    return naming


def _sheet(rows: Rows) -> str:
    lines = "".join(
        f'<row r="{at}">{"".join(_cell(chr(65 + column), at, value) for column, value in enumerate(row))}</row>'
        for at, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{lines}</sheetData></worksheet>'


def _cell(column: str, row: int, value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{column}{row}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{column}{row}"><v>{value}</v></c>'
