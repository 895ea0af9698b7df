"""The calendar, against dates that anybody can look up."""

from datetime import date

import pytest

from forecaster.domain.lunar import REGRESSORS, calendar_regressors, effective_days
from forecaster.domain.months import month_number


def row(year: int, month: int, *, country: str = "CN") -> dict[str, object]:
    day = date(year, month, 1)
    return calendar_regressors(day, day, country=country).row(0, named=True)


def test_every_month_from_1990_to_2035_has_its_regressors() -> None:
    frame = calendar_regressors(date(1990, 1, 1), date(2035, 12, 1), country="CN")

    assert frame.schema == REGRESSORS
    assert frame.height == 46 * 12
    assert frame["working_days"].is_between(10, 24).all()


@pytest.mark.parametrize(
    ("year", "january"),
    [(2020, 14 / 15), (2023, 1.0), (2024, 0.0), (2025, 10 / 15), (2026, 0.0)],  # 25.1., 22.1., 10.2., 29.1., 17.2.
)
def test_the_window_around_lunar_new_year_lies_where_the_day_puts_it(year: int, january: float) -> None:
    assert row(year, 1)["new_year_share"] == pytest.approx(january)
    assert row(year, 2)["new_year_share"] == pytest.approx(1 - january)


def test_make_up_days_count_as_working_days() -> None:
    assert row(2024, 2)["working_days"] == 18  # 21 weekdays, 5 of them off, two Sundays worked


def test_a_year_whose_make_up_days_are_not_announced_says_so() -> None:
    assert row(2024, 2)["announced"] is True
    assert row(2035, 2)["announced"] is False


def test_elsewhere_the_lunar_new_year_moves_nothing() -> None:
    assert row(2024, 2, country="DE")["new_year_share"] == 0.0
    assert row(2024, 2, country="World")["working_days"] == 21


def test_days_lost_around_new_year_are_taken_off() -> None:
    number = month_number(date(2024, 2, 1))

    assert effective_days([number], country="CN") == {number: 16.0}
