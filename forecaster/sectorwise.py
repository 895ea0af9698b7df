"""The engine asked for each sector, so that progress and CPU time can be told by sector; for all of them at once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import Engine, Predictions, Progress
from forecaster.domain.progress import MARK, Said, said, series_of
from forecaster.domain.steps import BACKTEST


def predict_by_sector(
    rows: pl.DataFrame,
    *,
    cutoffs: pl.DataFrame,
    candidates: Sequence[Candidate],
    horizon: int,
    engine: Engine,
    progress: Progress,
    step: str = BACKTEST,
    regressors: pl.DataFrame | None = None,
) -> tuple[Predictions, dict[str, dict[str, float]]]:
    """Predictions of all sectors together, and CPU seconds by sector and model.

    Args:
        rows: unique_id (of a series, or a key that begins with one), ds, y.
        cutoffs: unique_id, cutoff.
        candidates: what is fitted.
        horizon: months ahead.
        engine: fits them.
        progress: told each sector.
        step: of the run, to which this belongs.
        regressors: as `Engine.predict` takes them.
    """
    told = _Told(progress, cutoffs=cutoffs, step=step)

    def predict(name: str) -> Predictions:
        """Those of one sector."""
        wanted = cutoffs.filter(name == SECTOR)
        told.begins(name, wanted)
        found = engine.predict(
            rows.filter(name == SECTOR),
            cutoffs=wanted,
            candidates=candidates,
            horizon=horizon,
            progress=told.of(name, wanted),
            regressors=None if regressors is None else regressors.filter(name == SECTOR),
        )
        told.ends(name, wanted)
        return found

    names = cutoffs.select(SECTOR.unique().sort()).to_series().to_list()
    found = dict(zip(names, _at_once(predict, names), strict=True))
    told.all_fitted()
    whole = Predictions(
        pl.concat([one.points for one in found.values()]),
        tuple(out for one in found.values() for out in one.failed),
        {},
    )
    return whole, {name: dict(one.cpu_seconds) for name, one in found.items()}


def _at_once(work: Callable[[str], Predictions], names: Sequence[str]) -> list[Predictions]:
    """What some work gives for each name, each in a thread; where one fails or the run is stopped, none is waited for.

    The threads wait for processes nearly all the time.
    """
    threads = ThreadPoolExecutor(max(len(names), 1), thread_name_prefix="sector")
    try:
        waiting = [threads.submit(work, name) for name in names]
        ended, _ = wait(waiting, return_when=FIRST_EXCEPTION)
        for one in ended:
            one.result()  # raises what one of them failed with, whichever it is
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()
    return [one.result() for one in waiting]


class _Told:
    """What is said of several sectors that are fitted at once, a line at a time, with how many series are done."""

    def __init__(self, progress: Progress, *, cutoffs: pl.DataFrame, step: str) -> None:
        self._progress, self._step, self._total = progress, step, _series(cutoffs)
        self._done: dict[str, int] = {}  # sector -> series
        self._alone = Lock()

    def begins(self, name: str, wanted: pl.DataFrame) -> None:
        """A sector is begun."""
        self._say(f"{name}: {_counted(wanted)}", name=name, done=0)

    def of(self, name: str, wanted: pl.DataFrame) -> Progress:
        """Takes the lines of a sector: series that it does not ask the engine for are done already."""
        own = _series(wanted)

        def tell(line: str) -> None:
            known = said(line)
            done = None if known.done is None or known.total is None else own - known.total + known.done
            self._say(f"{name}: {line}", name=name, done=done, failed=known.failed)

        return tell

    def ends(self, name: str, wanted: pl.DataFrame) -> None:
        """A sector is through."""
        with self._alone:
            self._done[name] = _series(wanted)

    def all_fitted(self) -> None:
        """All are."""
        self._say(f"{self._total:,} series are fitted")

    def _say(
        self, line: str, *, name: str = "", done: int | None = None, failed: Mapping[str, Any] | None = None
    ) -> None:
        with self._alone:
            if done is not None:
                self._done[name] = done
            told = {} if done is None and name else {"done": sum(self._done.values()), "total": self._total}
            self._progress(Said(line, step=self._step, failed=failed, **told))


def _counted(cutoffs: pl.DataFrame) -> str:
    """How many series and cutoffs; keys of variants are no series of their own."""
    besides = cutoffs.filter(pl.col("unique_id").str.contains(MARK, literal=True))
    return f"{_series(cutoffs)} series, {cutoffs.height - besides.height} cutoffs, {besides.height} of variants"


def _series(cutoffs: pl.DataFrame) -> int:
    return len({series_of(key) for key in cutoffs["unique_id"].unique()})
