"""Sectors that are forecast at once."""

from collections.abc import Callable, Sequence
from datetime import date
from threading import Barrier, Event
from time import monotonic

import polars as pl
import pytest

from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Predictions, Progress
from forecaster.domain.progress import Said, said
from forecaster.sectorwise import predict_by_sector
from tests.panels import panel

THETA = Candidate("theta", "Theta", {"season_length": 12})
SERIES = ("ev.production.CN", "ev.sales.CN", "solar.production.CN")
ROWS = pl.concat([panel([1.0, 2.0], unique_id=name) for name in SERIES])
CUTOFFS = pl.DataFrame({"unique_id": SERIES, "cutoff": [date(2020, 2, 1)] * len(SERIES)})
PATIENCE = 10.0
"""Seconds after which a test gives up on what should have happened long ago."""


class Asked:
    """An engine that does what a test wants with the series that it is asked for."""

    def __init__(self, does: Callable[[list[str], Progress], None]) -> None:
        self._does = does

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
        regressors: pl.DataFrame | None = None,
    ) -> Predictions:
        names = panel["unique_id"].unique().sort().to_list()
        assert names == cutoffs["unique_id"].to_list()
        self._does(names, progress)
        points = cutoffs.with_columns(model=pl.lit(candidates[0].name), y_hat=pl.lit(float(horizon)))
        return Predictions(points, (), {"theta": float(len(names))})


def ask(engine: Asked, progress: Progress) -> tuple[Predictions, dict[str, dict[str, float]]]:
    return predict_by_sector(
        ROWS, cutoffs=CUTOFFS, candidates=[THETA], horizon=3, engine=engine, progress=progress, step="backtest"
    )


def test_each_sector_has_its_own_series_and_all_are_asked_for_at_once() -> None:
    together = Barrier(2)

    def does(_: list[str], __: Progress) -> None:
        together.wait(PATIENCE)

    found, seconds = ask(Asked(does), lambda _: None)

    assert found.points["unique_id"].to_list() == list(SERIES)
    assert seconds == {"ev": {"theta": 2.0}, "solar": {"theta": 1.0}}


def test_counts_of_all_sectors_are_told_together_and_never_fall() -> None:
    told: list[Said] = []
    solar_is_done = Event()

    def does(names: list[str], progress: Progress) -> None:
        if len(names) == 1:
            progress(Said("1 of 1 cutoffs", done=1, total=1))
            solar_is_done.set()
            return
        assert solar_is_done.wait(PATIENCE)
        progress("fits are kept")
        progress(Said("half", done=1, total=2))
        progress(Said("of those that were asked for", done=1, total=1))  # the other series was known

    ask(Asked(does), lambda line: told.append(said(line)))

    counts = [line.done for line in told if line.done is not None]
    assert counts == sorted(counts)
    assert counts[-3:] == [2, 3, 3]
    assert {line.total for line in told if line.done is not None} == {3}
    assert "ev: fits are kept" in told
    assert (told[-1], told[-1].step) == ("3 series are fitted", "backtest")


@pytest.mark.parametrize("series", [1, 2])  # of the sector that fails: solar, or ev
def test_a_sector_that_fails_ends_the_run_without_waiting_for_the_others(series: int) -> None:
    goes_on = Event()

    def does(names: list[str], _: Progress) -> None:
        if len(names) == series:
            raise MemoryError("no room")
        assert goes_on.wait(PATIENCE)

    began = monotonic()
    try:
        with pytest.raises(MemoryError, match="no room"):
            ask(Asked(does), lambda _: None)
        assert monotonic() - began < PATIENCE  # it would have waited as long for the other one
    finally:
        goes_on.set()
