"""On which scale a sector is forecast, with errors worked out by hand."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from forecaster.domain.combination import COMBINATION
from forecaster.domain.experiment import Candidate
from forecaster.domain.months import month_after
from forecaster.domain.scale_choice import LEAST_BLOCKS, Scaled, combined_by_scale, on_scales_in_use
from tests.panels import panel
from tests.running import EXPERIMENT

SERIES = [f"ev.production.C{at}" for at in range(2 + LEAST_BLOCKS // 24)]
CUTOFFS = [date(2022, 12, 1), date(2023, 12, 1), date(2024, 12, 1)]
ON_LOGS, ON_LEVELS = Candidate("a", "A", {}, adjusted="logs"), Candidate("b", "B", {})
BY_BACKTEST = replace(EXPERIMENT, candidates=(ON_LOGS, ON_LEVELS), scale="by-backtest")
ROWS = pl.concat([panel([100.0] * 60, unique_id=one) for one in SERIES])
SCALES = pl.DataFrame(
    [(one, cutoff, 10.0, 10.0) for one in SERIES for cutoff in CUTOFFS],
    schema=["unique_id", "cutoff", "scale", "root_scale"],
    orient="row",
)


def points(*, logs: float, levels: float) -> pl.DataFrame:
    """A year of forecasts of each model from each cutoff, wrong by so much."""
    found = [
        (one, cutoff, month_after(cutoff, months=step), step, model, 100.0 + error)
        for one in SERIES
        for cutoff in CUTOFFS
        for step in range(1, 13)
        for model, error in (("a", logs), ("b", levels))
    ]
    schema = ["unique_id", "cutoff", "ds", "step", "model", "y_hat"]
    return pl.DataFrame(found, schema=schema, orient="row", schema_overrides={"step": pl.Int32()})


def combined(*, logs: float, levels: float) -> Scaled:
    return combined_by_scale(points(logs=logs, levels=levels), experiment=BY_BACKTEST, panel=ROWS, scales=SCALES)


def forecasts_at(found: Scaled, cutoff: date) -> set[float]:
    return set(found.points.filter(pl.col("cutoff") == cutoff)["y_hat"])


def test_a_scale_is_used_once_it_gained_over_enough_figures() -> None:
    found = combined(logs=1.0, levels=9.0)

    assert found.used.rows() == [("ev", CUTOFFS[2], "logs")]
    assert [forecasts_at(found, cutoff) for cutoff in CUTOFFS] == [{105.0}, {105.0}, {101.0}]
    assert found.points["model"].unique().to_list() == [COMBINATION]
    assert found.told(pl.DataFrame({"unique_id": SERIES[:1], "cutoff": CUTOFFS[2:]})) == "ev on logs alone"


@pytest.mark.parametrize(("logs", "levels"), [(5.0, 5.0), (4.95, 5.0), (5.0, -5.0)])
def test_a_tie_a_small_gain_and_a_loss_keep_both(logs: float, levels: float) -> None:
    found = combined(logs=logs, levels=levels)

    assert found.used.is_empty()
    assert found.told(pl.DataFrame({"unique_id": SERIES[:1], "cutoff": CUTOFFS[2:]})).startswith("on logarithms and on")


def test_both_together_are_the_rule_where_the_experiment_does_not_ask() -> None:
    both = replace(BY_BACKTEST, scale="both")

    found = combined_by_scale(points(logs=1.0, levels=9.0), experiment=both, panel=ROWS, scales=SCALES)

    assert set(found.points["y_hat"]) == {105.0}
    assert found.used.is_empty()


def test_a_series_without_a_model_on_the_scale_keeps_what_it_has() -> None:
    lacking = (pl.col("unique_id") == SERIES[0]) & (pl.col("model") == "a")
    known = points(logs=1.0, levels=9.0).filter(~lacking)

    found = combined_by_scale(known, experiment=BY_BACKTEST, panel=ROWS, scales=SCALES)

    of_first = found.points.filter(pl.col("unique_id") == SERIES[0])
    assert set(of_first["y_hat"]) == {109.0}


def test_only_the_candidates_on_the_scale_in_use_are_weighted() -> None:
    known = points(logs=1.0, levels=9.0)
    used = combined(logs=1.0, levels=9.0).used

    left = on_scales_in_use(known, used=used, candidates=BY_BACKTEST.candidates)

    models = {cutoff: set(left.filter(pl.col("cutoff") == cutoff)["model"]) for cutoff in CUTOFFS}
    assert models == {CUTOFFS[0]: {"a", "b"}, CUTOFFS[1]: {"a", "b"}, CUTOFFS[2]: {"a"}}
