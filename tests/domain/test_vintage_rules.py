from dataclasses import replace

import polars as pl
import pytest

from forecaster.domain.vintage import Vintage
from forecaster.domain.vintage_rules import broken_rules
from tests.vintages import EV, tiny_vintage

VINTAGE = tiny_vintage()


def test_a_sound_vintage_breaks_no_rule() -> None:
    assert broken_rules(VINTAGE) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(VINTAGE, scores=VINTAGE.scores.drop("mase")), "columns of scores"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.cast({"step": pl.Int64})), "columns of forecasts"),
        (replace(VINTAGE, series=VINTAGE.series.reverse()), "series are not sorted"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.reverse()), "forecasts are not sorted"),
        (replace(VINTAGE, panel=VINTAGE.panel.reverse()), "panel are not sorted"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.with_columns(q10=pl.lit(float("inf")))), "infinite"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.with_columns(q10=pl.lit(None, pl.Float64))), "null"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.with_columns(q5=pl.lit(9e9))), "out of order"),
        (replace(VINTAGE, forecasts=VINTAGE.forecasts.tail(-1)), "row_start"),
        (replace(VINTAGE, panel=VINTAGE.panel.filter(pl.col("unique_id") != EV)), "panel_start"),
        (replace(VINTAGE, panel=VINTAGE.panel.with_columns(y=pl.lit(float("nan")))), "rows of panel"),
        (replace(VINTAGE, series=VINTAGE.series.with_columns(panel_count=pl.lit(0, pl.UInt32))), "without a history"),
        (replace(VINTAGE, series=VINTAGE.series.with_columns(status=pl.lit("too short"))), "unlike their forecasts"),
        (replace(VINTAGE, reports=VINTAGE.reports.reverse()), "reports are not sorted"),
        (replace(VINTAGE, reports=VINTAGE.reports.head(0)), "reports_start"),
        (replace(VINTAGE, ranks=VINTAGE.ranks.reverse()), "ranks are not sorted"),
        (replace(VINTAGE, ranks=VINTAGE.ranks.with_columns(pl.col("ranks").list.head(9))), "don't hold 399 ranks"),
        (replace(VINTAGE, ranks=VINTAGE.ranks.with_columns(pl.col("ranks") * 2)), "don't hold 399 ranks"),
        (replace(VINTAGE, ranks=VINTAGE.ranks.filter(pl.col("step") < 24)), "reach as far as the forecasts"),
        (replace(VINTAGE, ranks=VINTAGE.ranks.drop_nulls("pool")), "reach as far as the forecasts"),
        (replace(VINTAGE, series=VINTAGE.series.with_columns(mase=pl.lit(float("nan")))), "infinite score"),
    ],
)
def test_each_broken_rule_is_named(wrong: Vintage, said: str) -> None:
    assert any(said in fault for fault in broken_rules(wrong))
