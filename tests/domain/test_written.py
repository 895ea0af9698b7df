"""Dates and numbers as files write them."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from forecaster.domain.written import first_day, instant, last_day, number, vague

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def read(expression: pl.Expr, text: str | None) -> object:
    return pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(expression).item()


@pytest.mark.parametrize(
    "text", ["2024-02", "2024/2", "2024-02-01", "2024/02/01", " 2024-02-01 ", "2024-02-01 00:00:00"]
)
def test_a_month_begins_on_its_first_day_however_it_is_written(text: str) -> None:
    assert read(first_day("text"), text) == date(2024, 2, 1)


@pytest.mark.parametrize("text", ["2024-02", "2024-02-29", "2024-02-01", "2024-02-29T00:00:00.000000+0000"])
def test_a_month_ends_on_its_last_day_however_it_is_written(text: str) -> None:
    assert read(last_day("text"), text) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    ["0000-01", "1899-12", "2024-02-15", "2024-13", "2024-02-30", "2024", "02/2024", "February", "2024-02x", "", None],
)
def test_what_is_no_whole_month_is_null(text: str | None) -> None:
    assert read(first_day("text"), text) is None
    assert read(last_day("text"), text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), (" -3 ", -3.0), ("1e3", 1000.0), ("943703.0", 943703.0), ("1,000", None), ("1,5", None)]
    + [(text, None) for text in ("nan", "inf", "-inf", "n/a", "", None)],
)
def test_numbers_have_a_point_and_are_finite(text: str | None, value: float | None) -> None:
    assert read(number("text"), text) == value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-15", datetime(2026, 9, 15, 23, 59, 59, tzinfo=UTC)),
        ("2026/9/15", datetime(2026, 9, 15, 23, 59, 59, tzinfo=UTC)),
        ("2026-08", datetime(2026, 8, 31, 23, 59, 59, tzinfo=UTC)),
        ("2025", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-09-15T02:00Z", datetime(2026, 9, 15, 2, tzinfo=UTC)),
        ("2026-09-15T10:00:30+08:00", datetime(2026, 9, 15, 2, 0, 30, tzinfo=UTC)),
        ("2026-09-15 02:00:00.000000 UTC", datetime(2026, 9, 15, 2, tzinfo=UTC)),
        ("2026-09-15 02:00", datetime(2026, 9, 15, 2, tzinfo=UTC)),
        ("2026-09-20", NOW),
        ("2026-09", NOW),
        ("2026", NOW),
        ("2026-09-21", datetime(2026, 9, 21, 23, 59, 59, tzinfo=UTC)),
        ("soon", None),
        ("26-09-15", None),
        ("", None),
    ],
)
def test_a_release_counts_from_the_end_of_what_is_written_but_not_after_now(text: str, moment: datetime | None) -> None:
    assert read(instant("text", now=NOW), text) == moment


def test_a_year_or_a_month_alone_is_vague() -> None:
    assert [read(vague("text"), text) for text in ("2026", "2026-09", "2026/9", "2026-09-15", None)] == [
        True,
        True,
        True,
        False,
        None,
    ]
