"""Months as dates: a month is its first day."""

from datetime import date, timedelta

import polars as pl


def month_after(month: date, *, months: int = 1) -> date:
    """The month so many after one; negative counts go back."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(month: date) -> date:
    """The last day of a month."""
    return month_after(month) - timedelta(days=1)


def month_number(day: date) -> int:
    """Months since year 0: consecutive months have consecutive numbers."""
    return day.year * 12 + day.month - 1


def month_numbers(column: str) -> pl.Expr:
    """The `month_number` of each date of a column."""
    return 12 * pl.col(column).dt.year() + pl.col(column).dt.month().cast(pl.Int32) - 1


def months_between(first: str, last: str) -> pl.Expr:
    """Months from one date column to another, both included."""
    return month_numbers(last) - month_numbers(first) + 1


def month_from_number(number: int) -> date:
    """The month of a number, the inverse of `month_number`."""
    return date(number // 12, number % 12 + 1, 1)
