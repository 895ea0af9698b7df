"""An engine that is not asked twice."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome, Predictions, Progress
from forecaster.remembering import RememberingEngine
from tests.panels import panel

THETA = Candidate("theta", "Theta", {"season_length": 12})
ETS = Candidate("ets", "AutoETS", {"season_length": 12})
ROWS = panel([1.0, 2.0, 3.0])
CUTOFFS = pl.DataFrame({"unique_id": ["ev.production.CN"], "cutoff": [date(2020, 3, 1)]})


class CountingEngine:
    """Forecasts the length of the candidate's model name, and fails once for each."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
    ) -> Predictions:
        self.asked.append([candidate.name for candidate in candidates])
        rows = [
            ("ev.production.CN", date(2020, 3, 1), date(2020, 4, 1), 1, one.name, float(len(one.model)))
            for one in candidates
        ]
        columns = ["unique_id", "cutoff", "ds", "step", "model", "y_hat"]
        failed = tuple(Outcome("ev.production.CN", one.name, date(2020, 3, 1), one.model) for one in candidates)
        seconds = {one.name: 1.0 for one in candidates}
        return Predictions(pl.DataFrame(rows, schema=columns, orient="row"), failed, seconds)


def ask(engine: RememberingEngine, *candidates: Candidate, rows: pl.DataFrame = ROWS, horizon: int = 1) -> Predictions:
    return engine.predict(rows, cutoffs=CUTOFFS, candidates=candidates, horizon=horizon, progress=lambda _: None)


def test_a_candidate_that_is_worth_it_is_fitted_once_whatever_it_is_called() -> None:
    under = CountingEngine()
    engine = RememberingEngine(under, candidates=[THETA])
    ask(engine, THETA, ETS)

    again = ask(engine, Candidate("other", "Theta", {"season_length": 12}, combined=False), ETS)

    assert under.asked == [["theta", "ets"], ["ets"]]
    assert again.points.select("model", "y_hat").rows() == [("ets", 7.0), ("other", 5.0)]
    assert [(one.model, one.reason) for one in again.failed] == [("ets", "AutoETS"), ("other", "Theta")]
    assert again.cpu_seconds == {"other": 0.0, "ets": 1.0}


def test_other_figures_or_another_horizon_are_fitted_anew() -> None:
    under = CountingEngine()
    engine = RememberingEngine(under, candidates=[THETA])
    ask(engine, THETA)

    ask(engine, THETA, horizon=2)
    ask(engine, THETA, rows=panel([1.0, 2.0, 4.0]))
    ask(engine, THETA)

    assert under.asked == [["theta"]] * 3


def test_what_is_not_worth_it_is_not_kept() -> None:
    under = CountingEngine()
    engine = RememberingEngine(under, candidates=[])
    ask(engine, THETA)
    ask(engine, THETA)

    assert under.asked == [["theta"], ["theta"]]
