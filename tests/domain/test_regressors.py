"""Columns for models that take them, worked out by hand."""

from datetime import date

import polars as pl

from forecaster.domain.regressors import Regressors, regressors_of
from forecaster.domain.variants import Setting, variants_of
from tests.catalogues import catalogue
from tests.panels import panel

DRIVER, DRIVEN = "ev.production.CN", "battery.production.CN"
LAG_ONE = f'[[drivers]]\nseries = ["{DRIVEN}"]\nby = "{DRIVER}"\nlag = 1\n'
CUTOFF = date(2020, 10, 1)


def found(
    driver: list[float], *, start: date = date(2020, 1, 1), months: int = 12, forecast: tuple[float, ...] = (90.0, 91.0)
) -> Regressors:
    """Of a series that is known to its 12th month and a driver, from October 2020, two months ahead."""
    rows = panel([100.0 + at for at in range(months)], unique_id=DRIVEN)
    around = pl.concat([rows, panel(driver, unique_id=DRIVER, start=start)])
    at = pl.DataFrame({"unique_id": [DRIVEN], "cutoff": [CUTOFF]})
    setting = Setting(catalogue(LAG_ONE), around, at, 2, min_train=3)
    variants = variants_of(rows, setting=setting)
    made = [
        (key, cutoff, day, value)
        for key, cutoff in variants.links.select("driver_key", "driver_cutoff").iter_rows()
        for day, value in zip(pl.date_range(cutoff, date(2021, 6, 1), "1mo", eager=True)[1:], forecast, strict=False)
    ]
    schema = {"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "y_hat": pl.Float64()}
    forecasts = pl.DataFrame(made, schema=schema, orient="row")
    return regressors_of(rows, forecasts=forecasts, variants=variants, setting=setting)


def values(regressors: Regressors, *, name: str = DRIVER) -> dict[str, float]:
    of = regressors.columns.filter(pl.col("name") == name).sort("ds")
    return {f"{day:%Y-%m}": value for day, value in of.select("ds", "value").iter_rows()}


def test_a_driver_stands_its_lag_later_and_goes_on_as_it_was_forecast() -> None:
    columns = values(found([float(at) for at in range(1, 13)]))

    # Its January is the column's February. At the cutoff its October is known; its November is a forecast.
    assert columns["2020-02"] == 1.0
    assert columns["2020-11"] == 10.0
    assert columns["2020-12"] == 90.0
    assert len(columns) == 11


def test_what_the_driver_turned_out_to_be_is_not_looked_at() -> None:
    honest, hidden = found([float(at) for at in range(1, 13)]), found([float(at) for at in range(1, 11)] + [1e6, 1e6])

    assert honest.columns.equals(hidden.columns)


def test_a_driver_that_lags_behind_today_lags_behind_at_every_cutoff() -> None:
    columns = values(found([float(at) for at in range(1, 12)]))  # to November, a month less than the series

    assert columns["2020-10"] == 9.0
    assert (columns["2020-11"], columns["2020-12"]) == (90.0, 91.0)


def test_rows_begin_where_every_column_is_known() -> None:
    regressors = found([5.0] * 9, start=date(2020, 4, 1))

    assert regressors.rows["ds"].min() == date(2020, 5, 1)
    assert regressors.rows["unique_id"].unique().to_list() == [f"{DRIVEN}#{DRIVER}"]


def test_a_driver_that_ends_too_early_or_begins_too_late_is_a_named_reason() -> None:
    for driver in (found([5.0] * 7), found([5.0] * 4, start=date(2020, 9, 1))):
        assert driver.columns.is_empty()
        ((key, cutoff, reason),) = driver.missing
        assert (key, cutoff) == (f"{DRIVEN}#{DRIVER}", CUTOFF)
        assert reason == f"{DRIVER} is not known from 3 months before the cutoff up to it, less its lag"


def test_a_driver_without_a_forecast_is_a_named_reason() -> None:
    ((_, _, reason),) = found([5.0] * 12, forecast=()).missing

    assert reason == f"{DRIVER} lacks 1 months between 2020-02 and the end"


def test_a_series_that_states_its_januaries_apart_gets_the_calendar() -> None:
    rows = panel([100.0] * 48, unique_id=DRIVER)
    at = pl.DataFrame({"unique_id": [DRIVER], "cutoff": [date(2023, 12, 1)]})
    setting = Setting(catalogue(), rows, at, 2, min_train=3)

    regressors = regressors_of(
        rows,
        forecasts=pl.DataFrame(schema=["unique_id", "cutoff", "ds", "y_hat"]).cast(
            {"unique_id": pl.String, "cutoff": pl.Date, "ds": pl.Date, "y_hat": pl.Float64}
        ),
        variants=variants_of(rows, setting=setting),
        setting=setting,
    )

    # New Year fell on 10 February 2024: its window of 15 days lies in February but for none.
    assert values(regressors, name="new_year_share")["2024-02"] == 1.0
    assert values(regressors, name="working_days")["2024-02"] == 18.0
    assert max(regressors.columns["ds"]) == date(2024, 2, 1)
