"""Tables as bureaus print them, a row a product, unfolded into rows of a report file by a declared layout."""

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forecaster.domain.errors import BadReportFile
from forecaster.domain.reports import GROWTH, VALUE

MONTH, YTD, JAN_FEB = "month", "ytd", "jan-feb"
TOP = 20  # rows among which the header must begin
MOST_LINES = 10_000
NOTHING = frozenset(("", "-", "--", "—", "——", "…", "...", "/"))

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_PERIODS = (
    re.compile(r"(?P<year>20\d\d|19\d\d)年(?:1[-—–~至])?(?P<month>1[0-2]|0?[1-9])月"),
    re.compile(r"(?<!\d)(?P<year>20\d\d|19\d\d)[-/](?P<month>1[0-2]|0[1-9])(?!\d)"),
)
_ENGLISH = re.compile(rf"(?P<name>{'|'.join(_NAMES)})(?P<year>20\d\d|19\d\d)")
_BRACKETED = re.compile(r"^(?P<name>.*)\((?P<unit>[^()]*)\)$")

Lines = Sequence[tuple[int, Sequence[str | None]]]
"""Numbers of lines and their cells."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one body prints a table. Headings are compared without spaces, case and full-width forms."""

    name: str
    source: str
    product: tuple[str, ...]  # headings of the column that names the products
    month: tuple[str, ...]  # headings of the columns of the month; {month} stands for its number
    ytd: tuple[str, ...]  # of the columns from January to the month
    value: tuple[str, ...]  # headings below those: the figure
    growth: tuple[str, ...]  # and its growth over a year earlier
    unit: tuple[str, ...] = ()  # headings of the column of units; without one, units stand in brackets behind names
    jan_feb: bool = False  # the total of January and February is stated as jan-feb
    products: Mapping[str, str] = field(default_factory=dict)  # folded name -> series_id


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Rows by columns of a report file, with their line, and what the layout does not know."""

    rows: tuple[dict[str, str | int | None], ...]
    left_out: tuple[str, ...]  # products, and columns by their headings


@dataclass(frozen=True, slots=True)
class _Header:
    at: int  # index of its first row
    depth: int  # 1 or 2 rows
    product: int
    unit: int | None
    cells: Mapping[tuple[str, str], int]  # (basis, value or growth) -> column
    months: frozenset[int]  # that its headings name
    unknown: tuple[str, ...]  # headings that say no figure of the layout


def folded(text: str | None) -> str:
    """A heading or name without what printers vary: spaces, case, full-width forms, kinds of dashes."""
    plain = unicodedata.normalize("NFKC", text or "").lower()
    return re.sub(r"\s+", "", plain).translate(str.maketrans("—–~至", "----"))


def fits(layout: Layout, lines: Lines) -> bool:
    """Whether the head of a table is that of a layout."""
    return _header(layout, lines[:TOP]) is not None


def unfold(layout: Layout, lines: Lines, *, period: str | None, file: str) -> Unfolded:
    """The rows that a printed table states.

    Args:
        layout: how it is printed.
        lines: all of it, titles included.
        period: YYYY-MM; None where the table names it, in a title or in a header.
        file: for errors.

    Returns:
        For each product of the layout a row for the month and a row for the total, as far as a figure stands there.

    Raises:
        BadReportFile: the header is not there, or the period is not clear.
    """
    header = _header(layout, lines[:TOP])
    if header is None:
        wanted = ", ".join((*layout.product[:1], *layout.month[:1], *layout.ytd[:1], *layout.value[:1]))
        raise BadReportFile(file=file, what=f"has no header of layout {layout.name!r}: {wanted}.")
    if len(lines) > MOST_LINES:
        raise BadReportFile(file=file, what=f"has over {MOST_LINES:,} rows, too many for layout {layout.name!r}.")
    when = period or _period([cells for _, cells in lines[: header.at + header.depth]], file=file)
    if header.months - {int(when[-2:])}:
        named = ", ".join(map(str, sorted(header.months)))
        raise BadReportFile(file=file, what=f"has columns of month {named}, and its period is {when}. Mend --period.")
    rows: list[dict[str, str | int | None]] = []
    left_out = [f"column {heading!r}" for heading in header.unknown]
    for line, cells in lines[header.at + header.depth :]:
        name, unit = _product(cells, header=header, layout=layout)
        series_id = layout.products.get(folded(name))
        if series_id is not None:
            told: dict[str, str | int | None] = {"line": line, "series_id": series_id, "unit": unit}
            told["source"] = layout.source
            rows += [{**told, **row} for row in _stated(cells, header=header, period=when, jan_feb=layout.jan_feb)]
        elif any(_cell(cells, at) not in NOTHING for at in header.cells.values()):
            left_out.append(name)
    return Unfolded(tuple(rows), tuple(left_out))


def _header(layout: Layout, lines: Lines) -> _Header | None:
    for at, (_, cells) in enumerate(lines):
        product = _column(cells, layout.product)
        if product is None:
            continue
        below = lines[at + 1][1] if at + 1 < len(lines) else ()
        # Headings go on in a row that names no product; then a span alone does not say that its value is meant.
        goes_on = any(below) and not _cell(below, product)
        shapes = ((1, (), False), (2, below, False), *(() if goes_on else ((1, (), True),)))
        for depth, second, bare in shapes:
            figures = list(_figures(layout, cells, second, bare=bare))
            found = {(basis, kind): column for basis, kind, column, _ in figures}
            is_clear = len({figure[:3] for figure in figures}) == len(found)
            if is_clear and any(kind == VALUE for _, kind in found):
                months = frozenset(month for *_, month in figures if month is not None)
                unit = _column(cells, layout.unit)
                known = {product, unit, *found.values()}
                return _Header(at, depth, product, unit, found, months, tuple(_unknown(cells, second, known=known)))
    return None


def _unknown(
    upper: Sequence[str | None], lower: Sequence[str | None], *, known: Collection[int | None]
) -> Iterator[str]:
    for at in range(max(len(upper), len(lower))):
        heading = " ".join(part for part in (_cell(upper, at), _cell(lower, at)) if part)
        if heading and at not in known:
            yield heading


def _figures(
    layout: Layout, upper: Sequence[str | None], lower: Sequence[str | None], *, bare: bool
) -> Iterator[tuple[str, str, int, int | None]]:
    """Basis, kind and column of each figure that the headings announce, and the month that they name.

    A `bare` heading says the span alone, and means its value.
    """
    spans = [(basis, folded(name)) for basis, names in ((MONTH, layout.month), (YTD, layout.ytd)) for name in names]
    kinds = [(kind, folded(name)) for kind, names in ((VALUE, layout.value), (GROWTH, layout.growth)) for name in names]
    grows = {name for kind, name in kinds if kind == GROWTH}
    kinds = [(VALUE, "")] if bare else kinds
    above = ""
    beside: list[str] = []  # bases of the values in the columns just before
    for at, cell in enumerate(upper):
        above = folded(cell) or above
        if above in grows and not lower:
            if len(beside) == 1:  # beside two values it is not clear whose growth it is
                yield beside[0], GROWTH, at, None
            beside = []
            continue
        before, beside = beside, []
        heading = folded(cell) if bare else above + (folded(lower[at]) if at < len(lower) else "")
        for (basis, span), (kind, name) in itertools.product(spans, kinds):
            match = re.fullmatch(re.escape(span + name).replace(r"\{month\}", r"(1[0-2]|0?[1-9])"), heading)
            if match is not None:
                beside = [*before, basis] if kind == VALUE else []
                yield basis, kind, at, int(match[1]) if match.groups() else None


def _column(cells: Sequence[str | None], names: Sequence[str]) -> int | None:
    wanted = {folded(name) for name in names}
    return next((at for at, cell in enumerate(cells) if folded(cell) in wanted), None)


def _period(rows: Sequence[Sequence[str | None]], *, file: str) -> str:
    text = "\n".join(folded(cell) for cells in rows for cell in cells)
    found = {f"{match['year']}-{int(match['month']):02}" for one in _PERIODS for match in one.finditer(text)}
    found |= {f"{match['year']}-{_NAMES.index(match['name']) + 1:02}" for match in _ENGLISH.finditer(text)}
    if len(found) == 1:
        return found.pop()
    named = f"names several periods ({', '.join(sorted(found))})" if found else "does not name its period"
    raise BadReportFile(file=file, what=f"{named}. Say which with --period YYYY-MM.")


def _product(cells: Sequence[str | None], *, header: _Header, layout: Layout) -> tuple[str, str | None]:
    """Name and unit; a unit in brackets is parted from the name, brackets that belong to the name are not."""
    name = _cell(cells, header.product)
    if header.unit is not None:
        return name, _cell(cells, header.unit) or None
    bracketed = _BRACKETED.match(unicodedata.normalize("NFKC", name))
    if bracketed is None or folded(name) in layout.products:
        return name, None
    return bracketed["name"].strip(), bracketed["unit"].strip()


def _stated(
    cells: Sequence[str | None], *, header: _Header, period: str, jan_feb: bool
) -> Iterator[dict[str, str | None]]:
    year, _, month = period.partition("-")
    for basis in (MONTH, YTD):
        value, growth = (_figure(cells, header.cells.get((basis, kind))) for kind in (VALUE, GROWTH))
        if value is None and growth is None:
            continue
        first = period if basis == MONTH else f"{year}-01"
        both = basis == YTD and jan_feb and month == "02"
        yield {
            "basis": JAN_FEB if both else basis,
            "period_start": first,
            "period_end": period,
            "value": value,
            "growth": growth,
        }


def _figure(cells: Sequence[str | None], at: int | None) -> str | None:
    text = "" if at is None else _cell(cells, at)
    return None if text in NOTHING else text


def _cell(cells: Sequence[str | None], at: int) -> str:
    return (cells[at] or "").strip() if at < len(cells) else ""
