"""Known sums become months that meet every one of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.sharing import shared_out
from forecaster.domain.spans import Known, Span, settle

COUNTRY = "XX"  # no known calendar: weekdays
START = 2024 * 12


def known(first: int, last: int, value: float) -> Known:
    return Known(START + first, START + last, value, ("r",))


def months(*sums: Known) -> dict[int, float]:
    found, unmet = shared_out(sums, stated={}, country=COUNTRY)
    assert unmet == []
    return {month.number - START: month.y for month in found}


def test_a_sum_is_shared_out_by_working_days() -> None:
    found = months(known(0, 1, 440.0))  # 23 weekdays in January 2024, 21 in February

    assert found == pytest.approx({0: 230.0, 1: 210.0})


def test_a_longer_sum_shares_out_what_a_month_within_it_leaves() -> None:
    found = months(known(0, 2, 640.0), known(1, 1, 200.0))  # 23, 21 and 21 weekdays

    assert found == pytest.approx({0: 230.0, 1: 200.0, 2: 210.0})


def test_sums_that_cross_are_both_met() -> None:
    found = months(known(0, 3, 400.0), known(2, 5, 700.0))

    assert sum(found[at] for at in range(4)) == pytest.approx(400.0)
    assert sum(found[at] for at in range(2, 6)) == pytest.approx(700.0)
    assert min(found.values()) > 0


def test_a_sum_that_its_own_months_exceed_is_named_and_left_out() -> None:
    found, unmet = shared_out([known(0, 2, 10.0), known(1, 1, 20.0)], stated={}, country=COUNTRY)

    assert [(one.known.value, one.other) for one in unmet] == [(10.0, -10.0)]
    assert [month.y for month in found] == [20.0]


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.integers(0, 1000), min_size=6, max_size=24),
    picks=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=12),
)
def test_whatever_spans_of_true_months_were_stated_every_one_is_met(
    values: list[int], picks: list[tuple[int, int]]
) -> None:
    ends = [sorted((a % len(values), b % len(values))) for a, b in picks]
    spans = [Span(START + a, START + b, float(sum(values[a : b + 1])), f"r{a}-{b}", 0.0) for a, b in ends]

    found, unmet = shared_out(settle(spans).known, stated={}, country=COUNTRY)

    y = {month.number: month.y for month in found}
    assert unmet == []
    assert min(y.values()) >= 0
    for total in settle(spans).known:
        assert sum(y[at] for at in range(total.first, total.last + 1)) == pytest.approx(total.value, rel=1e-5)


def test_a_small_sum_across_a_large_one_is_no_contradiction() -> None:
    found = months(known(0, 11, 100.0), known(3, 14, 10.0))

    assert sum(found[at] for at in range(12)) == pytest.approx(100.0)
    assert sum(found[at] for at in range(3, 15)) == pytest.approx(10.0)


def test_the_one_wrong_sum_among_crossing_ones_is_named_and_the_others_met() -> None:
    wrong = known(1, 3, 500.0)  # within 0..3, which is 40, as sums that cross say, too
    sums = [known(0, 3, 40.0), known(2, 5, 40.0), known(4, 7, 40.0), wrong]

    found, unmet = shared_out(sums, stated={}, country=COUNTRY)

    y = {month.number - START: month.y for month in found}
    assert [(one.known, one.other) for one in unmet] == [(wrong, pytest.approx(30.0, rel=0.1))]
    assert sum(y[at] for at in range(4)) == pytest.approx(40.0)
    assert sum(y[at] for at in range(2, 6)) == pytest.approx(40.0)
