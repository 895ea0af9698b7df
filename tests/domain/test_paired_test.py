"""The paired test of two forecasts: by hand, against a known one, and by how often it errs."""

from math import sqrt
from random import Random

import pytest
from numpy.fft import fft
from scipy import stats

from forecaster.domain.paired_test import bandwidth, p_value


def test_three_folds_by_hand() -> None:
    # Mean 2; the periodogram at 1/3 is 3 over 3 folds: the sample variance 1. t = 2 / sqrt(1/3), 2 degrees.
    t = 2 * sqrt(3)

    assert p_value([1.0, 2.0, 3.0], overlap=1) == pytest.approx(1 - t / sqrt(t**2 + 2))


def test_where_every_frequency_counts_it_is_the_t_test() -> None:
    differences = [0.3, -0.1, 0.4]

    assert p_value(differences, overlap=1) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)


def test_four_degrees_are_those_of_a_known_distribution() -> None:
    differences = [0.3, -0.1, 0.4, 0.2, -0.2, 0.5, 0.1, 0.0]
    count, (first, second) = 8, _waves(differences, 2)
    t = sum(differences) / count / sqrt((first + second) / 2 / count)

    assert bandwidth(count, overlap=1) == 2
    assert p_value(differences, overlap=1) == pytest.approx(2 * stats.t.sf(t, 4))


def _waves(values: list[float], count: int) -> list[float]:
    return [float(abs(one) ** 2 / len(values)) for one in fft(values)[1 : count + 1]]


def test_overlap_shrinks_the_statistic_by_hand() -> None:
    # Two folds share half: expected at 1/3 is 1 + 2 * 2/3 * 1/2 * cos(120°) = 2/3; at 0 it is 1 + 2 * 2/3 * 1/2 = 5/3.
    t = 2 * sqrt(3) * sqrt(2 / 5)

    assert p_value([1.0, 2.0, 3.0], overlap=2) == pytest.approx(1 - t / sqrt(t**2 + 2))


def test_the_order_of_the_two_does_not_matter() -> None:
    differences = [0.3, -0.1, 0.4, 0.2]

    assert p_value(differences, overlap=2) == pytest.approx(p_value([-one for one in differences], overlap=2))


def test_no_difference_is_chance_and_a_constant_one_is_none() -> None:
    assert p_value([0.0] * 5, overlap=1) == 1
    assert p_value([1.0] * 4, overlap=1) == pytest.approx(0, abs=1e-6)


def test_two_folds_tell_nothing() -> None:
    assert p_value([1.0, 2.0], overlap=1) is None


def rejections(*, folds: int, step: int, horizon: int, shared: float, seed: int, draws: int = 2000) -> float:
    """How often equally accurate forecasts are told apart at 5 %; of the variance of months, `shared` is common."""
    random, overlap, told = Random(seed), -(-horizon // step), 0
    for _ in range(draws):
        common = [random.gauss(0, sqrt(shared)) for _ in range(step * (folds - 1) + horizon)]
        means = [sum(common[step * at : step * at + horizon]) / horizon for at in range(folds)]
        own = sqrt((1 - shared) / horizon)
        p = p_value([mean + random.gauss(0, own) for mean in means], overlap=overlap)
        told += p is not None and p < 0.05
    return told / draws


@pytest.mark.parametrize(
    ("folds", "step", "horizon"), [(12, 3, 24), (24, 3, 24), (12, 3, 12), (6, 3, 6), (3, 3, 6), (24, 6, 6)]
)
def test_equal_forecasts_are_told_apart_in_one_of_twenty_cases_however_much_folds_overlap(
    folds: int, step: int, horizon: int
) -> None:
    assert 0.035 < rejections(folds=folds, step=step, horizon=horizon, shared=1, seed=1) < 0.065


@pytest.mark.parametrize("shared", [0, 0.5])
def test_where_folds_hang_together_less_equal_forecasts_are_told_apart_more_seldom(shared: float) -> None:
    assert rejections(folds=12, step=3, horizon=24, shared=shared, seed=2) < 0.05
