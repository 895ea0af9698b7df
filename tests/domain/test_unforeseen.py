"""New figures beside the forecast in service."""

from datetime import date

import polars as pl

from forecaster.domain.unforeseen import Unforeseen, unforeseen
from forecaster.domain.vintage import FORECASTS, QUANTILE_COLUMNS
from tests.catalogues import catalogue
from tests.reports import report, reports
from tests.vintages import EV, months

BAND = {"q2_5": 80.4, "q97_5": 119.6}  # widened: 74.24 to 125.76


def served(*, begin: date = date(2024, 3, 1)) -> pl.DataFrame:
    shape = {"series_id": EV, "mean": 100.0, **dict.fromkeys(QUANTILE_COLUMNS, 100.0), **BAND}
    rows = [{**shape, "period": period, "step": step} for step, period in enumerate(months(begin, 6), start=1)]
    return pl.DataFrame(rows, schema=FORECASTS)


def found(
    *given: dict[str, object], known: tuple[dict[str, object], ...] = (), forecasts: pl.DataFrame | None = None
) -> list[Unforeseen]:
    lined = reports(*given).with_columns(line=pl.int_range(2, len(given) + 2))
    held = served() if forecasts is None else forecasts
    return unforeseen(lined, known=reports(*known), catalogue=catalogue(), forecasts=held)


def total(last: str, value: float) -> dict[str, object]:
    return report(EV, "2024-01", last, value, released="2024-09-01")


def test_a_month_outside_the_band_is_told_with_what_the_band_is() -> None:
    (outside,) = found(report(EV, "2024-03", "2024-03", 130.0))
    inside = found(report(EV, "2024-03", "2024-03", 125.0))

    what = "130 in 2024-03 lies outside the forecast's 95 % band widened to about 99 %, 74.24 to 125.76."
    assert (outside.line, outside.series_id, outside.as_problem().what) == (2, EV, what)
    assert inside == []


def test_a_total_is_compared_by_what_it_adds_to_the_one_known_before() -> None:
    (outside,) = found(total("2024-03", 400.0), known=(total("2024-02", 200.0),))
    inside = found(total("2024-03", 300.0), known=(total("2024-02", 200.0),))

    assert (outside.months, outside.value) == ("2024-03", 200.0)
    assert inside == []


def test_a_sum_of_months_is_compared_with_the_sum_of_their_bands() -> None:
    (outside,) = found(total("2024-05", 600.0), known=(total("2024-02", 200.0),))
    inside = found(total("2024-05", 570.0), known=(total("2024-02", 200.0),))

    assert (outside.months, outside.value, outside.mean) == ("2024-03 to 2024-05", 400.0, 300.0)
    assert inside == []


def test_a_month_that_its_total_states_again_is_told_once() -> None:
    given = (report(EV, "2024-03", "2024-03", 200.0), total("2024-03", 400.0))

    assert [one.line for one in found(*given, known=(total("2024-02", 200.0),))] == [2]


def test_a_total_whose_months_are_not_all_forecast_is_compared_with_nothing() -> None:
    assert found(total("2024-03", 9_000.0)) == []


def test_figures_from_before_the_forecast_and_without_one_are_compared_with_nothing() -> None:
    assert found(report(EV, "2023-03", "2023-03", 900.0)) == []
    assert found(report(EV, "2024-03", "2024-03", 900.0), forecasts=served().clear()) == []
