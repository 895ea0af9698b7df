"""statsforecast behind the engine port: in chunks, in spawned processes, each failure under its own name.

Pitfalls of the vendor that this adapter keeps out (docs/decisions.md): rows are taken as consecutive whatever their
dates, one bad series aborts a whole batch, and its own fallback hides which model spoke. So every pair of a series and
a cutoff is a series of its own to the vendor, and a batch that fails is fitted again one by one to name the culprit.
"""

import multiprocessing
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl
from joblib import cpu_count

from forecaster.adapters.tether import die_with_parent
from forecaster.domain.adjustment import Adjusted, adjusted
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome, Predictions, Progress

CHUNK = 120
"""Fits handed to a process at once: some seconds of work, so that both cores end together."""

EXPLODED = 20.0
"""A forecast beyond so many times the largest observation is a failure of the model."""

POINTS = pl.Schema(
    {
        "unique_id": pl.String(),
        "cutoff": pl.Date(),
        "ds": pl.Date(),
        "step": pl.Int32(),
        "model": pl.String(),
        "y_hat": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What one process gets: training rows (fit, ds, y) of some fits, and what each fit stands for."""

    rows: pl.DataFrame
    fits: pl.DataFrame  # fit, unique_id, cutoff
    candidate: Candidate
    horizon: int


@dataclass(frozen=True, slots=True)
class _Answer:
    points: pl.DataFrame
    failed: list[Outcome]
    cpu_seconds: float


class StatsforecastEngine:
    """Fits candidates of `statsforecast.models`; implements `ports.Engine`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

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
        futures: dict[Future[_Answer], str] = {}
        for candidate in candidates:
            for chunk in _chunks(panel, cutoffs=cutoffs, candidate=candidate, horizon=horizon):
                futures[self._pool.submit(_fit, chunk)] = candidate.name
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
def statsforecast_engine(*, workers: int | None = None) -> Iterator[StatsforecastEngine]:
    """An engine with its processes, which end with the block.

    Args:
        workers: processes; by default the cores that this process may use.
    """
    count = workers or cpu_count()  # the container's cores, not the host's
    # Spawned, never forked: a fork after a Polars frame was touched hangs.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start) as pool:
        yield StatsforecastEngine(pool)


def _start() -> None:
    """Each process keeps to one core, since there is one a core, and ends with the one that started it."""
    die_with_parent(os.getppid())
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"


def _chunks(panel: pl.DataFrame, *, cutoffs: pl.DataFrame, candidate: Candidate, horizon: int) -> Iterator[_Chunk]:
    fits = cutoffs.sort("unique_id", "cutoff").with_row_index("fit")
    rows = fits.join(panel.select("unique_id", "ds", "y"), on="unique_id").filter(pl.col("ds") <= pl.col("cutoff"))
    lengths = rows.group_by("fit").agg(pl.len().alias("n"))
    taken = [fit for fit, n in lengths.iter_rows() if candidate.takes(n)]
    for start in range(0, len(taken), CHUNK):
        part = sorted(taken)[start : start + CHUNK]
        yield _Chunk(
            rows.filter(pl.col("fit").is_in(part)).select("fit", "ds", "y").sort("fit", "ds"),
            fits.filter(pl.col("fit").is_in(part)),
            candidate,
            horizon,
        )


def _fit(chunk: _Chunk) -> _Answer:
    """Runs in a spawned process."""
    started = time.process_time()
    failed: list[Outcome] = []
    try:
        found = _forecast(chunk.rows, chunk)
    except Exception:  # noqa: BLE001  # the vendor raises anything; each fit is tried by itself and named below
        found, failed = _one_by_one(chunk)
    points = _named(found, chunk)
    usable = points.filter(pl.col("fault").is_null().all().over("fit"))
    faults = points.drop_nulls("fault").unique("fit", keep="first", maintain_order=True)
    named = [
        Outcome(unique_id, chunk.candidate.name, cutoff, fault)
        for unique_id, cutoff, fault in faults.select("unique_id", "cutoff", "fault").iter_rows()
    ]
    seconds = time.process_time() - started
    return _Answer(usable.select(POINTS.names()).cast(POINTS), [*failed, *named], seconds)


def _forecast(rows: pl.DataFrame, chunk: _Chunk) -> pl.DataFrame:
    """fit, ds, y_hat of every fit in `rows`."""
    return _back(rows, chunk) if chunk.candidate.adjusted else _fitted(rows, chunk)


def _fitted(rows: pl.DataFrame, chunk: _Chunk) -> pl.DataFrame:
    from statsforecast import StatsForecast, models  # noqa: PLC0415  # 2 s, and only the spawned processes need it

    model = getattr(models, chunk.candidate.model)(**chunk.candidate.settings, alias="y_hat")
    # The dates are only carried along by the vendor; consecutive ones were made sure of by the panel's contract.
    renamed = rows.rename({"fit": "unique_id"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters of them shows as a value that is not finite, and is named
        found = StatsForecast(models=[model], freq="1mo", n_jobs=1).forecast(df=renamed, h=chunk.horizon)
    return found.select(
        fit=pl.col("unique_id").cast(pl.UInt32), ds=pl.col("ds").cast(pl.Date), y_hat=pl.col("y_hat").cast(pl.Float64)
    )


def _back(rows: pl.DataFrame, chunk: _Chunk) -> pl.DataFrame:
    """Forecasts of the seasonally adjusted rows, with the seasons put on again."""
    ways: dict[int, Adjusted] = {}
    parts = []
    for (fit,), group in rows.group_by("fit", maintain_order=True):
        way = adjusted(group["y"].to_numpy(), logs=chunk.candidate.adjusted == "logs")
        ways[int(str(fit))] = way
        parts.append(group.with_columns(y=pl.Series(way.values)))
    found = _fitted(pl.concat(parts), chunk).sort("fit", "ds")
    return pl.concat(
        group.with_columns(y_hat=pl.Series(ways[int(str(fit))].back(group["y_hat"].to_numpy())))
        for (fit,), group in found.group_by("fit", maintain_order=True)
    )


def _one_by_one(chunk: _Chunk) -> tuple[pl.DataFrame, list[Outcome]]:
    found = [pl.DataFrame(schema={"fit": pl.UInt32(), "ds": pl.Date(), "y_hat": pl.Float64()})]
    failed = []
    for fit, unique_id, cutoff in chunk.fits.select("fit", "unique_id", "cutoff").iter_rows():
        try:
            found.append(_forecast(chunk.rows.filter(pl.col("fit") == fit), chunk))
        except Exception as error:  # noqa: BLE001  # whatever the vendor raised is this fit's reason
            failed.append(Outcome(unique_id, chunk.candidate.name, cutoff, f"{type(error).__name__}: {error}"))
    return pl.concat(found), failed


def _named(found: pl.DataFrame, chunk: _Chunk) -> pl.DataFrame:
    """What each fit stands for, and what is wrong with its forecast (null: nothing)."""
    largest = chunk.rows.group_by("fit").agg(pl.col("y").abs().max().alias("largest"))
    no_number = pl.lit("the forecast is not a finite number")
    exploded = pl.lit(f"the forecast exceeds {EXPLODED:g} times the largest figure")
    return (
        found.join(chunk.fits, on="fit")
        .join(largest, on="fit")
        .with_columns(
            step=pl.col("ds").rank("ordinal").over("fit"),
            model=pl.lit(chunk.candidate.name),
            fault=pl.when(~pl.col("y_hat").is_finite())
            .then(no_number)
            .when(pl.col("y_hat").abs() > EXPLODED * pl.col("largest"))
            .then(exploded),
        )
    )
