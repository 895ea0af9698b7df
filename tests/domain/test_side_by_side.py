"""Two runs' backtests side by side."""

from datetime import date
from math import sqrt

import polars as pl
import pytest

from forecaster.domain.side_by_side import ALL, side_by_side


def backtest(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """unique_id, month of 2024, y_hat; what came is 10, a usual error 2."""
    months = [
        (key, date(2023, 12, 1), "combination", date(2024, at, 1), date(2024, at, 1), 10.0, y, 2.0)
        for key, at, y in rows
    ]
    names = ["unique_id", "cutoff", "model", "block_start", "block_end", "y", "y_hat", "scale"]
    return pl.DataFrame(months, schema=names, orient="row")


def test_series_are_compared_pair_by_pair_on_the_figures_that_both_forecast() -> None:
    first = backtest(("ev.a", 1, 12.0), ("ev.a", 2, 14.0), ("ev.b", 1, 12.0), ("solar.c", 1, 10.0))
    second = backtest(("ev.a", 1, 11.0), ("ev.b", 1, 16.0), ("solar.c", 1, 10.0))

    found = side_by_side(first, second)

    ev, solar, whole = found.sectors.rows(named=True)
    assert (ev["sector"], ev["series"], ev["figures"], ev["first"], ev["second"]) == ("ev", 2, 2, 1.0, 1.75)
    assert (ev["difference"], ev["better"], ev["worse"]) == (0.75, 1, 1)
    assert ev["error"] == pytest.approx(2.5 / sqrt(2) / sqrt(2))  # of -0.5 and 2
    assert (solar["difference"], solar["error"], solar["better"], solar["worse"]) == (0.0, None, 0, 0)
    assert (whole["sector"], whole["series"], whole["difference"]) == (ALL, 3, 0.5)
    assert found.series["unique_id"].to_list() == ["ev.a", "solar.c", "ev.b"]


def test_runs_without_a_figure_in_common_have_nothing_to_compare() -> None:
    found = side_by_side(backtest(("ev.a", 1, 12.0)), backtest(("ev.a", 2, 12.0)))

    assert found.sectors.is_empty()
    assert found.series.is_empty()
