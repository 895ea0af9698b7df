"""Rolling cutoffs."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.experiment import Folds
from forecaster.domain.folds import fold_numbers, last_cutoffs, rolling_cutoffs
from forecaster.domain.months import month_after
from tests.panels import panel, with_shared


def test_cutoffs_lie_step_by_step_before_the_end() -> None:
    history = panel([1.0] * 24)

    cutoffs = rolling_cutoffs(history, folds=Folds(count=3, step=3, min_train=12))

    assert cutoffs["cutoff"].to_list() == [date(2021, 3, 1), date(2021, 6, 1), date(2021, 9, 1)]


def test_a_cutoff_with_too_little_before_it_is_no_fold() -> None:
    history = panel([1.0] * 24)

    cutoffs = rolling_cutoffs(history, folds=Folds(count=3, step=3, min_train=18))

    assert cutoffs["cutoff"].to_list() == [date(2021, 6, 1), date(2021, 9, 1)]


def test_a_cutoff_inside_a_block_moves_before_it() -> None:
    history = with_shared(panel([1.0] * 25), first=date(2021, 9, 1), last=date(2021, 11, 1))

    cutoffs = rolling_cutoffs(history, folds=Folds(count=1, step=3, min_train=12))

    assert cutoffs["cutoff"].to_list() == [date(2021, 8, 1)]


def test_a_cutoff_inside_a_bridged_hole_moves_before_it() -> None:
    history = panel([1.0] * 25)
    hole = pl.col("ds").is_between(date(2021, 9, 1), date(2021, 10, 1))
    history = history.with_columns(pl.when(~hole).then(name).alias(name) for name in ("block_start", "block_end"))

    cutoffs = rolling_cutoffs(history, folds=Folds(count=1, step=3, min_train=12))

    assert cutoffs["cutoff"].to_list() == [date(2021, 8, 1)]


def test_a_month_stated_inside_a_longer_block_does_not_settle_the_months_before_it() -> None:
    history = with_shared(panel([1.0] * 25), first=date(2021, 9, 1), last=date(2021, 12, 1))
    alone = pl.col("ds") == date(2021, 10, 1)
    history = history.with_columns(
        pl.when(alone).then("ds").otherwise(name).alias(name) for name in ("block_start", "block_end")
    )

    cutoffs = rolling_cutoffs(history, folds=Folds(count=1, step=3, min_train=12))

    assert cutoffs["cutoff"].to_list() == [date(2021, 8, 1)]


def test_folds_of_series_that_end_apart_belong_together_by_their_distance_from_the_end() -> None:
    rows = [
        ("fast", date(2023, 9, 1)),
        ("fast", date(2023, 6, 1)),
        ("slow", date(2023, 6, 1)),
        ("slow", date(2023, 2, 1)),
    ]
    cutoffs = pl.DataFrame(rows, schema=["unique_id", "cutoff"], orient="row")

    found = fold_numbers(cutoffs, folds=Folds(count=1, step=3, min_train=1))

    assert found.rows() == [
        ("fast", date(2023, 6, 1), 1),
        ("fast", date(2023, 9, 1), 0),
        ("slow", date(2023, 2, 1), 1),  # moved back by a month, since its figures were settled then
        ("slow", date(2023, 6, 1), 0),
    ]


def test_a_zero_that_bridges_a_hole_is_not_settled_before_its_end_and_one_of_no_trade_is() -> None:
    history = panel([1.0] * 20 + [0.0] * 5)
    hole = pl.col("ds").is_between(date(2021, 10, 1), date(2021, 12, 1))
    history = history.with_columns(pl.when(~hole).then(name).alias(name) for name in ("block_start", "block_end"))
    folds = Folds(count=1, step=2, min_train=12)

    bridged = rolling_cutoffs(history, folds=folds)
    untraded = rolling_cutoffs(history, folds=folds, no_trade=["ev.production.CN"])

    assert bridged["cutoff"].to_list() == [date(2021, 9, 1)]
    assert untraded["cutoff"].to_list() == [date(2021, 11, 1)]


QUARTERS = Folds(count=3, step=3, min_train=12, at="calendar")


@pytest.mark.parametrize(
    ("months", "latest"),
    [(36, date(2022, 9, 1)), (37, date(2022, 9, 1)), (38, date(2022, 9, 1)), (39, date(2022, 12, 1))],
    ids=["a quarter's end", "a month later", "two months later", "the next quarter's end"],
)
def test_cutoffs_at_the_calendar_are_quarters_ends_at_least_a_step_before_the_last_month(
    months: int, latest: date
) -> None:
    history = panel([1.0] * months)

    cutoffs = rolling_cutoffs(history, folds=QUARTERS)

    assert cutoffs["cutoff"].to_list() == [month_after(latest, months=-3 * back) for back in (2, 1, 0)]


def test_a_cutoff_at_the_calendar_that_lies_inside_a_block_moves_before_it() -> None:
    history = with_shared(panel([1.0] * 37), first=date(2022, 9, 1), last=date(2022, 10, 1))

    cutoffs = rolling_cutoffs(history, folds=QUARTERS)

    assert cutoffs["cutoff"].to_list() == [date(2022, 3, 1), date(2022, 6, 1), date(2022, 8, 1)]


def test_folds_at_the_calendar_are_those_around_one_date_and_the_last_months_come_first() -> None:
    rows = [
        ("fast", date(2023, 10, 1)),
        ("fast", date(2023, 6, 1)),
        ("fast", date(2023, 3, 1)),
        ("slow", date(2023, 6, 1)),
        ("slow", date(2023, 2, 1)),
    ]
    cutoffs = pl.DataFrame(rows, schema=["unique_id", "cutoff"], orient="row")

    found = fold_numbers(cutoffs, folds=QUARTERS)

    assert found.rows() == [
        ("fast", date(2023, 3, 1), 2),
        ("fast", date(2023, 6, 1), 1),
        ("fast", date(2023, 10, 1), 0),
        ("slow", date(2023, 2, 1), 2),  # moved back by a month, since its figures were settled then
        ("slow", date(2023, 6, 1), 0),  # its last month, which no fold of the others is compared with
    ]


def test_series_without_any_fold_at_the_calendar_have_but_their_last_month() -> None:
    cutoffs = last_cutoffs(panel([1.0] * 12))

    assert fold_numbers(cutoffs, folds=QUARTERS)["fold"].to_list() == [0]
