"""What is wrong with a line, and where."""

import pytest

from forecaster.domain.submission import restate
from tests.catalogues import catalogue
from tests.submissions import NOW, row, rows

LEVEL = {"series_id": "battery.capacity.CN", "unit": "GWh", "basis": "level"}


@pytest.mark.parametrize(
    ("changed", "column", "says"),
    [
        ({"series_id": "ev.prod.CN"}, "series_id", "Did you mean ev.production.CN"),
        ({"series_id": "solar.exports.World.panels", "unit": "MW"}, "series_id", "is the sum of other series"),
        ({"period_start": "August"}, "period_start", "August is no month: write YYYY-MM, or its first day."),
        ({"period_end": None}, "period_end", "nothing is no month"),
        ({"period_end": "2026-08-15"}, "period_end", "2026-08-15 is no month"),
        ({"basis": "monthly"}, "basis", "monthly is none of month, ytd"),
        ({"basis": None}, "basis", "nothing is none of"),
        ({"basis": "level"}, "basis", "a stock is stated as level, a flow never is"),
        ({**LEVEL, "basis": "month"}, "basis", "a stock is stated as level"),
        ({"kind": "rate"}, "kind", "rate must be value or growth"),
        ({"value": "1,409,000"}, "value", "1,409,000 is no finite number"),
        ({"value": "inf"}, "value", "is no finite number"),
        ({"value": "-1"}, "value", "-1 is below 0"),
        ({"value": None}, "value", "is missing."),
        ({"value": "1e16"}, "value", "1e16 is beyond any figure"),
        ({"note": "9" * 200, "value": "9" * 200}, "value", f"{'9' * 80} is beyond any figure"),
        ({"growth": "much"}, "growth", "much is no finite number"),
        ({"unit": "GWh"}, "unit", "'GWh' (energy) can't become 'vehicles' (vehicles)"),
        ({"unit": "dozens"}, "unit", "'dozens' is unknown"),
        ({"unit": None}, "unit", "is missing: write vehicles"),
        ({"unit": "%"}, "unit", "growth is stated in %, a value never is"),
        ({"kind": "growth"}, "unit", "growth is stated in %"),
        ({"released_at": "in autumn"}, "released_at", "in autumn is no date: write YYYY-MM-DD."),
        ({"released_at": "2026-08-30"}, "released_at", "2026-08-30 lies before the end of the period, 2026-08"),
        ({"released_at": "2026-10-15"}, "released_at", "2026-10-15 lies in the future"),
        (
            {"period_start": "2026-09", "period_end": "2026-09", "released_at": None},
            "period_end",
            "2026-09 is not over",
        ),
        ({"status": "draft"}, "status", "draft is none of preliminary, revised, final"),
    ],
)
def test_a_line_in_error_is_named_with_its_column_and_the_remedy(
    changed: dict[str, str | None], column: str, says: str
) -> None:
    found = restate(rows(row(), row(**changed)), catalogue=catalogue(), now=NOW)

    (problem,) = found.problems
    assert (problem.line, problem.column) == (3, column)
    assert says in problem.what
    assert found.reports.is_empty()


@pytest.mark.parametrize(
    ("basis", "first", "last"),
    [
        ("month", "2026-01", "2026-01"),
        ("ytd", "2026-01", "2026-01"),
        ("ytd", "2026-01", "2026-08"),
        ("jan-feb", "2026-01", "2026-02"),
        ("quarter", "2026-04", "2026-06"),
        ("year", "2025-01", "2025-12"),
        ("Month", "2026-01", "2026-01"),
    ],
)
def test_a_span_that_fits_its_basis_is_taken(basis: str, first: str, last: str) -> None:
    given = row(basis=basis, period_start=first, period_end=last)

    assert restate(rows(given), catalogue=catalogue(), now=NOW).problems == ()


@pytest.mark.parametrize(
    ("basis", "first", "last"),
    [
        ("month", "2026-01", "2026-02"),
        ("month", "2026-02", "2026-01"),
        ("month", "2025-08", "2026-08"),
        ("ytd", "2026-02", "2026-08"),
        ("ytd", "2025-01", "2026-02"),
        ("jan-feb", "2026-01", "2026-03"),
        ("jan-feb", "2026-02", "2026-03"),
        ("quarter", "2026-02", "2026-04"),
        ("quarter", "2026-01", "2026-04"),
        ("year", "2025-02", "2026-01"),
        ("year", "2026-01", "2026-08"),
    ],
)
def test_a_span_that_does_not_fit_its_basis_is_refused(basis: str, first: str, last: str) -> None:
    given = row(basis=basis, period_start=first, period_end=last)

    (problem,) = restate(rows(given), catalogue=catalogue(), now=NOW).problems

    assert problem.what == f"{basis} does not fit {first} to {last}: mend the basis or the span."


def test_a_stock_may_be_negative_and_a_growth_rate_may_be_too() -> None:
    given = rows(row(**LEVEL, value="-1"), row(kind="growth", value="-40", unit="%"))

    assert restate(given, catalogue=catalogue(), now=NOW).problems == ()


def test_every_error_of_every_line_is_listed_by_line() -> None:
    given = rows(row(value="x", basis="x"), row(), row(unit="x"))

    found = restate(given, catalogue=catalogue(), now=NOW).problems

    assert [(one.line, one.column) for one in found] == [(2, "basis"), (2, "value"), (4, "unit")]
