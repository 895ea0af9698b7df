"""Intervals held against what came, by hand and by simulation."""

import math
import random
from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest

from forecaster.domain.drift import JUDGED, chance, freshest, judged
from forecaster.domain.realised import FIGURES
from tests.vintages import months

NARROW, WIDE, FAR = 100.0, 112.0, 150.0  # inside both intervals; outside that of 80 %; outside both
EVERY = months(date(2024, 1, 1), 40)


def figure(unique_id: str, *, at: int, step: int, y: float) -> dict[str, object]:
    """The forecast of the month of a number, so many months before."""
    blank: dict[str, object] = dict.fromkeys(FIGURES, None)
    ends = {"q2_5": 80.0, "q10": 90.0, "q90": 110.0, "q97_5": 120.0}
    when = {"cutoff": EVERY[at - step], "block_start": EVERY[at], "block_end": EVERY[at], "step": step}
    return {**blank, "unique_id": unique_id, "vintage": f"v{at - step:02}", **when, "y": y, "y_hat": 100.0, **ends}


def judge(*rows: dict[str, object], coverage: float | None = None, folds: int = 10**16) -> pl.DataFrame:
    figures = pl.DataFrame(rows, schema=FIGURES)
    own = {"coverage_80": pl.lit(coverage, dtype=pl.Float64), "folds": pl.lit(folds)}
    promised = figures.select("unique_id").unique().with_columns(**own)
    return judged(figures, promised=promised)


def told(found: pl.DataFrame, *columns: str, scope: str = "series", level: int = 80) -> Sequence[tuple[object, ...]]:
    return found.filter(pl.col("scope") == scope, pl.col("level") == level).select(columns).rows()


def test_chance_is_hoeffdings_bound() -> None:
    all_outside, half, none = (
        chance(1.0, promised=0.2, windows=3),
        chance(0.5, promised=0.2, windows=2),
        chance(0.1, promised=0.2, windows=9),
    )

    assert all_outside == pytest.approx(0.2**3)
    assert half == pytest.approx(math.exp(-2 * (0.5 * math.log(2.5) + 0.5 * math.log(0.5 / 0.8))))
    assert none == 1.0


def test_of_each_figure_the_last_forecast_before_it_counts() -> None:
    rows = [figure("ev.production.CN", at=12, step=step, y=NARROW) for step in (1, 3, 2)]

    found = freshest(pl.DataFrame(rows, schema=FIGURES))

    assert found["step"].to_list() == [1]


def test_forecasts_whose_spans_overlap_are_one_window() -> None:
    apart = judge(*(figure("ev.production.CN", at=at, step=1, y=NARROW) for at in (10, 11, 12)))
    one_vintage = judge(*(figure("ev.production.CN", at=9 + step, step=step, y=NARROW) for step in (1, 2, 3)))

    assert told(apart, "windows", "figures") == [(3, 3)]
    assert told(one_vintage, "windows", "figures") == [(1, 3)]


def test_figures_outside_again_and_again_are_drift_and_one_far_away_is_not() -> None:
    rows = [figure("ev.production.CN", at=at, step=1, y=FAR) for at in range(10, 16)]
    once = [figure("ev.production.US", at=at, step=1, y=FAR if at == 12 else NARROW) for at in range(10, 16)]

    found = judge(*rows, *once)

    columns = ("key", "outside", "drifted")
    assert told(found, *columns, level=95) == [
        ("ev.production.CN", 1.0, True),
        ("ev.production.US", pytest.approx(1 / 6), False),
    ]
    assert found.schema == JUDGED


def test_one_window_is_never_drift_however_many_figures_it_has() -> None:
    found = judge(*(figure(f"ev.production.X{n}", at=9 + step, step=step, y=FAR) for n in range(20) for step in (1, 2)))

    assert (found["p_value"].min(), found["drifted"].any()) == (1.0, False)


def test_what_the_backtest_missed_already_is_promised_too() -> None:
    row = figure("ev.production.CN", at=12, step=1, y=WIDE)

    assert told(judge(row, coverage=0.7), "promised") == [(pytest.approx(0.3),)]
    assert told(judge(row, coverage=0.7), "promised", level=95) == [(pytest.approx(0.075),)]
    assert told(judge(row, coverage=0.95), "promised") == [(pytest.approx(0.2),)]


def test_a_standard_error_of_the_backtests_folds_is_granted_besides() -> None:
    row = figure("ev.production.CN", at=12, step=1, y=WIDE)

    assert told(judge(row, folds=16), "promised") == [(pytest.approx(0.3),)]  # 0.2 and the root of 0.16 / 16


def test_honest_intervals_are_seldom_taken_for_drift_though_series_err_together() -> None:
    draw = random.Random(20260920)
    alarms = 0
    for _ in range(60):
        shocks = {at: draw.gauss(0, 1) for at in range(10, 22)}
        rows = [
            figure(f"ev.production.X{n}", at=at, step=1, y=100 + 7.8 * (0.8 * shocks[at] + 0.6 * draw.gauss(0, 1)))
            for n in range(8)
            for at in range(10, 22)
        ]
        alarms += bool(judge(*rows)["drifted"].any())

    assert alarms <= 1  # the bound allows 0.6 of 60 looks
