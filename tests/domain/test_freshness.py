"""When figures are due, by the usual lag of their source: sixteen days for the bureau, which states Jan-Feb as one."""

from datetime import date

import pytest

from forecaster.domain.freshness import Freshness, freshness, is_overdue, usual_day
from tests.catalogues import catalogue

EV = "ev.production.CN"
BUREAU, CLUB = catalogue().sources["nbs"], catalogue().sources["club"]


def fresh(last: date | None, today: date, *, source: str = "nbs") -> Freshness | None:
    row = {"series_id": EV, "source": source, "last_period": last}
    return freshness(row, catalogue=catalogue(), today=today)


def test_a_figure_is_due_after_the_lag_of_its_source() -> None:
    assert usual_day(date(2026, 8, 1), source=BUREAU) == date(2026, 9, 16)
    assert usual_day(date(2026, 8, 1), source=CLUB) == date(2026, 9, 11)


def test_january_is_due_with_february_where_both_come_as_one() -> None:
    assert usual_day(date(2026, 1, 1), source=BUREAU) == date(2026, 3, 16)
    assert usual_day(date(2026, 1, 1), source=CLUB) == date(2026, 2, 11)


@pytest.mark.parametrize(("today", "overdue"), [(date(2026, 10, 1), False), (date(2026, 10, 2), True)])
def test_holidays_are_granted_fifteen_days(today: date, overdue: bool) -> None:
    assert is_overdue(date(2026, 8, 1), source=BUREAU, today=today) is overdue


def test_missed_months_are_counted_and_the_oldest_tells_how_late() -> None:
    assert fresh(date(2026, 8, 1), date(2026, 10, 20)) == Freshness(
        EV, "nbs", date(2026, 8, 1), next_due=date(2026, 10, 16), missed=0, days_late=0
    )
    assert fresh(date(2026, 6, 1), date(2026, 10, 20)) == Freshness(
        EV, "nbs", date(2026, 6, 1), next_due=date(2026, 8, 16), missed=2, days_late=65
    )


def test_a_series_that_nothing_is_known_of_misses_nothing() -> None:
    found = fresh(None, date(2026, 10, 20))

    assert found is not None
    assert (found.missed, found.next_due) == (0, None)
    assert fresh(date(2026, 8, 1), date(2026, 10, 20), source="gone") is None
