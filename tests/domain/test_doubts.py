"""Figures to look at twice."""

import polars as pl
import pytest

from forecaster.domain.doubts import doubts_of
from forecaster.domain.errors import LineProblem
from tests.catalogues import catalogue
from tests.reports import report, reports

EV = "ev.production.CN"
Row = dict[str, object]


def month(text: str, value: float, **changed: str) -> Row:
    return report(EV, text, text, value, **changed)  # type: ignore[arg-type]  # texts, whichever they are


def total(text: str, value: float) -> Row:
    return report(EV, f"{text[:4]}-01", text, value)


def doubts(*given: Row, known: tuple[Row, ...] = ()) -> list[LineProblem]:
    told = reports(*given)
    lined = told.select(pl.Series("line", range(2, 2 + told.height), dtype=pl.Int64), pl.all())
    return doubts_of(lined, known=reports(*known), catalogue=catalogue())


def test_figures_that_agree_raise_no_doubt() -> None:
    given = (month("2024-03", 10.0), total("2024-03", 31.0), month("2024-04", 11.0), total("2024-04", 42.0))

    assert doubts(*given) == []
    assert doubts(*given, known=given) == []


def test_two_figures_for_one_span_in_one_file_are_told_with_both_lines() -> None:
    found = doubts(month("2024-03", 943_703.0), month("2024-03", 94.4, unit="10k vehicles"))

    (doubt,) = found
    assert doubt == LineProblem(
        3, "value", "944,000, and line 2 states 943,703 for the same span: the later or more exact leads.", mild=True
    )


@pytest.mark.parametrize("stored", [0, 1])
def test_a_total_smaller_than_the_one_before_it_is_told_wherever_that_stands(stored: int) -> None:
    september, october = total("2016-09", 461_000.0), total("2016-10", 347_000.0)
    given, known = (october, september) if stored == 0 else (september, october)

    (doubt,) = doubts(given, known=(known,))

    assert doubt.what == "the total to 2016-10, 347,000, is smaller than that to 2016-09, 461,000."


def test_a_total_of_another_year_may_be_smaller() -> None:
    assert doubts(total("2023-12", 900.0), total("2024-02", 120.0)) == []


def test_a_month_far_from_the_difference_of_its_totals_is_told() -> None:
    known = (total("2023-11", 8_305_000.0), total("2023-12", 9_699_000.0))

    (far,) = doubts(month("2023-12", 1_141_000.0), known=known)
    near = doubts(month("2023-12", 1_340_000.0), known=known)

    assert far.what == "2023-12 is stated as 1,141,000, and its totals differ by 1,394,000."
    assert near == []


def test_rounding_is_not_a_difference() -> None:
    known = (report(EV, "2023-01", "2023-11", 1.1, unit="10k vehicles"), total("2023-12", 11_900.0))

    assert doubts(month("2023-12", 1_300.0), known=known) == []


def test_a_figure_ten_times_its_neighbours_is_told_as_a_slip_of_the_unit() -> None:
    neighbours = (month("2024-02", 100.0), month("2024-04", 110.0))

    (above,) = doubts(month("2024-03", 1_210.0), known=neighbours)
    (below,) = doubts(month("2024-03", 8.0), known=neighbours)
    last = doubts(month("2024-05", 1_000_000.0), known=neighbours)

    assert (above.column, above.what) == (
        "unit",
        "1,210, by month, is 11 times above the figures around it: is the unit right?",
    )
    assert "12 times below" in below.what
    assert len(last) == 1


def test_figures_of_other_years_are_no_neighbours() -> None:
    assert doubts(month("2024-03", 1_000.0), known=(month("2022-03", 10.0),)) == []


def test_a_series_that_grows_past_one_neighbour_is_no_slip() -> None:
    assert doubts(month("2024-03", 100.0), known=(month("2024-02", 5.0), month("2024-04", 120.0))) == []


def test_totals_are_compared_by_month() -> None:
    assert doubts(total("2024-01", 100.0), total("2024-12", 1_300.0)) == []


def test_growth_rates_are_compared_with_nothing() -> None:
    assert doubts({**month("2024-03", 900.0), "kind": "growth", "unit": "%"}, known=(month("2024-02", 1.0),)) == []


def test_a_slip_of_ten_times_beside_a_usual_change_is_told() -> None:
    known = tuple(month(f"2024-{at:02}", 170.0 + at) for at in (2, 3, 5, 6))

    (doubt,) = doubts(month("2024-04", 21.0), known=known)

    assert doubt.what == "21, by month, is 8 times below the figures around it: is the unit right?"


def test_a_total_is_judged_by_what_it_adds() -> None:
    known = tuple(total(f"2024-{at:02}", 1000.0 * at) for at in range(2, 9))

    (doubt,) = doubts(total("2024-09", 20_000.0), known=known)

    assert "12 times above" in doubt.what


def test_a_first_zero_is_told() -> None:
    (doubt,) = doubts(month("2024-04", 0.0), known=(month("2024-03", 170.0),))

    assert doubt.what == "0 is the first zero of its kind: is it a figure, or none yet?"


def test_a_figure_without_a_date_that_a_dated_one_leads_over_is_told() -> None:
    dated = report(EV, "2024-01", "2024-02", 160.4, released="2024-03-18")

    (doubt,) = doubts(report(EV, "2024-01", "2024-02", 161.4), known=(dated,))

    assert (doubt.column, doubt.mild) == ("released_at", False)
    assert doubt.what.startswith("has no date, and 160.4, released on 2024-03-18, leads")


def test_a_total_that_falls_to_a_round_number_is_told() -> None:
    known = tuple(total(f"2024-{at:02}", 1_003_700.0 * at) for at in range(2, 9))

    found = doubts(total("2024-09", 8_000_000.0), known=known)

    assert "is smaller than that to 2024-08" in found[0].what
