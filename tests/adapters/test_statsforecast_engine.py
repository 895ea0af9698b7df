"""The engine on the real vendor: small panels, two processes of its own."""

import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import date

import polars as pl
import pytest

from forecaster.adapters.statsforecast_engine import StatsforecastEngine, statsforecast_engine
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Predictions
from forecaster.domain.progress import said
from tests.adapters.working import wait_for
from tests.panels import panel

NAIVE = Candidate("naive", "SeasonalNaive", {"season_length": 12})
ETS = Candidate("ets", "AutoETS", {"season_length": 12, "model": "ANN"})


@pytest.fixture(scope="module")
def engine() -> Iterator[StatsforecastEngine]:
    with statsforecast_engine(workers=2) as running:
        yield running


def predict(engine: StatsforecastEngine, frame: pl.DataFrame, *candidates: Candidate, horizon: int = 3) -> Predictions:
    cutoffs = frame.group_by("unique_id").agg(cutoff=pl.col("ds").max())
    return engine.predict(frame, cutoffs=cutoffs, candidates=candidates, horizon=horizon, progress=lambda _: None)


def test_an_engine_that_is_stopped_waits_for_no_fit_that_is_under_way() -> None:
    with pytest.raises(KeyboardInterrupt), statsforecast_engine(workers=1) as stopped:
        under_way = stopped._pool.submit(time.sleep, 3600)
        wait_for(under_way.running)
        raise KeyboardInterrupt

    assert isinstance(under_way.exception(), BrokenProcessPool)


def test_the_seasonal_naive_forecast_repeats_last_year(engine: StatsforecastEngine) -> None:
    found = predict(engine, panel([float(k) for k in range(24)]), NAIVE)

    assert found.points["y_hat"].to_list() == [12.0, 13.0, 14.0]
    assert found.points["ds"].to_list() == [date(2022, 1, 1), date(2022, 2, 1), date(2022, 3, 1)]
    assert found.points["step"].to_list() == [1, 2, 3]


def test_a_cutoff_hides_what_came_after_it(engine: StatsforecastEngine) -> None:
    frame = panel([1.0] * 24 + [1000.0] * 6)
    cutoffs = pl.DataFrame({"unique_id": ["ev.production.CN"], "cutoff": [date(2021, 12, 1)]})

    found = engine.predict(frame, cutoffs=cutoffs, candidates=[ETS], horizon=2, progress=lambda _: None)

    assert found.points["y_hat"].to_list() == pytest.approx([1.0, 1.0], abs=1e-3)


def test_a_series_that_breaks_a_model_is_named_and_costs_no_other(engine: StatsforecastEngine) -> None:
    good = panel([float(k % 12) + 5 for k in range(36)])
    bad = panel([float("nan")] * 36, unique_id="ev.bad.CN")

    found = predict(engine, pl.concat([good, bad]), ETS)

    assert [(outcome.unique_id, outcome.model) for outcome in found.failed] == [("ev.bad.CN", "ets")]
    assert found.points["unique_id"].unique().to_list() == ["ev.production.CN"]


def test_progress_counts_series_and_tells_each_that_failed_once(engine: StatsforecastEngine) -> None:
    frame = pl.concat([panel([1.0 + k % 12 for k in range(36)]), panel([float("nan")] * 36, unique_id="ev.bad.CN")])
    ends = [date(2021, 12, 1), date(2022, 6, 1)]
    cutoffs = frame.select(pl.col("unique_id").unique().sort()).join(pl.DataFrame({"cutoff": ends}), how="cross")
    told: list[str] = []

    engine.predict(frame, cutoffs=cutoffs, candidates=[ETS], horizon=1, progress=told.append)

    failing, *_, counted = map(said, told)
    assert failing.failed is not None
    assert (failing.failed["series_id"], [one["model"] for one in failing.failed["failed"]]) == ("ev.bad.CN", ["ets"])
    assert (counted.done, counted.total) == (2, 2)
    assert counted.startswith("4 of 4 cutoffs")


def test_a_candidate_leaves_series_outside_its_tier_alone_and_that_is_no_failure(engine: StatsforecastEngine) -> None:
    tiered = Candidate("naive", "SeasonalNaive", {"season_length": 12}, min_observations=30)

    found = predict(engine, panel([1.0] * 24), tiered)

    assert found.points.is_empty()
    assert found.failed == ()


def test_each_cutoff_of_a_series_goes_to_the_models_of_its_kind_there(engine: StatsforecastEngine) -> None:
    frame = panel([0.0] * 13 + [0.0, 5.0, 0.0] * 6)
    ends = [date(2021, 1, 1), date(2022, 7, 1)]
    cutoffs = pl.DataFrame({"unique_id": ["ev.production.CN"] * 2, "cutoff": ends})
    zero = Candidate("last", "Naive", {}, kinds=("constant",))
    lumpy = Candidate("tsb", "TSB", {"alpha_d": 0.3, "alpha_p": 0.3}, kinds=("intermittent",))
    smooth = Candidate("theta", "Theta", {"season_length": 1}, kinds=("regular",))

    found = engine.predict(frame, cutoffs=cutoffs, candidates=[zero, lumpy, smooth], horizon=2, progress=lambda _: None)

    models = found.points.select("cutoff", "model").unique().sort("cutoff").rows()
    assert models == [(ends[0], "last"), (ends[1], "tsb")]
    assert found.points.filter(pl.col("model") == "last")["y_hat"].to_list() == [0.0, 0.0]
    assert found.failed == ()


def test_a_model_that_the_vendor_does_not_have_is_named_with_the_reason(engine: StatsforecastEngine) -> None:
    found = predict(engine, panel([1.0] * 24), Candidate("typo", "AutoETZ", {"season_length": 12}))

    assert "AutoETZ" in found.failed[0].reason


def test_the_numbers_do_not_depend_on_the_chunks(engine: StatsforecastEngine) -> None:
    frame = pl.concat([panel([float(k * n % 17) + n for k in range(40)], unique_id=f"ev.{n}.CN") for n in range(1, 8)])
    whole = predict(engine, frame, ETS, NAIVE)

    with statsforecast_engine(workers=2, chunk=2) as other:
        split = predict(other, frame, ETS, NAIVE)

    assert whole.points.equals(split.points)


def test_an_adjusted_model_gets_its_seasons_back(engine: StatsforecastEngine) -> None:
    year = [60.0, 70.0, 100.0, 100.0, 110.0, 100.0, 90.0, 100.0, 120.0, 110.0, 120.0, 120.0]
    candidate = Candidate("adjusted", "Theta", {"season_length": 1}, adjusted="logs")

    found = predict(engine, panel(year * 6), candidate, horizon=12)

    assert found.points["y_hat"].to_list() == pytest.approx(year, rel=0.03)
