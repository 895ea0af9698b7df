"""Published forecasts beside what came, by hand-computed numbers."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.paths import PATHS, places
from forecaster.domain.realised import FIGURES, realised, realised_scores, stated_blocks
from forecaster.domain.vintage import FORECASTS, QUANTILES
from tests.vintages import months

EV = "ev.production.CN"
TOGETHER = [places([(at + 1) / (PATHS + 1) for at in range(PATHS)])] * 24
"""Paths that keep to their rank: quantiles of a sum are sums of quantiles."""


def forecast(*means: float, spread: float = 100.0) -> pl.DataFrame:
    """Forecasts after November 2025; the 80 % interval is 0.8 times `spread` wide."""
    rows = [
        (EV, ds, step, mean, *[mean + spread * (quantile - 0.5) for quantile in QUANTILES])
        for step, (ds, mean) in enumerate(zip(months(date(2025, 12, 1), len(means)), means, strict=True), start=1)
    ]
    return pl.DataFrame(rows, schema=FORECASTS, orient="row")


def known(*rows: tuple[date, float, date | None, date | None]) -> pl.DataFrame:
    schema = {"ds": pl.Date, "y": pl.Float64, "block_start": pl.Date, "block_end": pl.Date}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select(pl.lit(EV).alias("unique_id"), pl.all())


def by_month(first: date, *values: float) -> list[tuple[date, float, date | None, date | None]]:
    return [(ds, y, ds, ds) for ds, y in zip(months(first, len(values)), values, strict=True)]


THEN = known(*by_month(date(2024, 1, 1), *[100.0] * 12, *[110.0] * 11))
"""Up to November 2025; the usual error of the seasonal naive forecast is 10."""

JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)
NOW = known(*by_month(date(2025, 12, 1), 120.0), (JAN, 130.0, JAN, FEB), (FEB, 70.0, JAN, FEB))
"""December as stated, and January and February as one sum of 200."""


def figures(*means: float, spread: float = 100.0) -> pl.DataFrame:
    held = forecast(*means, spread=spread)
    return realised(held, stated=stated_blocks(NOW), panel=THEN, vintage="v1", paths={None: TOGETHER})


def test_a_sum_that_was_stated_is_held_against_the_sum_of_its_months() -> None:
    found = figures(110.0, 100.0, 90.0)

    assert found.schema == FIGURES
    columns = ("block_start", "block_end", "step", "y", "y_hat", "naive", "scale")
    assert found.select(columns).rows() == [
        (date(2025, 12, 1), date(2025, 12, 1), 1, 120.0, 110.0, 100.0, 10.0),
        (JAN, FEB, 3, 200.0, 190.0, 220.0, 10.0),
    ]
    assert found["cutoff"].unique().to_list() == [date(2025, 11, 1)]


def test_quantiles_of_a_sum_are_those_over_joint_paths() -> None:
    december, first_months = figures(110.0, 100.0, 90.0).select("q10", "q90").rows()

    assert december == pytest.approx((70.0, 150.0))
    assert first_months == pytest.approx((110.0, 270.0))


def test_a_block_that_begins_before_the_forecast_or_ends_behind_it_is_not_scored() -> None:
    assert figures(110.0, 100.0)["block_end"].to_list() == [date(2025, 12, 1)]
    late = forecast(110.0, 100.0, 90.0).filter(pl.col("step") == 3)
    found = realised(late, stated=stated_blocks(NOW), panel=THEN, vintage="v1", paths={None: TOGETHER})
    assert found.is_empty()


def test_what_nobody_stated_is_no_figure() -> None:
    estimated = known((JAN, 1.0, None, None), (FEB, 70.0, JAN, FEB))

    assert stated_blocks(estimated).is_empty()


def test_scores_are_means_over_series_of_errors_in_units_of_the_usual_one() -> None:
    (row,) = realised_scores(figures(110.0, 100.0, 90.0), by=[]).to_dicts()

    assert row == pytest.approx(
        {
            "mase": 1.0,
            "smape": (200 * 10 / 230 + 200 * 10 / 390) / 2,
            "bias": 1.0,
            "coverage_80": 1.0,
            "coverage_95": 1.0,
            "skill": 0.5,  # the seasonal naive forecast is 20 off both times
            "series": 1,
            "figures": 2,
        }
    )


def test_an_interval_that_was_missed_lowers_the_coverage() -> None:
    found = realised_scores(figures(110.0, 100.0, 90.0, spread=11.0), by=["step"])

    # December came 10 off: beyond 0.4 x 11, and beyond 0.475 x 11. Both months together have twice the width.
    assert found.select("step", "coverage_80", "coverage_95").rows() == [(1, 0.0, 0.0), (3, 0.0, 1.0)]


def test_each_series_counts_alike_whatever_figures_it_has() -> None:
    one = figures(110.0, 100.0, 90.0)
    other = figures(90.0).with_columns(unique_id=pl.lit("ev.production.DE"))

    (row,) = realised_scores(pl.concat([one, other]), by=[]).to_dicts()

    assert (row["mase"], row["series"], row["figures"]) == (pytest.approx((1.0 + 3.0) / 2), 2, 3)


def test_without_figures_there_are_no_scores() -> None:
    assert realised_scores(figures(110.0).clear(), by=["step"]).is_empty()
    (row,) = realised_scores(figures(110.0).clear(), by=[]).to_dicts()
    assert (row["mase"], row["skill"], row["series"], row["figures"]) == (None, None, 0, 0)
