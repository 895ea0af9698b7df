"""Seasonal adjustment and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.domain.adjustment import adjusted, opening

SEASON = 12
PATTERN = np.array([0.6, 0.7, 1.0, 1.0, 1.1, 1.0, 0.9, 1.0, 1.2, 1.1, 1.2, 1.2])


@pytest.mark.parametrize("logs", [True, False])
def test_a_clean_season_is_taken_off_and_put_on_again(logs: bool) -> None:
    y = np.tile(PATTERN, 6) * 100

    way = adjusted(y, logs=logs, season=SEASON)

    assert np.ptp(way.values) < 0.02 * np.ptp(y if not logs else np.log(y))
    assert way.back(np.full(SEASON, way.values[-1])) == pytest.approx(PATTERN * 100, rel=0.02)


def test_a_season_that_is_noise_is_left_alone() -> None:
    y = 100 + np.random.default_rng(7).normal(0, 10, 36)

    way = adjusted(y, logs=False, season=SEASON)

    assert np.abs(way.last_year).max() < 0.6 * np.ptp(y)
    assert np.var(way.last_year) < 0.5 * np.var(y)


def test_under_a_year_there_is_no_season() -> None:
    way = adjusted(PATTERN[:-1] * 100, logs=True, season=SEASON)

    assert not way.last_year.any()


@pytest.mark.parametrize("growth", [0.0, 0.2])
@pytest.mark.parametrize("months", [18, 24])
def test_a_season_that_came_twice_is_mostly_taken_off_and_put_on_again(months: int, growth: float) -> None:
    level = 100 * (1 + growth) ** (np.arange(months) / SEASON)
    y = np.tile(PATTERN, 2)[:months] * level

    way = adjusted(y, logs=True, season=SEASON)

    assert np.ptp(way.values - np.log(level)) < 0.3 * np.ptp(np.log(PATTERN))
    assert np.corrcoef(way.last_year, np.log(np.tile(PATTERN, 2)[months - SEASON : months]))[0, 1] > 0.98


def test_of_a_year_known_once_most_is_taken_for_a_season() -> None:
    way = adjusted(PATTERN * 100, logs=True, season=SEASON)

    assert 0.6 * np.ptp(np.log(PATTERN)) < np.ptp(way.last_year) < 0.9 * np.ptp(np.log(PATTERN))


@pytest.mark.parametrize("months", [12, 13, 18, 24])
def test_months_that_rise_one_after_the_other_are_growth_and_no_season(months: int) -> None:
    y = 100.0 * np.arange(1, months + 1)

    way = adjusted(y, logs=False, season=SEASON)

    assert np.abs(way.last_year).max() * way.unit < 0.1 * np.ptp(y)


def test_two_years_that_have_nothing_in_common_have_little_season() -> None:
    y = 100 + np.random.default_rng(5).normal(0, 10, 24)

    way = adjusted(y, logs=False, season=SEASON)

    assert np.var(way.last_year) < 0.5 * np.var(y / way.unit)


def test_zeros_are_kept_by_the_logarithm_of_one_more() -> None:
    y = np.array([0.0, 5.0] * 20)

    way = adjusted(y, logs=True, season=SEASON)

    assert way.logs == "log1p"
    assert way.back(np.array([-50.0]))[0] == 0.0


def test_negative_figures_are_never_put_on_logarithms() -> None:
    way = adjusted(np.array([-1.0, 3.0] * 20), logs=True, season=SEASON)

    assert way.logs == ""
    assert way.back(np.array([-9.0]))[0] < 0


@given(st.lists(st.floats(0, 1e9), min_size=8, max_size=80), st.floats(-1e6, 1e6))
def test_whatever_a_model_says_comes_back_finite_and_never_below_nothing(values: list[float], said: float) -> None:
    y = np.array(values)

    back = adjusted(y, logs=True, season=SEASON).back(np.full(24, said))

    assert np.isfinite(back).all()
    assert (back >= 0).all()


def test_an_outlier_is_put_where_trend_and_season_have_it() -> None:
    y = np.tile(PATTERN, 6) * 100 * (1 + 0.01 * np.random.default_rng(3).normal(size=72))
    hit = y.copy()
    hit[40] = 5.0

    clean, struck = adjusted(y, logs=True, season=SEASON), adjusted(hit, logs=True, season=SEASON)

    assert struck.values[40] == pytest.approx(clean.values[40], abs=0.1)
    assert struck.last_year == pytest.approx(clean.last_year, abs=0.02)


def test_the_latest_periods_are_no_outliers_since_a_level_may_have_shifted() -> None:
    y = np.tile(PATTERN, 6) * 100 * (1 + 0.01 * np.random.default_rng(3).normal(size=72))
    y[-2:] /= 2

    way = adjusted(y, logs=False, season=SEASON)

    assert way.values[-1] * way.unit < 0.7 * 100


@pytest.mark.parametrize("y", [[3.0, 5.0, 4.0], [0.0, 5.0, 9.0], [-3.0, 5.0, -4.0]])
def test_the_way_onto_the_scale_of_the_models_leads_back(y: list[float]) -> None:
    figures = np.array(y)
    way = adjusted(figures, logs=True, season=12)

    back = way.off_scale(way.on_scale(figures))

    assert back == pytest.approx(figures)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0] * 20 + [100.0] * 12, 20),
        ([0.5] * 20 + [100.0] * 12, 20),
        ([0.0] * 20 + [1.0] * 12 + [100.0] * 12, 32),  # the last of several
        ([0.0] * 20 + [100.0] * 11, 0),  # no year follows yet
        ([10.0] * 20 + [99.0] * 12, 0),
        ([100.0] * 20 + [1500.0] + [100.0] * 15, 0),  # a slip
        ([0.0] * 20 + [5.0] + [0.0] * 20, 20),  # rare, not opened: but nothing is lost with zeros
        ([5.0] * 40, 0),
        ([-0.1] + [0.0] * 20 + [100.0] * 12, 0),
        ([0.0] * 40, 0),
        ([3.0], 0),
    ],
)
def test_a_history_begins_where_its_market_opened(values: list[float], expected: int) -> None:
    assert opening(np.array(values), season=SEASON) == expected


def test_a_year_that_follows_an_opening_is_a_season_and_twelve_periods_at_least() -> None:
    assert opening(np.array([0.0] * 20 + [100.0] * 20), season=24) == 0
    assert opening(np.array([0.0] * 20 + [100.0] * 24), season=24) == 20
    assert opening(np.array([0.0] * 20 + [100.0] * 8), season=4) == 0
