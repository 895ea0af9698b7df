"""Months solved from spans: hand-computed cases, and the law that a known sum is met."""

from hypothesis import given
from hypothesis import strategies as st

from forecaster.domain.spans import Known, Span, non_decreasing, settle


def span(first: int, last: int, value: float, *, tolerance: float = 0.0) -> Span:
    return Span(first, last, value, f"r{first}-{last}", tolerance)


def test_the_difference_of_two_totals_is_a_known_month() -> None:
    totals = [span(0, 1, 10.0), span(0, 2, 16.0)]

    settled = settle(totals)

    assert settled.known == (Known(0, 1, 10.0, ("r0-1",)), Known(2, 2, 6.0, ("r0-1", "r0-2")))
    assert settled.contradictions == ()


def test_a_hole_between_two_totals_keeps_the_sum_of_the_hole() -> None:
    totals = [span(0, 1, 10.0), span(0, 4, 40.0), span(3, 3, 9.0)]

    settled = settle(totals)

    assert [(k.first, k.last, k.value) for k in settled.known] == [(0, 1, 10.0), (2, 4, 30.0), (3, 3, 9.0)]


def test_months_and_a_total_settle_the_month_left_over() -> None:
    spans = [span(0, 0, 3.0), span(2, 2, 5.0), span(0, 2, 12.0)]

    settled = settle(spans)

    assert [(k.first, k.last, k.value) for k in settled.known] == [(0, 0, 3.0), (1, 1, 4.0), (2, 2, 5.0)]


def test_a_total_that_contradicts_stated_months_is_named_with_what_they_settle() -> None:
    spans = [span(0, 0, 3.0), span(1, 1, 4.0), span(0, 1, 9.0)]

    settled = settle(spans)

    assert [(c.span.value, c.expected) for c in settled.contradictions] == [(9.0, 7.0)]


def test_rounding_is_no_contradiction() -> None:
    spans = [span(0, 0, 3.0, tolerance=0.5), span(1, 1, 4.0, tolerance=0.5), span(0, 1, 8.0, tolerance=0.5)]

    settled = settle(spans)

    assert settled.contradictions == ()


def test_of_totals_that_fall_the_misprint_is_left_out() -> None:
    totals = [span(0, 3, 60.0), span(0, 4, 85.4), span(0, 5, 67.4), span(0, 6, 80.0)]

    kept, left_out = non_decreasing(totals)

    assert [total.value for total in kept] == [60.0, 67.4, 80.0]
    assert [total.value for total in left_out] == [85.4]


@given(
    months=st.lists(st.integers(0, 1000), min_size=2, max_size=24),
    picks=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=40),
)
def test_whatever_spans_are_stated_every_known_sum_is_true(months: list[int], picks: list[tuple[int, int]]) -> None:
    ends = [sorted((a % len(months), b % len(months))) for a, b in picks]
    spans = [span(first, last, float(sum(months[first : last + 1]))) for first, last in ends]

    settled = settle(spans)

    assert settled.contradictions == ()
    for known in settled.known:
        assert known.value == sum(months[known.first : known.last + 1])


def test_the_rounding_of_other_years_excuses_no_gap() -> None:
    years = [span(12 * at, 12 * at + 11, 1000.0, tolerance=5.0) for at in range(10)]
    totals = [span(120, 122, 45.74, tolerance=0.005), span(120, 123, 60.5, tolerance=0.05)]
    stated = span(123, 123, 14.37, tolerance=0.005)

    settled = settle([*years, *totals, stated])

    assert [(c.span, round(c.expected, 2)) for c in settled.contradictions] == [(stated, 14.76)]
