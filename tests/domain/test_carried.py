"""A vintage of some sectors with the other sectors as they are in service."""

from dataclasses import replace

import polars as pl

from forecaster.domain.carried import carried_over
from forecaster.domain.issue import NOT_ASKED
from forecaster.domain.vintage_rules import broken_rules
from tests.vintages import EV, LFP, THIN, ranks_of, tiny_vintage


def test_a_run_of_one_sector_keeps_the_reports_and_the_ranks_of_the_others() -> None:
    kept, fresh = tiny_vintage("kept"), tiny_vintage("fresh", level=2_000_000.0)
    kept = replace(kept, ranks=ranks_of(None, "battery", "ev"))
    fresh = replace(fresh, ranks=fresh.ranks.with_columns(pl.col("ranks").list.reverse()))

    both = carried_over(fresh, kept=kept, sectors=["battery"])

    ours, theirs = pl.col("pool").eq_missing("ev"), pl.col("pool").ne_missing("ev")
    assert broken_rules(both) == ()
    assert both.ranks.filter(ours).equals(kept.ranks.filter(ours))
    assert both.ranks.filter(theirs).equals(fresh.ranks)
    assert both.reports.equals(kept.reports)
    assert both.series.row(by_predicate=pl.col("series_id") == EV, named=True)["reports_count"] == 92
    assert both.forecasts.filter(series_id=LFP).equals(fresh.forecasts.filter(series_id=LFP))


def test_a_carried_sector_keeps_the_run_that_made_it() -> None:
    first, second, third = (tiny_vintage(name) for name in ("first", "second", "third"))

    both = carried_over(second, kept=first, sectors=["battery"])
    all_three = carried_over(third, kept=both, sectors=["solar"])

    assert both.issue.of("battery").vintage_id == "second"
    assert {sector: one.vintage_id for sector, one in both.issue.carried.items()} == {"ev": "first", "solar": "first"}
    assert {sector: one.vintage_id for sector, one in all_three.issue.carried.items()} == {
        "battery": "second",
        "ev": "first",
    }
    assert all(one.carried == {} for one in all_three.issue.carried.values())


def test_series_declared_since_are_listed_as_not_yet_trained_without_figures_that_the_older_run_knew_none_of() -> None:
    fresh, kept = tiny_vintage("fresh"), tiny_vintage("kept")
    unasked = pl.when(pl.col("series_id") == THIN).then(pl.lit(NOT_ASKED)).otherwise("status").alias("status")
    fresh = replace(fresh, series=fresh.series.with_columns(unasked))
    before = {name: getattr(kept, name).filter(pl.col("unique_id") != THIN) for name in ("panel", "scores")}
    kept = replace(kept, series=kept.series.filter(pl.col("series_id") != THIN), **before)

    both = carried_over(fresh, kept=kept, sectors=["battery"])

    row = both.series.row(by_predicate=pl.col("series_id") == THIN, named=True)
    assert row["status"].startswith("It is not yet trained")
    assert (row["row_count"], row["panel_count"], row["last_period"]) == (0, 0, None)
    assert broken_rules(both) == ()
