"""Champion and challenger side by side."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.comparison import AGAIN, ALL, SAME, compare
from forecaster.domain.paired_test import p_value

EV, DE, FR = "ev.production.CN", "solar.exports.DE.panels", "solar.exports.FR.panels"


def scores(**of: list[float]) -> pl.DataFrame:
    """unique_id, cutoff, mase: a month a fold, of EV, DE and FR."""
    names = {"ev": EV, "de": DE, "fr": FR}
    rows = [
        (names[key], date(2024, at, 1), mase) for key, mases in of.items() for at, mase in enumerate(mases, start=1)
    ]
    return pl.DataFrame(rows, schema={"unique_id": pl.String, "cutoff": pl.Date, "mase": pl.Float64}, orient="row")


def folds() -> pl.DataFrame:
    return scores(ev=[1.0] * 9, de=[1.0] * 9, fr=[1.0] * 9).select(
        "unique_id", "cutoff", fold=10 - pl.col("cutoff").dt.month().cast(pl.Int64)
    )


def test_each_sector_and_all_are_told_with_their_difference() -> None:
    mine = scores(ev=[1.0, 1.2, 0.8], de=[2.0, 2.0, 2.0], fr=[1.0, 1.0, 1.0])
    theirs = scores(ev=[1.1, 1.1, 1.1], de=[1.0, 2.0, 3.0], fr=[1.0, 1.0, 1.0]).with_columns(
        how=pl.when(pl.col("unique_id") == EV).then(pl.lit(AGAIN)).otherwise(pl.lit(SAME))
    )

    found = compare(mine, champion=theirs, folds=folds(), overlap=1)

    ev, solar, total = found.table.rows(named=True)
    assert (ev["sector"], ev["series"], ev["folds"], ev["how"]) == ("ev", 1, 3, AGAIN)
    assert (ev["champion"], ev["challenger"], ev["difference"]) == pytest.approx((1.1, 1.0, -0.1))
    assert ev["p_value"] == pytest.approx(p_value([-0.1, 0.1, -0.3], overlap=1))
    assert solar["p_value"] == pytest.approx(p_value([0.5, 0.0, -0.5], overlap=1))
    assert (total["sector"], total["series"], total["how"]) == (ALL, 3, f"{AGAIN}, {SAME}")
    assert total["difference"] == pytest.approx(-0.3 / 9)
    assert total["p_value"] == pytest.approx(p_value([0.9 / 3, 0.1 / 3, -1.3 / 3], overlap=1))
    assert found.rows == 9


def test_what_is_tested_is_the_difference_that_is_told_where_series_have_fewer_folds() -> None:
    mine = scores(de=[2.0, 2.0, 2.0], fr=[1.5])
    theirs = scores(de=[1.0, 2.5, 2.0], fr=[1.0]).with_columns(how=pl.lit(AGAIN))

    found = compare(mine, champion=theirs, folds=folds(), overlap=1).table.row(-1, named=True)

    assert found["difference"] == pytest.approx(1.0 / 4)
    assert found["p_value"] == pytest.approx(p_value([0.0, -0.5 * 3 / 4, 1.5 * 3 / 4], overlap=1))


def test_folds_that_only_one_has_and_unknown_scores_are_left_out() -> None:
    mine = scores(ev=[1.0, 2.0, float("inf")]).with_columns(mase=pl.col("mase").replace(float("inf"), None))
    theirs = scores(ev=[1.0, 1.0, 1.0], de=[1.0]).tail(3).with_columns(how=pl.lit(AGAIN))

    found = compare(mine, champion=theirs, folds=folds(), overlap=1)

    assert (found.rows, found.table["series"].to_list()) == (1, [1, 1])
    assert found.table["p_value"].to_list() == [None, None]


def test_where_nothing_is_common_the_table_is_empty() -> None:
    theirs = scores(de=[1.0]).with_columns(how=pl.lit(AGAIN))

    found = compare(scores(ev=[1.0]), champion=theirs, folds=folds(), overlap=1)

    assert found.table.is_empty()
    assert not found.same_numbers


def test_the_same_numbers_are_told_as_such() -> None:
    mine = scores(ev=[1.0, 1.5, 0.5])

    found = compare(mine, champion=mine.with_columns(how=pl.lit(SAME)), folds=folds(), overlap=1, same_method=True)

    assert found.same_numbers
    assert found.table["p_value"].to_list() == [1.0, 1.0]
