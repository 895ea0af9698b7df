"""In what proportion months share a sum."""

import pytest

from forecaster.domain.bridges import Month
from forecaster.domain.profiles import profile

START = 2024 * 12  # January 2024
COUNTRY = "XX"  # no known calendar: weekdays
DAYS = {0: 23, 1: 21}  # of January and February 2024


def month(number: int, y: float, *, obtained: str = "reported") -> tuple[int, Month]:
    return number, Month(number, y, obtained, (number, number), ())


def test_without_earlier_years_working_days_count() -> None:
    assert profile([START, START + 1], known={}, country=COUNTRY) == DAYS_OF_2024


DAYS_OF_2024 = {START + at: float(days) for at, days in DAYS.items()}


def test_three_earlier_years_count_three_fifths_and_the_odd_one_not_at_all() -> None:
    years = []
    for back, february in ((12, 4.0), (24, 4.0), (36, 0.001)):  # output a working day, January's being 1
        january_days, february_days = WEEKDAYS[back]
        years += [month(START - back, 1.0 * january_days), month(START - back + 1, february * february_days)]

    found = profile([START, START + 1], known=dict(years), country=COUNTRY)

    ratio = (found[START + 1] / DAYS[1]) / (found[START] / DAYS[0])
    assert ratio == pytest.approx(4.0 ** (3 / 5))


WEEKDAYS = {12: (22, 20), 24: (21, 20), 36: (21, 20)}  # of January and February 2023, 2022, 2021


def test_a_month_that_was_itself_shared_out_tells_nothing() -> None:
    known = dict([month(START - 12, 1.0), month(START - 11, 50.0, obtained="estimated")])

    assert profile([START, START + 1], known=known, country=COUNTRY) == DAYS_OF_2024
