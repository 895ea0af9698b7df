"""Dates and numbers as report files write them, as expressions over text columns."""

from datetime import UTC, datetime, time

import polars as pl

YEARS = (1900, 2200)
"""Other years are slips of the pen."""

_DATE = r"^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?"
_TIME = r"(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:?\d{2}| UTC)?)?$"


def first_day(column: str) -> pl.Expr:
    """First day of the month that a column names as `YYYY-MM` or by its first day; null where it does not."""
    day = _day(column)
    return pl.when(day.dt.day() == 1).then(day)


def last_day(column: str) -> pl.Expr:
    """Last day of the month that a column names as `YYYY-MM` or by its first or last day; null where it does not."""
    day = _day(column)
    fits = (day.dt.day() == 1) | (day == day.dt.month_end())
    return pl.when(fits).then(day.dt.month_end())


def number(column: str) -> pl.Expr:
    """A finite number written with a decimal point; null for anything else, separators of thousands included."""
    value = pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def instant(column: str, *, now: datetime) -> pl.Expr:
    """When something was published: the end of the day, month or year written, unless a time of day is.

    Args:
        column: `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or ISO 8601 with a time; UTC where no offset is written.
        now: a day, month or year that is not over counts up to here.

    Returns:
        Instants in UTC, null where the text is none of these. An instant after now lies in the future.
    """
    year = pl.col(column).str.strip_chars().str.extract(r"^(\d{4})$").cast(pl.Int32)
    day = _day(column)
    month_or_day = pl.when(vague(column)).then(day.dt.month_end()).otherwise(day)
    last = pl.when(year.is_not_null()).then(pl.date(year, 12, 31)).otherwise(month_or_day)
    first = pl.when(year.is_not_null()).then(pl.date(year, 1, 1)).otherwise(day)
    today = first <= pl.lit(now.astimezone(UTC).date())
    until = pl.when(today).then(pl.min_horizontal(end_of_day(last), now)).otherwise(end_of_day(last))
    return pl.when(_clock(column).is_null()).then(until).otherwise(_timed(column))


def end_of_day(day: pl.Expr) -> pl.Expr:
    """The last second of a day, UTC."""
    return day.dt.combine(time(23, 59, 59)).dt.cast_time_unit("us").dt.replace_time_zone("UTC")


def vague(column: str) -> pl.Expr:
    """Whether a column gives a year or a month, not a day."""
    return pl.col(column).str.strip_chars().str.contains(r"^\d{4}([-/]\d{1,2})?$")


def _day(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    text = pl.when(text.str.contains(_DATE + _TIME)).then(text)
    parts = [text.str.extract(_DATE, group) for group in (1, 2, 3)]
    whole = pl.concat_str(parts[0], parts[1].str.zfill(2), parts[2].fill_null("1").str.zfill(2), separator="-")
    day = whole.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(day.dt.year().is_between(*YEARS)).then(day)


def _clock(column: str) -> pl.Expr:
    """Time of day, null at midnight: spreadsheets write days so."""
    clock = pl.col(column).str.strip_chars().str.extract(_DATE + _TIME, 4)
    return pl.when(clock != "00:00").then(clock)


def _timed(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    parts = [text.str.extract(_DATE + _TIME, group) for group in range(1, 7)]
    zone = parts[5].fill_null("Z").str.replace_many(["Z", " UTC", ":"], ["+0000", "+0000", ""])
    date = pl.concat_str(parts[0], parts[1].str.zfill(2), parts[2].str.zfill(2), separator="-")
    whole = pl.concat_str(date, pl.lit("T"), parts[3], parts[4].fill_null(":00"), zone)
    return whole.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", time_zone="UTC", strict=False)
