"""The kind of a history."""

import numpy as np
import polars as pl
import pytest

from forecaster.domain.kinds import kind, opening


def kind_of(values: list[float]) -> str:
    return str(pl.DataFrame({"y": values}).select(kind()).item())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0] * 12, "constant"),
        ([7.0] * 12, "constant"),
        ([7.0], "constant"),
        ([1.0, 2.0, 3.0], "regular"),
        ([-1.0, 0.0, 0.0, 0.0, 3.0], "regular"),
        ([5.0, 0.0, 0.0, 4.0, 0.0, 0.0], "intermittent"),
    ],
)
def test_a_history_is_of_one_kind(values: list[float], expected: str) -> None:
    assert kind_of(values) == expected


def test_demands_must_lie_further_apart_than_the_source_says() -> None:
    at_the_bound, beyond = [1.0] * 75 + [0.0] * 24, [1.0] * 75 + [0.0] * 25

    assert kind_of(at_the_bound) == "regular"
    assert kind_of(beyond) == "intermittent"


def test_months_before_a_market_opened_do_not_count_once_it_has_been_open_for_a_year() -> None:
    assert kind_of([0.0] * 30 + [3.0, 4.0, 5.0] * 4) == "regular"
    assert kind_of([0.0] * 30 + [3.0, 4.0, 5.0]) == "intermittent"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0] * 20 + [100.0] * 12, 20),
        ([0.5] * 20 + [100.0] * 12, 20),
        ([0.0] * 20 + [1.0] * 12 + [100.0] * 12, 32),  # the last of several
        ([0.0] * 20 + [100.0] * 11, 0),  # no year follows yet
        ([10.0] * 20 + [99.0] * 12, 0),
        ([5.0] * 40, 0),
        ([-0.1] + [0.0] * 20 + [100.0] * 12, 0),
        ([0.0] * 40, 0),
        ([3.0], 0),
    ],
)
def test_a_history_begins_where_its_market_opened(values: list[float], expected: int) -> None:
    assert opening(np.array(values)) == expected
