"""Working days of a month, and the Lunar New Year that wanders between January and February."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import lru_cache

import holidays
import polars as pl

from forecaster.domain.months import month_after, month_from_number

CHINA = "CN"

BEFORE, AFTER = 7, 7
"""Days of the window around New Year's Day in which output is low: people leave early and come back late."""

DAYS_LOST = 2.0
"""Working days lost in that window beyond the official holiday.

Of 0, 2, 3, 4, 5, 6 and 8 the one that came closest to how nine Chinese series that state January and February apart
split their sum (60 years of series, less 2020): mean error of January's share 0.051, against 0.054 with none and 0.075
with halves; on vehicle output 0.027 against 0.045.
"""

NEW_YEAR_MONTHS = (1, 2, 3)
"""Months that the window around the Lunar New Year, or the holiday after it, can reach."""

METONIC = range(2008, 2027)
"""19 years, after which New Year falls on the same days again: what a calendar month usually has."""

REGRESSORS = pl.Schema(
    {
        "ds": pl.Date(),  # first day of the month
        "working_days": pl.Int32(),  # weekdays less holidays plus make-up days
        "new_year_share": pl.Float64(),  # share of the New Year window that lies in the month, 0 to 1
        "announced": pl.Boolean(),  # the year's make-up days are announced; else working_days may move by some
    }
)


def calendar_regressors(first: date, last: date, *, country: str) -> pl.DataFrame:
    """What the calendar says of each month.

    Args:
        first: first day of the first month, 1990 or later.
        last: first day of the last month, inclusive, 2035 or earlier.
        country: ISO 3166; New Year is the Lunar one for China, and for a country without a known calendar its
            weekdays are its working days.

    Returns:
        The REGRESSORS columns, one row a month in order.

    Source: calendars of the `holidays` package, with the make-up days that China's State Council announced; for the
        window, Lin & Liu (2003), "Modeling lunar calendar holiday effects in Taiwan".
    """
    months: list[date] = []
    month = first
    while month <= last:
        months.append(month)
        month = month_after(month)
    rows = [
        (month, _working_days(month, country), _new_year_share(month, country), _announced(month.year, country))
        for month in months
    ]
    return pl.DataFrame(rows, schema=REGRESSORS, orient="row")


def effective_days(numbers: Iterable[int], *, country: str) -> dict[int, float]:
    """Working days by month number (as `months.month_number` counts) less those lost around the Lunar New Year."""
    months = {number: month_from_number(number) for number in numbers}
    return {
        number: max(1.0, _working_days(month, country) - DAYS_LOST * _new_year_share(month, country))
        for number, month in months.items()
    }


def day_factors(numbers: Iterable[int], *, country: str, months: Collection[int]) -> dict[int, float]:
    """How a month's effective days compare with what the same calendar month usually has.

    Args:
        numbers: month numbers, as `months.month_number` counts.
        country: whose calendar.
        months: calendar months (1 to 12) that are compared; the factor of the others is 1.

    Returns:
        A factor around 1 by month number: effective days over their mean in the years of METONIC.
    """
    usual = {month: _usual_days(month, country) for month in months}
    days = effective_days(numbers, country=country)
    return {number: days[number] / usual.get(number % 12 + 1, days[number]) for number in days}


@lru_cache(maxsize=512)
def _usual_days(month: int, country: str) -> float:
    days = effective_days((12 * year + month - 1 for year in METONIC), country=country)
    return sum(days.values()) / len(days)


@lru_cache(maxsize=8192)
def _working_days(month: date, country: str) -> int:
    calendar = _calendar(country, month.year)
    dates = [month + timedelta(days=day) for day in range((month_after(month) - month).days)]
    return sum(_works(day, calendar) for day in dates)


def _works(day: date, calendar: holidays.HolidayBase | None) -> bool:
    return day.weekday() < 5 if calendar is None else calendar.is_working_day(day)


@lru_cache(maxsize=8192)
def _new_year_share(month: date, country: str) -> float:
    """Share of the window that lies in a month; 0 outside China, whose output alone was looked at."""
    if country != CHINA or month.month not in NEW_YEAR_MONTHS:
        return 0.0
    day = _new_year(month.year)
    window = [day + timedelta(days=at) for at in range(-BEFORE, AFTER + 1)]
    return sum((at.year, at.month) == (month.year, month.month) for at in window) / len(window)


@lru_cache(maxsize=128)
def _new_year(year: int) -> date:
    calendar = _calendar(CHINA, year)
    assert calendar is not None  # the package knows China
    named = [day for day, name in calendar.items() if "Spring Festival" in name and day.year == year]
    return min(named)


@lru_cache(maxsize=8)
def _announced_until(country: str) -> int:
    """The last year whose make-up days the package holds."""
    held = [day.year for year in range(1990, 2036) for day in getattr(_calendar(country, year), "weekend_workdays", ())]
    return max(held, default=2035)


def _announced(year: int, country: str) -> bool:
    return country != CHINA or year <= _announced_until(country)


@lru_cache(maxsize=512)
def _calendar(country: str, year: int) -> holidays.HolidayBase | None:
    try:
        # The language is named for China, whose New Year is found by name: by default it follows the user's locale.
        return holidays.country_holidays(country, years=year, language="en_US" if country == CHINA else None)
    except NotImplementedError:  # how the package says that it does not know the country
        return None
