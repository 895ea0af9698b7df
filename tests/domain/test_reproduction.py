"""Two sets of forecasts, number by number."""

import polars as pl

from forecaster.domain.reproduction import Worst, compare
from tests.vintages import EV, LFP, tiny_vintage

FORECASTS = tiny_vintage().forecasts


def test_the_same_forecasts_do_not_differ() -> None:
    found = compare(FORECASTS, FORECASTS)

    assert found.is_none
    assert (found.series, found.numbers, found.largest, found.worst) == (2, 2 * 24 * 14, 0.0, None)


def test_the_number_that_differs_most_for_its_size_is_named() -> None:
    first = (pl.col("series_id") == LFP) & (pl.col("step") == 1)
    changed = FORECASTS.with_columns(
        mean=pl.when(first).then(pl.col("mean") * 2).otherwise(pl.col("mean") + 1e-9 * (pl.col("step") == 2))
    )

    found = compare(FORECASTS, changed)

    assert not found.is_none
    assert found.differing == 1 + 2
    assert found.largest == 0.5
    assert found.worst == Worst(LFP, "2026-09", "mean", 90.9, 181.8)


def test_series_that_only_one_of_them_has_are_named() -> None:
    found = compare(FORECASTS.filter(pl.col("series_id") == EV), FORECASTS.filter(pl.col("series_id") == LFP))

    assert not found.is_none
    assert (found.series, found.only_then, found.only_now) == (0, (EV,), (LFP,))
