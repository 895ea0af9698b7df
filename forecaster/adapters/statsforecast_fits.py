"""What a spawned process does: fit one candidate to some series and cutoffs, and name each that fails."""

import time
import warnings
from dataclasses import dataclass

import polars as pl

from forecaster.domain.adjustment import Adjusted, adjusted
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome

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
class Chunk:
    """What one process gets: training rows (fit, ds, y) of some fits, and what each fit stands for."""

    rows: pl.DataFrame
    fits: pl.DataFrame  # fit, unique_id, cutoff
    candidate: Candidate
    horizon: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a chunk."""

    points: pl.DataFrame
    failed: list[Outcome]
    cpu_seconds: float


def fit(chunk: Chunk) -> Answer:
    """Forecasts of one chunk.

    Args:
        chunk: one candidate, and the fits that it is to make.

    Returns:
        Usable points, a named failure for every other fit, and the CPU time taken.
    """
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
    return Answer(usable.select(POINTS.names()).cast(POINTS), [*failed, *named], seconds)


def _forecast(rows: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
    """fit, ds, y_hat of every fit in `rows`."""
    return _back(rows, chunk) if chunk.candidate.adjusted else _fitted(rows, chunk)


def _fitted(rows: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
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


def _back(rows: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
    """Forecasts of the seasonally adjusted rows, with the seasons put on again."""
    ways: dict[int, Adjusted] = {}
    parts = []
    for (fit,), group in rows.group_by("fit", maintain_order=True):
        candidate = chunk.candidate
        way = adjusted(group["y"].to_numpy(), logs=candidate.adjusted == "logs", season=candidate.season)
        ways[int(str(fit))] = way
        parts.append(group.with_columns(y=pl.Series(way.values)))
    found = _fitted(pl.concat(parts), chunk).sort("fit", "ds")
    return pl.concat(
        group.with_columns(y_hat=pl.Series(ways[int(str(fit))].back(group["y_hat"].to_numpy())))
        for (fit,), group in found.group_by("fit", maintain_order=True)
    )


def _one_by_one(chunk: Chunk) -> tuple[pl.DataFrame, list[Outcome]]:
    found = [pl.DataFrame(schema={"fit": pl.UInt32(), "ds": pl.Date(), "y_hat": pl.Float64()})]
    failed = []
    for fit, unique_id, cutoff in chunk.fits.select("fit", "unique_id", "cutoff").iter_rows():
        try:
            found.append(_forecast(chunk.rows.filter(pl.col("fit") == fit), chunk))
        except Exception as error:  # noqa: BLE001  # whatever the vendor raised is this fit's reason
            failed.append(Outcome(unique_id, chunk.candidate.name, cutoff, f"{type(error).__name__}: {error}"))
    return pl.concat(found), failed


def _named(found: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
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
