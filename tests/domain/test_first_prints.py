"""What was stated of each span when it first was."""

from datetime import UTC, date, datetime

from forecaster.domain.first_prints import first_prints
from tests.catalogues import catalogue
from tests.reports import report, reports

EV = "ev.production.CN"
SINCE = datetime(2024, 3, 31, tzinfo=UTC)
AFTER = date(2024, 2, 1)


def found(*stated: dict[str, object]) -> list[tuple[str, str, float]]:
    held = first_prints(reports(*stated), catalogue=catalogue(), since=SINCE, after=AFTER, wanted=[EV])
    return [(f"{start:%Y-%m}", f"{end:%Y-%m}", y) for _, start, end, y in held.rows()]


def test_a_revision_does_not_touch_what_was_first_stated() -> None:
    march = [(150.0, "2024-04-16"), (163.0, "2024-06-16")]

    told = found(*[report(EV, "2024-03", "2024-03", value, released=day) for value, day in march])

    assert told == [("2024-03", "2024-03", 150.0)]


def test_a_month_is_first_known_by_the_difference_of_totals() -> None:
    told = found(
        report(EV, "2024-01", "2024-02", 300.0, released="2024-03-16"),
        report(EV, "2024-01", "2024-03", 450.0, released="2024-04-16"),
        report(EV, "2024-03", "2024-03", 149.0, released="2024-07-01"),
    )

    assert told == [("2024-03", "2024-03", 150.0)]


def test_what_was_known_before_is_none() -> None:
    assert found(report(EV, "2024-02", "2024-02", 100.0, released="2024-04-16")) == []
    assert found(report(EV, "2024-03", "2024-03", 100.0, released="2024-03-16")) == []
