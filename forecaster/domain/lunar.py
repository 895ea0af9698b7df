"""Working days of a month: weekdays less public holidays, the Lunar New Year among them, plus make-up days."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import holidays
import polars as pl

from forecaster.domain.months import month_after, month_from_number

CHINA = "CN"


def working_days(first: date, last: date, *, country: str) -> pl.DataFrame:
    """Working days of each month.

    Args:
        first: first day of the first month.
        last: first day of the last month, inclusive.
        country: ISO 3166 code; a country without a known calendar has its weekdays.

    Returns:
        One row a month in order: ds (first day), working_days (at least 1).

    Source: the calendars of the `holidays` package, which holds the announced make-up days of China.
    """
    months: list[date] = []
    month = first
    while month <= last:
        months.append(month)
        month = month_after(month)
    days = [_working_days(month, country) for month in months]
    schema = {"ds": pl.Date(), "working_days": pl.Int32()}
    return pl.DataFrame({"ds": months, "working_days": days}, schema=schema)


def days_of(numbers: Iterable[int], *, country: str) -> dict[int, int]:
    """Working days by month number (as `months.month_number` counts), at least 1 each."""
    return {number: _working_days(month_from_number(number), country) for number in numbers}


@lru_cache(maxsize=8192)
def _working_days(month: date, country: str) -> int:
    calendar = _calendar(country, month.year)
    days = (month_after(month) - month).days
    dates = [month + timedelta(days=day) for day in range(days)]
    return max(1, sum(_works(day, calendar) for day in dates))


def _works(day: date, calendar: holidays.HolidayBase | None) -> bool:
    return day.weekday() < 5 if calendar is None else calendar.is_working_day(day)


@lru_cache(maxsize=512)
def _calendar(country: str, year: int) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(country, years=year)
    except NotImplementedError:  # how the package says that it does not know the country
        return None
