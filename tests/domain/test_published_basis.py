"""Sums from January on: of what is forecast, and of what is known."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.domain.bridges import Month
from forecaster.domain.errors import BadParameter
from forecaster.domain.paths import PATHS, Place, places
from forecaster.domain.published_basis import Observation, Stated, Total, check_basis, forecast_totals, in_basis
from forecaster.domain.vintage import QUANTILES

JANUARY = 2026 * 12
EVERY_RANK = [(at + 1) / (PATHS + 1) for at in range(PATHS)]
TOGETHER = places(EVERY_RANK)
APART = places(EVERY_RANK[::-1])

LEVELS = st.floats(0, 1e6)
SPREADS = st.lists(LEVELS, min_size=len(QUANTILES) - 1, max_size=len(QUANTILES) - 1)
MONTHS = st.lists(st.tuples(LEVELS, SPREADS), min_size=1, max_size=26)
KNOWN = st.lists(LEVELS, max_size=11)


def known(*values: float, obtained: str = "reported", block: tuple[int, int] | None = None) -> dict[int, Month]:
    """Months from January on, each known by itself unless a block is given."""
    numbers = range(JANUARY, JANUARY + len(values))
    return {n: Month(n, y, obtained, block or (n, n), (f"r{n}",)) for n, y in zip(numbers, values, strict=True)}


def totals(
    months: list[tuple[float, list[float]]],
    *,
    so_far: dict[int, Month],
    paths: tuple[Place, ...] = TOGETHER,
    basis: str = "ytd",
) -> list[Total]:
    quantiles = [list(accumulate(spread, initial=low)) for low, spread in months]
    return forecast_totals(
        first=JANUARY + len(so_far),
        means=[row[6] for row in quantiles],
        quantiles=quantiles,
        known=so_far,
        paths=[paths] * len(months),
        basis=basis,
    )


def test_a_running_year_starts_from_what_is_published_and_the_next_from_nothing() -> None:
    flat = [0.0] * (len(QUANTILES) - 1)
    so_far = known(*[10.0] * 10)

    found = totals([(5.0, flat), (6.0, flat), (7.0, flat), (8.0, flat)], so_far=so_far)

    assert [(total.number - JANUARY, total.mean) for total in found] == [
        (10, 105.0),
        (11, 111.0),
        (12, 7.0),
        (13, 15.0),
    ]


def test_jan_feb_is_the_sum_at_february_with_a_january_that_is_known() -> None:
    flat = [0.0] * (len(QUANTILES) - 1)

    found = totals([(float(at), flat) for at in range(1, 15)], so_far=known(100.0), basis="jan-feb")

    assert [(total.number - JANUARY, total.mean) for total in found] == [(1, 101.0), (13, 25.0)]


def test_a_year_whose_january_is_not_known_has_no_sums() -> None:
    flat = [0.0] * (len(QUANTILES) - 1)
    of_march = {JANUARY + 2: known(1.0, 2.0, 3.0)[JANUARY + 2]}

    found = forecast_totals(
        first=JANUARY + 3,
        means=[1.0] * 10,
        quantiles=[list(accumulate(flat, initial=1.0))] * 10,
        known=of_march,
        paths=[TOGETHER] * 10,
        basis="ytd",
    )

    assert [total.number - JANUARY for total in found] == [12]


@pytest.mark.parametrize(
    ("months", "estimated"),
    [
        (known(1.0, 2.0), False),
        (known(1.0, 2.0, obtained="estimated", block=(JANUARY, JANUARY + 1)), False),
        (known(1.0, 2.0, obtained="estimated", block=(JANUARY - 2, JANUARY + 1)), True),
        ({n: Month(n, 1.0, "estimated", None, ()) for n in (JANUARY, JANUARY + 1)}, True),
    ],
    ids=["known by month", "their sum stated", "a sum that reaches into last year", "bridged"],
)
def test_a_year_that_rests_on_nothing_stated_says_so(months: dict[int, Month], estimated: bool) -> None:
    found = totals([(1.0, [1.0] * 12)] * 12, so_far=months)

    assert {total.includes_estimated for total in found[:10]} == {estimated}
    assert {total.includes_estimated for total in found[10:]} == {False}


@given(MONTHS, KNOWN)
def test_one_sum_less_the_one_before_is_the_month_of_the_means(
    months: list[tuple[float, list[float]]], values: list[float]
) -> None:
    found = {total.number: total.mean for total in totals(months, so_far=known(*values))}

    for at, (low, spread) in enumerate(months):
        number = JANUARY + len(values) + at
        before = found.get(number - 1, sum(values)) if number % 12 else 0.0
        assert found[number] - before == pytest.approx(low + sum(spread[:6]), abs=1e-6)


@given(MONTHS, KNOWN)
def test_paths_that_keep_their_rank_add_up_to_sums_of_quantiles(
    months: list[tuple[float, list[float]]], values: list[float]
) -> None:
    found = totals(months, so_far=known(*values))

    running = [sum(values)] * len(QUANTILES)
    for total, (low, spread) in zip(found, months, strict=True):
        held = accumulate(spread, initial=low)
        running = [(0.0 if total.number % 12 == 0 else so_far) + q for so_far, q in zip(running, held, strict=True)]
        assert total.quantiles == pytest.approx(running, rel=1e-9, abs=1e-6)


@given(MONTHS, KNOWN, st.sampled_from([TOGETHER, APART]))
def test_quantiles_of_sums_are_in_order_and_never_below_what_is_published(
    months: list[tuple[float, list[float]]], values: list[float], paths: tuple[Place, ...]
) -> None:
    for total in totals(months, so_far=known(*values), paths=paths):
        floor = sum(values) if total.number < JANUARY + 12 else 0.0
        assert all(low <= high for low, high in pairwise((floor, *total.quantiles)))


def test_sums_that_fall_together_are_wider_than_those_that_make_up_for_each_other() -> None:
    months = [(100.0, [10.0] * 12)] * 2
    step = [TOGETHER, APART]
    quantiles = [list(accumulate(spread, initial=low)) for low, spread in months]
    plain = {"first": JANUARY, "means": [160.0] * 2, "quantiles": quantiles, "known": {}, "basis": "ytd"}

    against = forecast_totals(**plain, paths=step)[1].quantiles  # type: ignore[arg-type]  # plain values
    along = forecast_totals(**plain, paths=[TOGETHER] * 2)[1].quantiles  # type: ignore[arg-type]  # plain values

    assert along[-1] - along[0] == pytest.approx(240.0)
    assert against[-1] - against[0] < 60.0


def test_known_sums_are_reported_differenced_or_estimated() -> None:
    months = [*known(40.0, 60.0, obtained="estimated", block=(JANUARY, JANUARY + 1)).values()]
    months += [Month(JANUARY + 2, 50.0, "reported", (JANUARY + 2, JANUARY + 2), ("r",))]
    stated = {(JANUARY, JANUARY + 1): [Stated(100.0, 0.5, "total")]}

    found = in_basis(months, basis="ytd", stated=stated)

    assert [(one.value, one.obtained) for one in found] == [
        (40.0, "estimated"),
        (100.0, "reported"),
        (150.0, "differenced"),
    ]
    assert found[1].reports == ("total", f"r{JANUARY}", f"r{JANUARY + 1}")
    assert in_basis(months, basis="jan-feb", stated=stated) == [found[1]]


def test_a_total_that_its_months_contradict_is_not_passed_off_as_theirs() -> None:
    stated = {(JANUARY, JANUARY + 1): [Stated(130.0, 0.5, "other"), Stated(101.0, 0.5, "total")]}

    (found,) = in_basis(list(known(40.0, 60.0).values()), basis="jan-feb", stated=stated)
    (none,) = in_basis(list(known(40.0, 70.0).values()), basis="jan-feb", stated=stated)

    assert (found.value, found.obtained) == (101.0, "reported")  # the months are rounded too
    assert (none.value, none.obtained) == (110.0, "differenced")


def test_months_are_given_as_they_are_and_sums_only_from_a_january_on() -> None:
    months = [Month(number, 1.0, "reported", (number, number), ()) for number in range(JANUARY - 2, JANUARY + 2)]

    assert len(in_basis(months, basis="month", stated={})) == 4
    assert [one.number for one in in_basis(months, basis="ytd", stated={})] == [JANUARY, JANUARY + 1]
    assert in_basis(months[:2], basis="ytd", stated={}) == []
    assert in_basis(months, basis="month", stated={})[0] == Observation(JANUARY - 2, 1.0, "reported", ())


def test_a_stock_has_no_sums() -> None:
    check_basis("month", series_id="x", kind="stock")

    with pytest.raises(BadParameter, match="'ytd' is not offered for x, a stock; ask for month"):
        check_basis("ytd", series_id="x", kind="stock")
