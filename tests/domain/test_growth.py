"""A combined forecast goes no further than its series' past growth allows."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.growth import Held, held
from tests.panels import panel

EV = "ev.production.CN"
START = date(2020, 1, 1)


def held_at(values: list[float], *, y_hat: float, step: int = 1, season: int = 12) -> Held:
    rows = panel(values, start=START)
    points = pl.DataFrame(
        {"unique_id": [EV], "cutoff": [rows["ds"].max()], "step": [step], "y_hat": [y_hat]},
        schema_overrides={"step": pl.Int32()},
    )
    return held(points, panel=rows, season=season)


def y_hat(found: Held) -> float:
    return float(found.points["y_hat"].item())


@pytest.mark.parametrize(("step", "bound"), [(1, 200.0), (12, 200.0), (13, 400.0), (24, 400.0), (120, 2000.0)])
def test_a_calm_series_may_double_each_year_and_no_more_than_twentyfold(step: int, bound: float) -> None:
    assert y_hat(held_at([100.0] * 36, y_hat=1e9, step=step)) == bound
    assert y_hat(held_at([100.0] * 36, y_hat=bound, step=step)) == bound


def test_a_series_that_grew_fivefold_in_a_year_may_do_so_again() -> None:
    assert y_hat(held_at([10.0] * 12 + [50.0] * 12, y_hat=1e9)) == 250.0


def test_growth_of_long_ago_is_forgotten() -> None:
    assert y_hat(held_at([10.0] * 12 + [100.0] * 60, y_hat=1e9)) == 200.0


def test_figures_that_come_later_allow_nothing_earlier() -> None:
    rows = panel([100.0] * 24 + [1e6] * 12, start=START)
    points = pl.DataFrame(
        {"unique_id": [EV], "cutoff": [date(2021, 12, 1)], "step": [1], "y_hat": [1e6]},
        schema_overrides={"step": pl.Int32()},
    )

    assert y_hat(held(points, panel=rows)) == 200.0


def test_negative_forecasts_are_held_alike_and_zeros_stay_zero() -> None:
    assert y_hat(held_at([-100.0] * 36, y_hat=-1e9)) == -200.0
    assert y_hat(held_at([0.0] * 36, y_hat=1e9)) == 0.0


def test_a_forecast_that_is_held_is_told_and_no_other() -> None:
    bitten, left = held_at([100.0] * 36, y_hat=1e9), held_at([100.0] * 36, y_hat=150.0)

    assert [(one.unique_id, one.model, one.cutoff) for one in bitten.told] == [(EV, "combination", date(2022, 12, 1))]
    assert bitten.told[0].reason == "1 steps are held at 2 times the largest figure: its past growth allows no more"
    assert left.told == ()
