"""How far a forecast is drawn towards a plain one, with errors worked out by hand."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.anchoring import LARGEST, anchored, shares, weights_with_anchor
from forecaster.domain.combination import COMBINATION
from forecaster.domain.intervals import ENOUGH
from forecaster.domain.months import month_after, months_between
from forecaster.domain.scores import error_scales
from tests.panels import panel

HERE, THERE = "ev.sales.DE.bev", "ev.sales.FR.bev"
START, MONTHS, HORIZON = date(2020, 1, 1), 72, 12
NAIVE = "naive"
CUTOFFS = [month_after(START, months=at) for at in range(29, MONTHS)]
LAST = CUTOFFS[-1]
"""Of the other cutoffs 31 have 12 figures each by now, and eleven have 11 to 1: 438 figures a series."""


def rows(*names: str) -> pl.DataFrame:
    """Each year 10 above the last: the scale is 10."""
    return pl.concat(panel([100.0 + 10 * (at // 12) for at in range(MONTHS)], unique_id=name) for name in names)


def actual(day: date) -> float:
    return 100.0 + 10 * (day.year - START.year)


def points(name: str, *, own: float, other: float) -> pl.DataFrame:
    """Forecasts that are so far too high, of the combination and the anchor."""
    found = [
        (name, cutoff, day, step, model, actual(day) + error)
        for cutoff in CUTOFFS
        for step in range(1, HORIZON + 1)
        for day in [month_after(cutoff, months=step)]
        for model, error in ((COMBINATION, own), (NAIVE, other))
    ]
    schema = {
        "unique_id": pl.String(),
        "cutoff": pl.Date(),
        "ds": pl.Date(),
        "step": pl.Int32(),
        "model": pl.String(),
        "y_hat": pl.Float64(),
    }
    return pl.DataFrame(found, schema=schema, orient="row")


def told(*forecasts: pl.DataFrame) -> pl.DataFrame:
    made = pl.concat(forecasts)
    names = made["unique_id"].unique(maintain_order=True).to_list()
    held = rows(*names)
    scales = error_scales(held, cutoffs=made.select("unique_id", "cutoff").unique())
    return shares(made, anchor=NAIVE, panel=held, scales=scales)


def at(found: pl.DataFrame, *, name: str, cutoff: date = LAST) -> float:
    (share,) = found.filter(unique_id=name, cutoff=cutoff)["share"]
    return float(share)


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (10.0, -10.0, 0.5),  # half of each is without error
        (10.0, -30.0, 0.2),  # 0.25 would be: 0.2 errs by 2, 0.3 by 2 as well, and the smaller is taken
        (10.0, 0.0, 0.6),
        (0.0, 10.0, 0.0),
        (10.0, 10.0, 0.0),
    ],
)
def test_the_share_is_the_one_that_past_errors_ask_for(own: float, other: float, expected: float) -> None:
    assert at(told(points(HERE, own=own, other=other)), name=HERE) == expected


def test_only_errors_known_by_a_cutoff_count_there_and_too_few_tell_nothing() -> None:
    found = told(points(HERE, own=10.0, other=0.0))

    known = {
        cutoff: sum(min(HORIZON, months_number(earlier, cutoff)) for earlier in CUTOFFS if earlier < cutoff)
        for cutoff in CUTOFFS
    }
    assert found["cutoff"].to_list() == [cutoff for cutoff in CUTOFFS if known[cutoff] >= ENOUGH]


def months_number(first: date, last: date) -> int:
    frame = pl.DataFrame({"first": [first], "last": [last]})
    return int(frame.select(months_between("first", "last")).item()) - 1


def test_a_series_of_its_own_kind_is_shrunk_towards_its_sector() -> None:
    found = told(points(HERE, own=10.0, other=0.0), points(THERE, own=0.0, other=10.0))

    assert (at(found, name=HERE), at(found, name=THERE)) == (0.6, 0.0)


def test_a_series_without_errors_takes_what_its_sector_asks_for() -> None:
    lone = points(THERE, own=0.0, other=0.0).filter(pl.col("cutoff") == LAST)

    assert at(told(points(HERE, own=10.0, other=-10.0), lone), name=THERE) == 0.5


def test_a_boom_that_no_forecast_saw_does_not_decide() -> None:
    beyond = 2 * LARGEST * 10

    assert at(told(points(HERE, own=-4 * beyond, other=-beyond)), name=HERE) == 0.0


def test_the_combination_is_drawn_and_nothing_else() -> None:
    made = points(HERE, own=10.0, other=-10.0)
    half = pl.DataFrame({"unique_id": [HERE], "cutoff": [LAST], "share": [0.4]})

    found = anchored(made, anchor=NAIVE, shares=half)

    drawn = (pl.col("model") == COMBINATION) & (pl.col("cutoff") == LAST)
    assert found.filter(drawn)["y_hat"].to_list() == pytest.approx([actual(day) + 2 for day in ahead()])
    assert found.filter(~drawn).equals(made.filter(~drawn))


def ahead() -> list[date]:
    return [month_after(LAST, months=step) for step in range(1, HORIZON + 1)]


def test_without_an_anchor_forecasts_stay_as_they_are() -> None:
    made = points(HERE, own=10.0, other=0.0)
    held = rows(HERE)
    none = shares(made, anchor="", panel=held, scales=error_scales(held, cutoffs=made.select("unique_id", "cutoff")))

    assert none.is_empty()
    assert anchored(made, anchor="", shares=none).equals(made)


def test_weights_name_the_anchor_and_sum_to_one() -> None:
    weights = pl.DataFrame({"unique_id": ["a", "a", "b"], "model": ["m", "n", "m"], "weight": [0.5, 0.5, 1.0]})
    told_shares = pl.DataFrame({"unique_id": ["a", "b"], "share": [0.2, 0.0]})

    found = weights_with_anchor(weights, anchor=NAIVE, shares=told_shares)

    assert found.rows() == [("a", "m", 0.4), ("a", "n", 0.4), ("a", NAIVE, 0.2), ("b", "m", 1.0)]
