"""statsforecast behind the engine port: in chunks, in processes of its own, each failure under its own name.

Pitfalls of the vendor that this adapter keeps out (docs/decisions.md): rows are taken as consecutive whatever their
dates, one bad series aborts a whole batch, and its own fallback hides which model spoke. So every pair of a series and
a cutoff is a series of its own to the vendor, so that one that fails is named and costs no other.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice

import polars as pl
from joblib import cpu_count
from threadpoolctl import threadpool_limits

from forecaster.adapters.fits_gathered import gathered
from forecaster.adapters.forked import forked
from forecaster.adapters.statsforecast_fits import Answer, Chunk, fit
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Predictions, Progress

CHUNK, LEAST = 40, 3
"""Fits handed to a process at once, at most and at least: some seconds of work."""

TURNS = 8
"""Chunks that each process gets where fits are few, so that all processes end together."""

AHEAD = 64
"""Chunks under way at a time, at most."""


class StatsforecastEngine:
    """Fits candidates of `statsforecast.models`; implements `ports.Engine`."""

    def __init__(self, pool: ProcessPoolExecutor, *, workers: int, chunk: int = CHUNK) -> None:
        """`workers` is how many processes the pool has."""
        self._pool = pool
        self._workers = workers
        self._chunk = chunk

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
        """Forecast `horizon` months after each cutoff from the rows up to it.

        Args:
            panel: unique_id, ds, y among other columns; months of a series consecutive, y finite.
            cutoffs: unique_id, cutoff.
            candidates: each takes the series within its tier of length and kind; the others of a series are no failure.
            horizon: months, at least 1.
            progress: told about every tenth of the work.
            regressors: unique_id, cutoff, ds, name, value: what candidates that take regressors are given, of every
                month of the panel and those ahead.

        Returns:
            Points in the series' unit, sorted by unique_id, cutoff, model, ds; they do not depend on how the work was
            split. Failures, one a series, cutoff and model, and CPU seconds by model.
        """
        answers = self.answers(panel, cutoffs=cutoffs, candidates=candidates, horizon=horizon, regressors=regressors)
        return gathered(answers, candidates=candidates, cutoffs=cutoffs, progress=progress)

    def answers(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        regressors: pl.DataFrame | None = None,
    ) -> Iterator[Answer]:
        """What `predict` is made of, chunk by chunk, as soon as each is fitted and in no order."""
        chunks = _chunks(
            panel,
            cutoffs=cutoffs,
            candidates=tuple(candidates),
            horizon=horizon,
            size=min(self._chunk, max(LEAST, cutoffs.height // (TURNS * self._workers))),
            regressors=regressors,
        )
        return self._answers(chunks)

    def _answers(self, chunks: Iterator[Chunk]) -> Iterator[Answer]:
        """Answers as they come; few chunks are under way at a time, whatever their number."""
        waiting: set[Future[Answer]] = set()
        while True:
            waiting |= {self._pool.submit(fit, chunk) for chunk in islice(chunks, AHEAD - len(waiting))}
            if not waiting:
                return
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ended)


@contextmanager
def statsforecast_engine(*, workers: int | None = None, chunk: int = CHUNK) -> Iterator[StatsforecastEngine]:
    """An engine with its processes, which end with the block; meanwhile this one's matrices keep to one thread.

    Matrices here are small: threads cost several times what they spare, and let last digits depend on the machine's
    cores.

    Args:
        workers: processes; by default the cores that this process may use.
        chunk: fits handed to a process at once.
    """
    count = workers or cpu_count()  # the container's cores, not the host's
    with threadpool_limits(1, "blas"), forked(count) as pool:
        yield StatsforecastEngine(pool, workers=count, chunk=chunk)


def _chunks(
    panel: pl.DataFrame,
    *,
    cutoffs: pl.DataFrame,
    candidates: tuple[Candidate, ...],
    horizon: int,
    size: int,
    regressors: pl.DataFrame | None,
) -> Iterator[Chunk]:
    """Fits in order of their series, each chunk with the rows of its own series alone."""
    fits = cutoffs.sort("unique_id", "cutoff").with_row_index("fit")
    rows = panel.select("unique_id", "ds", "y").sort("unique_id", "ds").with_row_index("at")
    places = rows.group_by("unique_id").agg(pl.col("at").min().alias("start"), pl.len().alias("count"))
    placed = fits.join(places, on="unique_id", maintain_order="left")
    for part in placed.iter_slices(size):
        first, last = part.row(0, named=True), part.row(-1, named=True)
        held = rows.slice(first["start"], last["start"] + last["count"] - first["start"])
        known = part.join(held, on="unique_id").filter(pl.col("ds") <= pl.col("cutoff"))
        given = None if regressors is None else part.join(regressors, on=["unique_id", "cutoff"])
        yield Chunk(
            known.select("fit", "ds", "y").sort("fit", "ds"),
            part.select("fit", "unique_id", "cutoff"),
            candidates,
            horizon,
            None if given is None else given.select("fit", "ds", "name", "value"),
        )
