"""What the latest reports of a source show of its habits."""

from datetime import date

import polars as pl

from forecaster.adapters.bundled_reports import bundled_reports
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.domain.habits import BEGUN, CEASED, LATER, ChangedHabit, changed_habits
from forecaster.settings import load_settings
from tests.catalogues import catalogue
from tests.reports import report, reports
from tests.vintages import EV, months

EVERY = [f"{month:%Y-%m}" for month in months(date(2025, 3, 1), 16)]  # to June 2026


def found(*rows: dict[str, object]) -> list[ChangedHabit]:
    return changed_habits(reports(*rows), catalogue=catalogue())


def month_report(month: str, *, released: str) -> dict[str, object]:
    return report(EV, month, month, 1.0, released=released)


def total(first: str, last: str, *, basis: str) -> dict[str, object]:
    return {**report(EV, first, last, 1.0, released=f"{last}-28"), "basis": basis}


def test_three_releases_in_a_row_a_week_late_are_a_habit() -> None:
    late = [("2026-04", "2026-05-28"), ("2026-05", "2026-06-25"), ("2026-06", "2026-07-29")]

    told = found(*(month_report(month, released=at) for month, at in late))

    # The bureau's figures are out on the 16th, usually.
    assert told == [ChangedHabit("nbs", LATER, None, None, ("2026-04", "2026-05", "2026-06"), (12, 9, 13))]


def test_a_release_in_time_between_late_ones_is_none() -> None:
    late = [("2026-04", "2026-05-28"), ("2026-05", "2026-06-16"), ("2026-06", "2026-07-29")]

    assert found(*(month_report(month, released=at) for month, at in late)) == []


def test_figures_collected_here_and_there_show_no_habit() -> None:
    late = [("2025-04", "2025-06-28"), ("2025-10", "2025-12-25"), ("2026-06", "2026-08-29")]

    assert found(*(month_report(month, released=at) for month, at in late)) == []


def test_a_basis_that_came_each_month_and_came_no_more_has_ceased() -> None:
    both = [report(EV, month, month, 1.0, released=f"{month}-28") for month in EVERY]
    totals = [total(f"{month[:4]}-01", month, basis="ytd") for month in EVERY[:-3]]

    told = [(one.what, one.measure, one.basis) for one in found(*both, *totals) if one.basis]

    assert told == [(CEASED, "ev.production", "ytd")]


def test_a_basis_that_the_catalogue_does_not_declare_and_that_comes_now_has_begun() -> None:
    plain = [report(EV, month, month, 1.0, released=f"{month}-28") for month in EVERY]
    ends = [("2026-02", "2026-04"), ("2026-03", "2026-05"), ("2026-04", "2026-06")]
    quarters = [total(start, end, basis="quarter") for start, end in ends]

    told = [(one.what, one.measure, one.basis) for one in found(*plain, *quarters) if one.basis]

    assert told == [(BEGUN, "ev.production", "quarter")]


def test_the_bundled_figures_show_no_flood() -> None:
    known = load_catalogue(load_settings({}).catalogue_file)
    held = bundled_reports().filter(pl.col("series_id").is_in(list(known.series)))

    told = changed_habits(held, catalogue=known)

    assert len(told) <= 2, told
