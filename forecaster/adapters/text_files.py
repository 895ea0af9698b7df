"""CSV and JSON files as tables; read from the stream as they are needed, never whole but for a JSON list."""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from forecaster.adapters.tables import Line, Table, check_length, check_width
from forecaster.domain.errors import BadReportFile

SEPARATORS = ",;\t"
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
BLOCK = 1 << 20
LONGEST_LINE = 1 << 20  # characters of one line of JSON
LARGEST_LIST = 16 << 20  # bytes of JSON that is one list: it can't be read in parts


def csv_table(stream: BinaryIO, *, file: str) -> Table:
    """The table of a CSV file: comma, semicolon or tab; UTF-8, UTF-16 or GB18030.

    Raises:
        BadReportFile: no text in these encodings. While rows are read: no CSV, or too many rows or columns.
    """
    encoding = _encoding(stream, file=file)
    with _Text(stream, encoding) as text:
        top = text.read(BLOCK).splitlines()
    # A title above the table holds none.
    first = next((line for line in top if any(mark in line for mark in SEPARATORS)), "")
    separator = max(SEPARATORS, key=first.count)
    return Table(lambda: _csv_rows(stream, encoding, separator, file=file), comma_may_be_decimal=separator != ",")


def _csv_rows(stream: BinaryIO, encoding: str, separator: str, *, file: str) -> Iterator[Line]:
    with _Text(stream, encoding) as text:
        reader = csv.reader(text, delimiter=separator, strict=True)
        begins = 1
        try:
            for count, cells in enumerate(reader):
                check_width(len(cells), file=file)
                check_length(count, file=file)
                if any(cells):
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise BadReportFile(file=file, what=f"line {reader.line_num} is no CSV: {error}.") from error


def json_table(stream: BinaryIO, *, file: str) -> Table:
    """The table of JSON: an object a line, or one list of objects; their keys are the header.

    Raises:
        BadReportFile: neither, or a list that is too large, or too many rows or keys.
    """
    encoding = _encoding(stream, file=file)
    keys: dict[str, None] = {}
    for count, (_, item) in enumerate(_objects(stream, encoding, file=file), start=1):
        keys.update(dict.fromkeys(item))
        check_width(len(keys), file=file)
        check_length(count, file=file)
    header = list(keys)

    def rows() -> Iterator[Line]:
        yield 0, header
        for at, item in _objects(stream, encoding, file=file):
            yield at, [_cell(item.get(key)) for key in header]

    return Table(rows)


def _objects(stream: BinaryIO, encoding: str, *, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with _Text(stream, encoding) as text:
        listed = text.read(BLOCK).lstrip().startswith("[")
    for at, found in _list(stream, encoding, file=file) if listed else _lines(stream, encoding, file=file):
        if not isinstance(found, dict):
            raise BadReportFile(file=file, what="every item must be an object with the columns as its keys.")
        yield at, found


def _list(stream: BinaryIO, encoding: str, *, file: str) -> Iterator[tuple[int, Any]]:
    size = stream.seek(0, io.SEEK_END)
    if size > LARGEST_LIST:
        what = f"is one JSON list of {size:,} bytes, over {LARGEST_LIST:,}. Write an object a line instead."
        raise BadReportFile(file=file, what=what)
    with _Text(stream, encoding) as text:
        found = _parsed(text.read(), file=file)
    if isinstance(found, list):
        yield from enumerate(found, start=1)


def _lines(stream: BinaryIO, encoding: str, *, file: str) -> Iterator[tuple[int, Any]]:
    with _Text(stream, encoding) as text:
        for at, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), start=1):
            if len(line) == LONGEST_LINE:
                raise BadReportFile(file=file, what=f"line {at} is longer than {LONGEST_LINE:,} characters.")
            if line.strip():
                yield at, _parsed(line, file=file)


def _parsed(text: str, *, file: str) -> Any:
    try:
        # Numbers stay as they are written: the file's own digits are what is judged.
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise BadReportFile(file=file, what=f"is no JSON, nor JSON line by line: {error}.") from error
    except RecursionError as error:
        raise BadReportFile(file=file, what="is JSON nested too deeply: write plain objects.") from error


def _cell(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _encoding(stream: BinaryIO, *, file: str) -> str:
    stream.seek(0)
    top = stream.read(3)
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if top.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        if _decodes(stream, encoding):
            return encoding
    what = "is neither XLSX nor Parquet nor text in UTF-8 or GB18030. Save it as CSV in UTF-8."
    raise BadReportFile(file=file, what=what)


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while block := stream.read(BLOCK):
            if "\0" in decoder.decode(block):
                return False  # UTF-16 without its mark, or no text at all
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Text:
    """A stream's text from its start; leaves the stream open."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        stream.seek(0)
        self._text = io.TextIOWrapper(stream, encoding=encoding, newline="")

    def __enter__(self) -> io.TextIOWrapper:
        return self._text

    def __exit__(self, *_: object) -> None:
        if not self._text.closed:  # a reading that was broken off may end after its stream
            self._text.detach()
