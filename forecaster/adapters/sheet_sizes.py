"""How much a sheet unfolds to, counted while its XML passes by and nothing is kept."""

from typing import IO
from xml.parsers import expat

MOST_CELLS = 8_000_000  # of the rectangle from A1 to the last cell: readers hold all of it
MOST_TEXT = 256 << 20  # characters of all cells; many cells may share one text
WIDEST = 16_384
BLOCK = 1 << 16


class TooLarge(Exception):
    """A sheet unfolds to more than is read; its text says to what."""


class SheetSize:
    """Counts over the parts of one workbook, its shared texts first."""

    def __init__(self) -> None:
        self._texts: list[int] = []  # lengths of the shared texts
        self._length = 0  # of the text of the element at hand
        self._written = 0  # characters in all cells
        self._row = self._column = 0
        self._last_row = self._last_column = 0
        self._shared = False

    def add(self, content: IO[bytes], *, name: str) -> None:
        """Count one part.

        Raises:
            TooLarge: with what was added, it is too much.
            ValueError: it should be XML and is not.
        """
        xml = name.lower().endswith((".xml", ".rels"))
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        self._row = self._column = self._last_row = self._last_column = 0
        while block := content.read(BLOCK):
            if xml:
                _fed(parser, block)
        if xml:
            _fed(parser, b"", final=True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif tag == "c":
            self._place(attributes.get("r", ""))
            self._shared = attributes.get("t") == "s"
            self._length = 0
        elif tag in ("si", "v"):
            self._length = 0
            self._digits = ""
        elif tag == "Relationship":
            _check_target(attributes)

    def _place(self, at: str) -> None:
        letters = at.rstrip("0123456789")
        if letters:
            column = 0
            for letter in letters[:8].upper():
                column = 26 * column + ord(letter) - 64
            self._row, self._column = int(at[len(letters) :] or 0), column
        else:
            self._column += 1
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if self._column > WIDEST or self._last_row * self._last_column > MOST_CELLS:
            raise TooLarge(f"a sheet of {self._last_row:,} rows and {self._last_column:,} columns")

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._shared:
            self._digits = (self._digits + text)[:20]

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "si":
            self._texts.append(self._length)
        elif tag == "c":
            self._written += self._texts[int(self._digits)] if self._shared else self._length
            self._shared = False
            if self._written > MOST_TEXT:
                raise TooLarge(f"cells of over {MOST_TEXT:,} characters together")
        if tag in ("c", "si"):
            self._length = 0

    _digits = ""


def _check_target(attributes: dict[str, str]) -> None:
    kind = attributes.get("Type", "").rpartition("/")[2]
    if kind in ("worksheet", "sharedStrings", "officeDocument") and not attributes.get("Target", "").endswith(".xml"):
        raise ValueError(f"a {kind} that is no XML")


def _fed(parser: expat.XMLParserType, block: bytes, *, final: bool = False) -> None:
    try:
        parser.Parse(block, final)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
