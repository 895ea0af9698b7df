"""statsforecast behind the engine port: in chunks, in spawned processes, each failure under its own name.

Pitfalls of the vendor that this adapter keeps out (docs/decisions.md): rows are taken as consecutive whatever their
dates, one bad series aborts a whole batch, and its own fallback hides which model spoke. So every pair of a series and
a cutoff is a series of its own to the vendor, and a batch that fails is fitted again one by one to name the culprit.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager

import polars as pl
from joblib import cpu_count

from forecaster.adapters.statsforecast_fits import POINTS, Answer, Chunk, fit
from forecaster.adapters.tether import die_with_parent
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome, Predictions, Progress

CHUNK = 120
"""Fits handed to a process at once: some seconds of work, so that both cores end together."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""Variables that bound the threads of what a process computes with."""


class StatsforecastEngine:
    """Fits candidates of `statsforecast.models`; implements `ports.Engine`."""

    def __init__(self, pool: ProcessPoolExecutor, *, chunk: int = CHUNK) -> None:
        self._pool = pool
        self._chunk = chunk

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
    ) -> Predictions:
        """Forecast `horizon` months after each cutoff from the rows up to it.

        Args:
            panel: PANEL columns; months of a series consecutive, y finite.
            cutoffs: unique_id, cutoff.
            candidates: each takes the series within its tier of length; the others of a series are no failure.
            horizon: months, at least 1.
            progress: told of each candidate as its last fit ends.

        Returns:
            Points in the series' unit, sorted by unique_id, cutoff, model, ds; they do not depend on how the work was
            split. Failures, one a series, cutoff and model, and CPU seconds by model.
        """
        futures: dict[Future[Answer], str] = {}
        for candidate in candidates:
            for chunk in _chunks(panel, cutoffs=cutoffs, candidate=candidate, horizon=horizon, size=self._chunk):
                futures[self._pool.submit(fit, chunk)] = candidate.name
        left = {name: list(futures.values()).count(name) for name in dict.fromkeys(futures.values())}
        points: list[pl.DataFrame] = [pl.DataFrame(schema=POINTS)]
        failed: list[Outcome] = []
        seconds = dict.fromkeys(left, 0.0)
        for future in as_completed(futures):
            name, answer = futures[future], future.result()
            points.append(answer.points)
            failed += answer.failed
            seconds[name] += answer.cpu_seconds
            left[name] -= 1
            if not left[name]:
                progress(f"{name}: done, {seconds[name]:.0f} s of CPU")
        whole = pl.concat(points).sort("unique_id", "cutoff", "model", "ds")
        return Predictions(whole, tuple(sorted(failed)), seconds)


@contextmanager
def statsforecast_engine(*, workers: int | None = None, chunk: int = CHUNK) -> Iterator[StatsforecastEngine]:
    """An engine with its processes, which end with the block.

    Args:
        workers: processes; by default the cores that this process may use.
        chunk: fits handed to a process at once.
    """
    count = workers or cpu_count()  # the container's cores, not the host's
    # Spawned, never forked: a fork after a Polars frame was touched hangs. The parent is named to it: while a process
    # comes up, another may become its parent.
    context = multiprocessing.get_context("spawn")
    with (
        _one_thread_each(),
        ProcessPoolExecutor(count, mp_context=context, initializer=die_with_parent, initargs=(os.getpid(),)) as pool,
    ):
        try:
            yield StatsforecastEngine(pool, chunk=chunk)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # a run that failed waits for no queued fits
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile keep to one core, since there is one a core.

    The variables must be there before such a process starts: numpy and Polars read them as they are imported.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _chunks(
    panel: pl.DataFrame, *, cutoffs: pl.DataFrame, candidate: Candidate, horizon: int, size: int
) -> Iterator[Chunk]:
    fits = cutoffs.sort("unique_id", "cutoff").with_row_index("fit")
    rows = fits.join(panel.select("unique_id", "ds", "y"), on="unique_id").filter(pl.col("ds") <= pl.col("cutoff"))
    lengths = rows.group_by("fit").agg(pl.len().alias("n"))
    taken = [fit for fit, n in lengths.iter_rows() if candidate.takes(n)]
    for start in range(0, len(taken), size):
        part = sorted(taken)[start : start + size]
        yield Chunk(
            rows.filter(pl.col("fit").is_in(part)).select("fit", "ds", "y").sort("fit", "ds"),
            fits.filter(pl.col("fit").is_in(part)),
            candidate,
            horizon,
        )
