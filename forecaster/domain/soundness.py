"""What each line of a report file must satisfy; whoever breaks it is told what to write."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from forecaster.domain.catalogue import FLOW, STOCK, Catalogue
from forecaster.domain.errors import BadCatalogue, LineProblem
from forecaster.domain.months import months_between
from forecaster.domain.reports import BASES, GROWTH, VALUE

PERCENT = "%"
LARGEST = 1e15
LOWEST_GROWTH = -100.0
LONGEST = 500  # characters of a message
SHOWN = 80  # characters of a cell in a message
REASONS = ("unresolved", "inconvertible")
STATUSES = ("preliminary", "revised", "final")


@dataclass(frozen=True, slots=True)
class _Check:
    """A column, when it is wrong, and what is said then; `{}` stands for `shown`, by default the column's text."""

    column: str
    wrong: pl.Expr
    says: str
    shown: tuple[str, ...] | None = None

    def message(self) -> pl.Expr:
        shown = [self._text(name) for name in self.shown or (self.column,)]
        return pl.format(self.says, *shown) if "{}" in self.says else pl.lit(self.says)

    @staticmethod
    def _text(name: str) -> pl.Expr:
        text = pl.col(name).cast(pl.String).fill_null("nothing")
        return text if name in REASONS else text.str.head(SHOWN)


def problems_of(parsed: pl.DataFrame, *, catalogue: Catalogue, now: datetime) -> tuple[LineProblem, ...]:
    """Everything that is wrong with the lines of a file.

    Args:
        parsed: the ROWS columns as text, what `resolve` adds, and start, end, number, rate and released.
        catalogue: its units.
        now: with a zone.

    Returns:
        By line; none if the file is sound.
    """
    reasons = _inconvertible(parsed, catalogue=catalogue)
    rows = parsed.join(reasons, on=["unit", "series_unit"], how="left", nulls_equal=True, maintain_order="left")
    found = [
        LineProblem(line, check.column, what[:LONGEST])
        for check in (*_spans(), *_figures(), *_releases(now=now))
        for line, what in rows.filter(check.wrong).select("line", check.message().alias("_what")).iter_rows()
    ]
    return tuple(sorted(found, key=lambda problem: problem.line))


def _spans() -> list[_Check]:
    both = pl.col("start").is_not_null() & pl.col("end").is_not_null()
    known = pl.col("basis").is_in(BASES)
    level, stock = pl.col("basis") == "level", pl.col("series_kind") == STOCK
    whole = ("basis", "period_start", "period_end")
    return [
        _Check("series_id", pl.col("unresolved").is_not_null(), "{}", ("unresolved",)),
        _Check("period_start", pl.col("start").is_null(), "{} is no month: write YYYY-MM, or its first day."),
        _Check("period_end", pl.col("end").is_null(), "{} is no month: write YYYY-MM, or its last day."),
        _Check("basis", ~known.fill_null(value=False), f"{{}} is none of {', '.join(BASES)}."),
        _Check("basis", known & both & ~_fits(), "{} does not fit {} to {}: mend the basis or the span.", whole),
        _Check("basis", known & (level != stock), "{}: a stock is stated as level, a flow never is."),
    ]


def _fits() -> pl.Expr:
    first, length = pl.col("start").dt.month(), months_between("start", "end")
    return (
        pl.when(pl.col("basis").is_in(["month", "level"]))
        .then(length == 1)
        .when(pl.col("basis") == "quarter")
        .then((length == 3) & (first % 3 == 1))
        .when(pl.col("basis") == "jan-feb")
        .then((first == 1) & (length == 2))
        .when(pl.col("basis") == "year")
        .then((first == 1) & (length == 12))
        .otherwise((first == 1) & length.is_between(1, 12))
    )


def _figures() -> list[_Check]:
    growing = pl.col("kind") == GROWTH
    text, number = pl.col("value"), pl.col("number")
    negative = (number < 0) & ~growing & (pl.col("series_kind") == FLOW)
    unread = text.is_not_null() & number.is_null()
    fallen = (pl.col("rate") < LOWEST_GROWTH) & (pl.col("series_kind") == FLOW)
    rate_unread = pl.col("growth").is_not_null() & pl.col("rate").is_null()
    digits = "{} is no finite number, or it is not clear which: write digits and a decimal point, no other separators."
    return [
        _Check("kind", ~pl.col("kind").is_in([VALUE, GROWTH]), "{} must be value or growth."),
        _Check("value", unread, digits),
        _Check("value", text.is_null() & pl.col("growth").is_null(), "is missing."),
        _Check("value", negative, "{} is below 0, which a sum of output can't be: mend the sign."),
        _Check("growth", rate_unread, digits),
        _Check("growth", fallen, "{} is a fall by more than all there was: mend it."),
        _Check("value", growing & (number < LOWEST_GROWTH), "{} is a fall by more than all there was: mend it."),
        _Check("value", number.abs() > LARGEST, "{} is beyond any figure: mend it, or state a larger unit."),
        _Check("unit", pl.col("inconvertible").is_not_null(), "{}", ("inconvertible",)),
        _Check("unit", growing != (pl.col("unit") == PERCENT), "{}: growth is stated in %, a value never is."),
    ]


def _releases(*, now: datetime) -> list[_Check]:
    released = pl.col("released")
    early = released.dt.date() < pl.col("end")
    stated = pl.col("released_at").is_not_null()
    # A day ahead is allowed: in China it is tomorrow already.
    late = released > now + timedelta(days=1)
    both = ("released_at", "period_end")
    over = "{} is not over: a figure can't be known yet. Mend the span."
    return [
        _Check("released_at", stated & released.is_null(), "{} is no date: write YYYY-MM-DD."),
        _Check("released_at", stated & early, "{} lies before the end of the period, {}: mend one of them.", both),
        _Check("period_end", ~stated & early, over),
        _Check("released_at", late, "{} lies in the future: write when it was published."),
        _Check("status", ~pl.col("status").is_in(STATUSES), f"{{}} is none of {', '.join(STATUSES)}; or leave it out."),
    ]


def _inconvertible(parsed: pl.DataFrame, *, catalogue: Catalogue) -> pl.DataFrame:
    """Every pair of unit and series_unit, and in `inconvertible` why the one can't become the other, else null."""
    pairs = parsed.select("unit", "series_unit").unique()
    reasons = [_reason(unit, wanted, catalogue=catalogue) for unit, wanted in pairs.iter_rows()]
    return pairs.with_columns(inconvertible=pl.Series(reasons, dtype=pl.String))


def _reason(unit: str | None, wanted: str | None, *, catalogue: Catalogue) -> str | None:
    if wanted is None or unit == PERCENT:
        return None
    if unit is None:
        return f"is missing: write {wanted}, or a unit that can become it."
    try:
        catalogue.factor(unit, to=wanted)
    except BadCatalogue as error:
        return error.what
    return None
