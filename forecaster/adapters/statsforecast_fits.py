"""What a spawned process does: fit candidates to some series and cutoffs, and name each that fails."""

import time
import warnings
from dataclasses import dataclass

import polars as pl

from forecaster.domain.adjustment import EXPLODED, Adjusted, adjusted
from forecaster.domain.experiment import Candidate
from forecaster.domain.kinds import kind
from forecaster.domain.ports import Outcome

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


Adjustment = tuple[str, int]
"""How series are adjusted: on logs or levels, and the season."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one process gets: training rows (fit, ds, y) of some fits, what each fit stands for, and what is fitted."""

    rows: pl.DataFrame  # sorted by fit, ds
    fits: pl.DataFrame  # fit, unique_id, cutoff
    candidates: tuple[Candidate, ...]
    horizon: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a chunk."""

    points: pl.DataFrame
    failed: list[Outcome]
    cpu_seconds: dict[str, float]  # by candidate; an adjustment counts for the first that wants it
    fits: int


@dataclass(slots=True)
class _Work:
    """A chunk under way: series are adjusted once, whichever candidates want them so."""

    chunk: Chunk
    ways: dict[tuple[int, Adjustment], Adjusted]

    def adjusted(self, rows: pl.DataFrame, *, how: Adjustment) -> pl.DataFrame:
        """Rows with the seasons taken off each fit."""
        parts = []
        for (fit,), group in rows.group_by("fit", maintain_order=True):
            key = (int(str(fit)), how)
            if key not in self.ways:
                self.ways[key] = adjusted(group["y"].to_numpy(), logs=how[0] == "logs", season=how[1])
            parts.append(group.with_columns(y=pl.Series(self.ways[key].values)))
        return pl.concat(parts)

    def back(self, found: pl.DataFrame, *, how: Adjustment) -> pl.DataFrame:
        """Forecasts with the seasons put on again."""
        return pl.concat(
            group.with_columns(y_hat=pl.Series(self.ways[int(str(fit)), how].back(group["y_hat"].to_numpy())))
            for (fit,), group in found.sort("fit", "ds").group_by("fit", maintain_order=True)
        )


def fit(chunk: Chunk) -> Answer:
    """Forecasts of one chunk.

    Args:
        chunk: the fits that are to be made, each by every candidate that takes series of its length and kind.

    Returns:
        Usable points, a named failure for every other fit, and the CPU time taken.
    """
    work = _Work(chunk, {})
    histories = chunk.rows.group_by("fit", maintain_order=True).agg(pl.len().alias("n"), kind().alias("kind"))
    points: list[pl.DataFrame] = [pl.DataFrame(schema=POINTS)]
    failed: list[Outcome] = []
    seconds: dict[str, float] = {}
    for candidate in chunk.candidates:
        started = time.process_time()
        taken = [fit for fit, n, of in histories.iter_rows() if candidate.takes(n, kind=of)]
        if taken:
            usable, faults = _fit_all(work, candidate, rows=chunk.rows.filter(pl.col("fit").is_in(taken)))
            points.append(usable)
            failed += faults
        seconds[candidate.name] = time.process_time() - started
    return Answer(pl.concat(points), failed, seconds, chunk.fits.height)


def _fit_all(work: _Work, candidate: Candidate, *, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Outcome]]:
    failed: list[Outcome] = []
    try:
        found = _forecast(work, candidate, rows=rows)
    except Exception:  # noqa: BLE001  # the vendor raises anything; each fit is tried by itself and named below
        found, failed = _one_by_one(work, candidate, rows=rows)
    points = _named(found, work.chunk, candidate)
    usable = points.filter(pl.col("fault").is_null().all().over("fit"))
    faults = points.drop_nulls("fault").unique("fit", keep="first", maintain_order=True)
    named = [
        Outcome(unique_id, candidate.name, cutoff, fault)
        for unique_id, cutoff, fault in faults.select("unique_id", "cutoff", "fault").iter_rows()
    ]
    return usable.select(POINTS.names()).cast(POINTS), [*failed, *named]


def _forecast(work: _Work, candidate: Candidate, *, rows: pl.DataFrame) -> pl.DataFrame:
    """fit, ds, y_hat of every fit in `rows`."""
    if not candidate.adjusted:
        return _fitted(rows, candidate, horizon=work.chunk.horizon)
    how = (candidate.adjusted, candidate.season)
    found = _fitted(work.adjusted(rows, how=how), candidate, horizon=work.chunk.horizon)
    return work.back(found, how=how)


def _fitted(rows: pl.DataFrame, candidate: Candidate, *, horizon: int) -> pl.DataFrame:
    from statsforecast import StatsForecast, models  # noqa: PLC0415  # 2 s, and only the spawned processes need it

    model = getattr(models, candidate.model)(**candidate.settings, alias="y_hat")
    # The dates are only carried along by the vendor; consecutive ones were made sure of by the panel's contract.
    renamed = rows.rename({"fit": "unique_id"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters of them shows as a value that is not finite, and is named
        found = StatsForecast(models=[model], freq="1mo", n_jobs=1).forecast(df=renamed, h=horizon)
    return found.select(
        fit=pl.col("unique_id").cast(pl.UInt32), ds=pl.col("ds").cast(pl.Date), y_hat=pl.col("y_hat").cast(pl.Float64)
    )


def _one_by_one(work: _Work, candidate: Candidate, *, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Outcome]]:
    found = [pl.DataFrame(schema={"fit": pl.UInt32(), "ds": pl.Date(), "y_hat": pl.Float64()})]
    failed = []
    fits = work.chunk.fits.join(rows.select("fit").unique(), on="fit", how="semi")
    for fit, unique_id, cutoff in fits.select("fit", "unique_id", "cutoff").iter_rows():
        try:
            found.append(_forecast(work, candidate, rows=rows.filter(pl.col("fit") == fit)))
        except Exception as error:  # noqa: BLE001  # whatever the vendor raised is this fit's reason
            failed.append(Outcome(unique_id, candidate.name, cutoff, f"{type(error).__name__}: {error}"))
    return pl.concat(found), failed


def _named(found: pl.DataFrame, chunk: Chunk, candidate: Candidate) -> pl.DataFrame:
    """What each fit stands for, and what is wrong with its forecast (null: nothing)."""
    largest = chunk.rows.group_by("fit").agg(pl.col("y").abs().max().alias("largest"))
    no_number = pl.lit("the forecast is not a finite number")
    exploded = pl.lit(f"the forecast exceeds {EXPLODED:g} times the largest figure")
    return (
        found.join(chunk.fits, on="fit")
        .join(largest, on="fit")
        .with_columns(
            step=pl.col("ds").rank("ordinal").over("fit"),
            model=pl.lit(candidate.name),
            fault=pl.when(~pl.col("y_hat").is_finite())
            .then(no_number)
            .when(pl.col("y_hat").abs() > EXPLODED * pl.col("largest"))
            .then(exploded),
        )
    )
