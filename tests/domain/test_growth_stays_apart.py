"""Growth rates as published: reports of their own kind, derived from nothing, and nothing is derived from them."""

import polars as pl

from forecaster.domain.conventions import build_panel
from forecaster.domain.submission import restate
from tests.catalogues import catalogue
from tests.reports import report, reports
from tests.submissions import NOW, row, rows

EV = "ev.production.CN"


def test_values_of_two_years_make_no_growth_rate() -> None:
    lines = [row(period_start=text, period_end=text, released_at=None) for text in ("2025-08", "2026-08")]

    found = restate(rows(*lines), catalogue=catalogue(), now=NOW).reports

    assert set(found["kind"]) == {"value"}


def test_a_value_and_a_growth_rate_make_no_value_of_the_year_before() -> None:
    found = restate(rows(row(growth="10")), catalogue=catalogue(), now=NOW).reports

    assert found.select("kind", "period_end").unique().height == found.height == 2
    assert found["period_end"].dt.year().to_list() == [2026, 2026]


def test_the_panel_is_the_same_with_growth_rates_and_without() -> None:
    values = [report(EV, "2024-03", "2024-03", 10.0), report(EV, "2024-01", "2024-04", 45.0)]
    rates = [
        {**report(EV, first, last, 25.0, unit="%"), "kind": "growth"}
        for first, last in (("2024-03", "2024-03"), ("2025-03", "2025-03"), ("2024-01", "2024-04"))
    ]

    both = build_panel(reports(*values, *rates), catalogue=catalogue())

    assert both.panel.equals(build_panel(reports(*values), catalogue=catalogue()).panel)
    assert build_panel(reports(*rates), catalogue=catalogue()).panel.is_empty()


def test_a_rate_that_no_values_bear_out_is_no_contradiction() -> None:
    values = [report(EV, "2023-03", "2023-03", 10.0), report(EV, "2024-03", "2024-03", 20.0)]
    rate = {**report(EV, "2024-03", "2024-03", 3.0, unit="%"), "kind": "growth"}

    found = build_panel(reports(*values, rate), catalogue=catalogue())

    assert found.contradictions.is_empty()
    assert set(found.panel.select(pl.col("y").drop_nulls())["y"]) >= {10.0, 20.0}
