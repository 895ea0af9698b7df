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
    values=st.lists(st.integers(0, 1000) | st.just(0) | st.integers(0, 1_000_000), min_size=6, max_size=24),
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
        assert sum(y[at] for at in range(total.first, total.last + 1)) == pytest.approx(
            total.value, rel=1e-5, abs=1e-6 * sum(values)
        )


def test_a_small_sum_across_a_large_one_is_no_contradiction() -> None:
    found = months(known(0, 11, 100.0), known(3, 14, 10.0))

    assert sum(found[at] for at in range(12)) == pytest.approx(100.0)
    assert sum(found[at] for at in range(3, 15)) == pytest.approx(10.0)


def test_a_month_held_at_nothing_on_the_way_is_let_go_again_where_a_sum_needs_it() -> None:
    sums = [known(0, 2, 9.3), known(2, 3, 73.6), known(3, 4, 68.5), known(4, 5, 1087.4)]

    found = months(*sums)

    for total in sums:
        inside = range(total.first - START, total.last - START + 1)
        assert sum(found[at] for at in inside) == pytest.approx(total.value, rel=1e-4)


def test_crossing_sums_are_met_with_the_month_that_was_stated_within_them() -> None:
    sums = [known(1, 1, 10.0), known(0, 2, 40.0), known(2, 4, 50.0)]
    stated = {START + 1: Span(START + 1, START + 1, 12.0, "stated", 0.0)}

    found, unmet = shared_out(sums, stated=stated, country=COUNTRY)

    y = {month.number - START: month.y for month in found}
    assert unmet == []
    assert y[1] == 12.0
    assert y[0] + y[1] + y[2] == pytest.approx(40.0)


def test_a_stated_month_stays_whatever_the_crossing_sums_around_it_say() -> None:
    stated = {START + 2: Span(START + 2, START + 2, 500.0, "stated", 0.0)}
    sums = [known(2, 2, 500.0), known(0, 3, 40.0), known(3, 5, 40.0), known(1, 4, 45.0)]

    found, unmet = shared_out(sums, stated=stated, country=COUNTRY)

    assert [(month.y, month.obtained) for month in found if month.number == START + 2] == [(500.0, "reported")]
    assert {(one.known.first - START, one.known.last - START) for one in unmet} == {(0, 3), (1, 4)}


def test_the_one_wrong_sum_among_crossing_ones_is_named_and_the_others_met() -> None:
    wrong = known(1, 3, 500.0)  # within 0..3, which is 40, as sums that cross say, too
    sums = [known(0, 3, 40.0), known(2, 5, 40.0), known(4, 7, 40.0), wrong]

    found, unmet = shared_out(sums, stated={}, country=COUNTRY)

    y = {month.number - START: month.y for month in found}
    assert [(one.known, one.other) for one in unmet] == [(wrong, pytest.approx(30.0, rel=0.1))]
    assert sum(y[at] for at in range(4)) == pytest.approx(40.0)
    assert sum(y[at] for at in range(2, 6)) == pytest.approx(40.0)
