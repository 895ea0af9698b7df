"""A table as it stands in a file: rows of text, read as often as needed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from forecaster.domain.errors import BadReportFile

MOST_ROWS = 5_000_000
MOST_COLUMNS = 200

Line = tuple[int, Sequence[str | None]]
"""The number of a line or row in its file, and its cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file that hold anything, the header among them; `rows` starts from the top at each call."""

    rows: Callable[[], Iterator[Line]]
    comma_may_be_decimal: bool = False  # a text file whose cells are parted by something else


def check_width(width: int, *, file: str) -> None:
    """Refuse a table of more columns than any report file has.

    Raises:
        BadReportFile: too many.
    """
    if width > MOST_COLUMNS:
        raise BadReportFile(file=file, what=f"has {width:,} columns, over {MOST_COLUMNS}. Keep those that are known.")


def check_length(rows: int, *, file: str) -> None:
    """Refuse a table of more rows than are taken in at once.

    Raises:
        BadReportFile: too many.
    """
    if rows > MOST_ROWS:
        raise BadReportFile(file=file, what=f"has over {MOST_ROWS:,} rows. Split it.")
