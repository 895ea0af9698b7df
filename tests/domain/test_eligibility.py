"""Why a series is not forecast."""

from datetime import date

import polars as pl

from forecaster.domain.eligibility import reasons_against
from tests.catalogues import catalogue
from tests.panels import panel

EV = "ev.production.CN"


def reason(values: list[float], *, today: date = date(2022, 1, 1)) -> str | None:
    return reasons_against(panel(values), catalogue=catalogue(), today=today, horizon=24).get(EV)


def test_two_years_of_figures_are_enough() -> None:
    assert reason([1.0] * 24) is None


def test_a_short_series_is_told_how_many_months_it_lacks() -> None:
    assert reason([1.0] * 12) == "12 months in a row are known; 13 are needed."


def test_a_series_that_ended_long_ago_is_not_forecast_into_the_past() -> None:
    told = reason([1.0] * 24, today=date(2024, 1, 1))

    assert told == "The last figure is of 2021-12; every month forecast from there is past."


def test_a_series_of_zeros_is_not_forecast() -> None:
    assert reason([0.0] * 24) == "Every month is zero."


def test_a_series_mostly_bridged_is_not_forecast() -> None:
    history = panel([1.0] * 24).with_columns(
        block_start=pl.when(pl.col("ds") < date(2021, 1, 1)).then("block_start"),
        block_end=pl.when(pl.col("ds") < date(2021, 1, 1)).then("block_end"),
    )

    told = reasons_against(history, catalogue=catalogue(), today=date(2022, 1, 1), horizon=24)[EV]

    assert told == "Only 50% of its 24 months are covered by a stated figure; 60% are needed."


def test_a_series_without_any_figure_says_so() -> None:
    told = reasons_against(panel([1.0] * 24), catalogue=catalogue(), today=date(2022, 1, 1), horizon=24)

    assert told["solar.exports.DE.panels"] == "No figures are known yet."
