"""XLSX workbooks as tables, once it is sure that they unfold to no more than a table of figures does."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from forecaster.adapters.sheet_sizes import SheetSize, TooLarge
from forecaster.adapters.tables import Line, Table, check_length, check_width
from forecaster.domain.errors import BadReportFile

LARGEST = 256 << 20  # bytes of all parts of a workbook, unpacked
MOST_PARTS = 2_000
OTHERS = ("content.xml", "mimetype", "xl/workbook.bin")
"""Parts of other formats that the reader of sheets would read, too."""

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    *(OSError, EOFError, ValueError, LookupError, struct.error),
)
"""What zipfile raises on broken, encrypted or exotic archives, and the count of sizes on broken sheets."""

UNREADABLE = "is no XLSX that can be read. Save it again, or as CSV."


def workbook_table(stream: BinaryIO, *, file: str) -> Table:
    """The table on the only sheet of a workbook that holds anything; of formulas, the values that were saved.

    Raises:
        BadReportFile: no XLSX, one that unfolds to too much, or several sheets that hold something.
    """
    import fastexcel  # noqa: PLC0415 -- only XLSX needs it

    _check(stream, file=file)
    stream.seek(0)
    try:
        reader = fastexcel.read_excel(stream.read())
        sheets = [
            (name, reader.load_sheet(name, dtypes="string", header_row=None, skip_rows=0).to_polars())
            for name in reader.sheet_names
        ]
    except fastexcel.FastExcelError as error:
        raise BadReportFile(file=file, what=UNREADABLE) from error
    filled = [(name, sheet) for name, sheet in sheets if sheet.height] or sheets[:1]
    if len(filled) != 1:
        named = ", ".join(name for name, _ in filled)
        what = f"has several sheets ({named}), and only one can be meant. Save that one by itself, or as CSV."
        raise BadReportFile(file=file, what=what)
    sheet = filled[0][1]
    check_width(sheet.width, file=file)
    check_length(sheet.height, file=file)

    def rows() -> Iterator[Line]:
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            if any(cells):
                yield line, cells

    return Table(rows)


def _check(stream: BinaryIO, *, file: str) -> None:
    """Unpack every part once, in small pieces, and count what a reader will hold."""
    size = SheetSize()
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            odd = any(part.filename in OTHERS or part.compress_type not in PACKED for part in parts)
            if len(parts) > MOST_PARTS or odd:
                raise BadReportFile(file=file, what=UNREADABLE)
            unpacked = sum(part.file_size for part in parts)
            if unpacked > LARGEST:
                raise TooLarge(f"{unpacked:,} bytes unpacked, over {LARGEST:,}")
            # Texts first: cells refer to them.
            for part in sorted(parts, key=lambda part: "sharedstrings" not in part.filename.lower()):
                with archive.open(part) as content:
                    size.add(content, name=part.filename)
    except TooLarge as error:
        raise BadReportFile(file=file, what=f"holds {error}. Keep the table alone, or save it as CSV.") from error
    except BROKEN as error:
        raise BadReportFile(file=file, what=UNREADABLE) from error
