"""Sums of series and what is left of a sum."""

from datetime import date

import polars as pl

from forecaster.domain.derived import with_derived
from tests.catalogues import catalogue
from tests.panels import panel

DE, FR, WORLD = "solar.exports.DE.panels", "solar.exports.FR.panels", "solar.exports.World.panels"


def values(frame: pl.DataFrame, series_id: str) -> list[float]:
    return frame.filter(pl.col("unique_id") == series_id)["y"].to_list()


def test_a_sum_adds_up_its_parts_month_by_month() -> None:
    parts = pl.concat([panel([1.0, 2.0], unique_id=DE), panel([10.0, 20.0], unique_id=FR)])

    whole = with_derived(parts, catalogue=catalogue())

    assert values(whole, WORLD) == [11.0, 22.0]
    assert set(whole.filter(pl.col("unique_id") == WORLD)["obtained"]) == {"differenced"}


def test_a_month_without_a_report_had_no_trade_and_is_not_scored() -> None:
    parts = pl.concat([panel([1.0, 2.0, 3.0], unique_id=DE), panel([10.0], unique_id=FR, start=date(2020, 2, 1))])

    whole = with_derived(parts, catalogue=catalogue())

    assert values(whole, FR) == [0.0, 10.0, 0.0]
    assert whole.filter(pl.col("unique_id") == FR)["block_start"].to_list() == [None, date(2020, 2, 1), None]
    assert values(whole, WORLD) == [1.0, 12.0, 3.0]


def test_no_trade_does_not_reach_behind_a_cut() -> None:
    cut = """
        [[breaks]]
        measure = "solar.exports"
        regions = ["FR"]
        segments = ["panels"]
        since = 2020-02-01
        reason = "s"
    """
    parts = pl.concat([panel([1.0, 2.0], unique_id=DE), panel([10.0], unique_id=FR, start=date(2020, 2, 1))])

    whole = with_derived(parts, catalogue=catalogue(cut))

    assert values(whole, FR) == [10.0]
    assert values(whole, WORLD) == [12.0]


def test_a_remainder_is_the_whole_less_its_other_parts_and_never_below_nothing() -> None:
    parts = pl.concat(
        [
            panel([10.0, 10.0], unique_id="battery.production.CN"),
            panel([6.0, 10.1], unique_id="battery.production.CN.lfp"),
        ]
    )

    whole = with_derived(parts, catalogue=catalogue())

    assert values(whole, "battery.production.CN.rest") == [4.0, 0.0]
