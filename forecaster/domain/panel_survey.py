"""How the periods of anybody's panel follow each other, told from some of its series at a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta

import polars as pl

from forecaster.domain.errors import BadPanel
from forecaster.domain.months import month_numbers

GAPS = pl.Schema({"gap": pl.Int64(), "times": pl.Int64()})


@dataclass(frozen=True, slots=True)
class Form:
    """The dates of a panel."""

    step: str | timedelta | int  # from one period to the next: months as "3mo", a span of time, or a whole number
    month_ends: bool = False  # every ds is the last day of its month


USUAL_SEASONS: dict[object, int] = {timedelta(days=7): 52, timedelta(days=1): 7, timedelta(hours=1): 24}
"""Periods of the season that dates of other steps than months usually have."""


def doubtful_season(form: Form, *, season: int) -> str | None:
    """What speaks against a season, told for a person; None where nothing does or the dates tell nothing."""
    step = form.step
    months = int(step.removesuffix("mo")) if isinstance(step, str) else 0
    usual = 12 // months if months and 12 % months == 0 else USUAL_SEASONS.get(step) if not months else None
    if usual in (None, season):
        return None
    apart = f"{months} month{'s' if months > 1 else ''}" if months else str(step).removesuffix(", 0:00:00")
    return f"dates are {apart} apart, which usually makes a season of {usual} periods; --season is {season}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that can't be used: how many, and the first."""

    name: str = ""
    at: str = ""
    rows: int = 0

    def and_(self, other: "Fault") -> "Fault":
        """Those of series before, and of others after them."""
        first = self if self.rows else other
        return Fault(first.name, first.at, self.rows + other.rows)


@dataclass(frozen=True, slots=True)
class Survey:
    """What some series tell about their dates."""

    whole_numbers: bool = False
    faults: dict[str, Fault] = field(default_factory=dict)
    gaps: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GAPS))  # of time, or of whole numbers
    months: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GAPS))  # the same in months
    days: frozenset[int] = frozenset()  # of the month
    times: frozenset[time] = frozenset()  # of the day; a few are enough to tell that there are several
    apart: bool = True  # no two periods of a series lie in one month
    month_ends: bool = True

    def and_(self, other: "Survey") -> "Survey":
        """What these series tell, and others after them."""
        return Survey(
            other.whole_numbers,
            {what: self.faults.get(what, Fault()).and_(fault) for what, fault in other.faults.items()},
            _added(self.gaps, other.gaps),
            _added(self.months, other.months),
            self.days | other.days,
            frozenset(sorted(self.times | other.times)[:2]),
            self.apart and other.apart,
            self.month_ends and other.month_ends,
        )

    @property
    def by_month(self) -> bool:
        """Whether periods lie on one day of the month, or all on its last, at one time of the day, and months apart."""
        return (
            not self.whole_numbers and self.apart and len(self.times) == 1 and (len(self.days) == 1 or self.month_ends)
        )


def surveyed(rows: pl.DataFrame) -> Survey:
    """What some series tell.

    Args:
        rows: unique_id, ds (a date, an instant or a whole number), y; all rows of each series, sorted by unique_id, ds.
    """
    faults = {what: _fault(rows.filter(wrong)) for what, wrong in _WRONG.items()}
    if rows.schema["ds"].is_integer():
        return Survey(whole_numbers=True, faults=faults, gaps=_counted(rows, pl.col("ds").diff()))
    ds = pl.col("ds")
    of_day = ds.dt.time() if rows.schema["ds"] == pl.Datetime else pl.lit(time())
    month = rows.select("unique_id", month=ds.dt.month_start().dt.date())
    return Survey(
        faults=faults,
        gaps=_counted(rows, _MICROSECONDS),
        months=_counted(rows, _MONTHS),
        days=frozenset(rows["ds"].dt.day().drop_nulls().unique()),
        times=frozenset(rows.select(of_day.alias("time"))["time"].drop_nulls().unique().sort().head(2)),
        apart=not month.is_duplicated().any(),
        month_ends=bool(rows.select((ds == ds.dt.month_end()).all()).item()),
    )


def form_of(survey: Survey, *, rows: Callable[[], Iterable[pl.DataFrame]], file: str) -> Form:
    """How the periods of a panel follow each other.

    Args:
        survey: of all its series.
        rows: what was surveyed, once more; only looked at to name a hole.
        file: named in errors.

    Raises:
        BadPanel: rows that can't be used, or a hole; names the series.
    """
    for what, fault in survey.faults.items():
        if fault.rows:
            told = f"series {fault.name} has {what} (at {fault.at}), {fault.rows} rows in all."
            raise BadPanel(file=file, what=told)
    if survey.whole_numbers:
        return Form(_only(survey.gaps, gap=pl.col("ds").diff(), rows=rows, file=file, told=_in_numbers) or 1)
    if survey.by_month:
        months = _only(survey.months, gap=_MONTHS, rows=rows, file=file, told=_in_months) or 1
        return Form(f"{months}mo", survey.month_ends)
    found = _only(survey.gaps, gap=_MICROSECONDS, rows=rows, file=file, told=_span)
    return Form(timedelta(microseconds=found) if found else timedelta(days=1))


_WRONG = {
    "a ds that is missing or no date (YYYY-MM-DD or YYYY-MM)": pl.col("ds").is_null(),
    "a y that is missing or no finite number": pl.col("y").is_null() | ~pl.col("y").is_finite(),
    "two rows for one ds": pl.struct("unique_id", "ds").is_duplicated(),
}
_MICROSECONDS = pl.col("ds").diff().dt.total_microseconds()
_MONTHS = month_numbers("ds").diff()


def _fault(found: pl.DataFrame) -> Fault:
    if found.is_empty():
        return Fault()
    said = found["said" if "said" in found.columns else "ds"][0]
    return Fault(found["unique_id"][0], "nothing" if said is None else str(said), found.height)


def _counted(rows: pl.DataFrame, gap: pl.Expr) -> pl.DataFrame:
    gaps = rows.select(gap=gap.over("unique_id").cast(pl.Int64)).drop_nulls()
    return gaps.group_by("gap").agg(times=pl.len().cast(pl.Int64))


def _added(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([one, other]).group_by("gap").agg(pl.col("times").sum())


def _only(
    gaps: pl.DataFrame,
    *,
    gap: pl.Expr,
    rows: Callable[[], Iterable[pl.DataFrame]],
    file: str,
    told: Callable[[int], str],
) -> int | None:
    """The distance that all neighbours have; None where no series has two periods."""
    if gaps.is_empty():
        return None
    usual = int(gaps.sort("times", "gap", descending=[True, False])["gap"][0])
    if gaps.height == 1:
        return usual
    for part in rows():
        odd = part.filter(gap.over("unique_id") != usual)
        if not odd.is_empty():
            break
    name, at = odd.row(0)[:2]
    what = f"series {name} has a hole before {at}: periods follow each other by {told(usual)}."
    raise BadPanel(file=file, what=f"{what} Fill the missing ones in.")


def _in_numbers(count: int) -> str:
    return f"{count}, since ds are whole numbers (dates are written YYYY-MM-DD or YYYY-MM)"


def _in_months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def _span(microseconds: int) -> str:
    return str(timedelta(microseconds=microseconds)).removesuffix(", 0:00:00")
