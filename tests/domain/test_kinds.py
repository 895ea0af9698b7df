"""The kind of a history."""

import polars as pl
import pytest

from forecaster.domain.kinds import kind


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
