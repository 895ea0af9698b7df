"""Futures of a series out of its quantiles and the ranks of its pool."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.domain.paths import PATHS, places, quantiles_of, values_at
from forecaster.domain.vintage import QUANTILES

EVERY_RANK = [(at + 1) / (PATHS + 1) for at in range(PATHS)]

QUANTILE_ROWS = st.tuples(
    st.floats(0, 1e6), st.lists(st.floats(0, 1e6), min_size=len(QUANTILES) - 1, max_size=len(QUANTILES) - 1)
).map(lambda parts: list(accumulate(parts[1], initial=parts[0])))


def test_a_rank_that_is_kept_stands_for_its_quantile() -> None:
    held = [float(at) for at in range(len(QUANTILES))]

    assert values_at(places(QUANTILES), quantiles=held) == pytest.approx(held)


def test_between_quantiles_values_lie_straight_and_go_on_beyond_them() -> None:
    held = [100 * quantile for quantile in QUANTILES]

    assert values_at(places([0.01, 0.075, 0.99]), quantiles=held) == pytest.approx([1.0, 7.5, 99.0])


def test_what_is_never_below_nothing_stays_so_beyond_its_lowest_quantile() -> None:
    held = [0.0, *(1000.0 * at for at in range(1, len(QUANTILES)))]

    assert values_at(places([0.001]), quantiles=held) == [0.0]
    assert values_at(places([0.001]), quantiles=[-1.0, *held[1:]])[0] < -1.0


@given(QUANTILE_ROWS)
def test_paths_have_the_quantiles_that_they_were_made_from(held: list[float]) -> None:
    found = quantiles_of(values_at(places(EVERY_RANK), quantiles=held))

    assert found == pytest.approx(held, rel=1e-9, abs=1e-6)
    assert all(low <= high for low, high in pairwise(found))
