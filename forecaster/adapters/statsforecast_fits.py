"""What a process of the engine does: fit candidates to some series and cutoffs, and name each that fails."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from forecaster.adapters.statsforecast_regressors import fitted_with
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

Found = np.ndarray | str
"""Forecasts in the unit of the series, or why there are none."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one process gets: training rows (fit, ds, y) of some fits, what each fit stands for, and what is fitted."""

    rows: pl.DataFrame  # sorted by fit, ds
    fits: pl.DataFrame  # fit, unique_id, cutoff; sorted by fit
    candidates: tuple[Candidate, ...]
    horizon: int
    regressors: pl.DataFrame | None = None  # fit, ds, name, value, for candidates that take them


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a chunk."""

    points: pl.DataFrame
    failed: list[Outcome]
    cpu_seconds: dict[str, float]  # by candidate; an adjustment counts for the first that wants it
    fits: pl.DataFrame  # unique_id, cutoff of each


class _Model(Protocol):
    """What is used of the vendor's models."""

    def forecast(self, y: np.ndarray, h: int) -> dict[str, Any]:
        """Forecasts under `mean`."""


@dataclass(slots=True)
class _Work:
    """A chunk under way: arrays, since a frame for every fit takes as long as a model; each is adjusted but once."""

    chunk: Chunk
    figures: Sequence[np.ndarray]  # of each fit
    ways: dict[tuple[int, Adjustment], Adjusted]

    def forecast(self, model: _Model, candidate: Candidate, *, at: int) -> Found:
        """Forecasts of the fit at a place of the chunk."""
        try:
            found = self._forecast(model, candidate, at=at)
        except Exception as error:  # noqa: BLE001  # whatever the vendor raised is this fit's reason
            return f"{type(error).__name__}: {error}"
        if not np.isfinite(found).all():
            return "the forecast is not a finite number"
        if (np.abs(found) > EXPLODED * np.abs(self.figures[at]).max()).any():
            return f"the forecast exceeds {EXPLODED:g} times the largest figure"
        return found

    def _forecast(self, model: _Model, candidate: Candidate, *, at: int) -> np.ndarray:
        if candidate.regressors:
            return self._with_regressors(model, at=at)
        if not candidate.adjusted:
            return _mean(model, self.figures[at], horizon=self.chunk.horizon)
        key = (at, (candidate.adjusted, candidate.season))
        if key not in self.ways:
            logs = candidate.adjusted == "logs"
            self.ways[key] = adjusted(self.figures[at], logs=logs, season=candidate.season)
        return self.ways[key].back(_mean(model, self.ways[key].values, horizon=self.chunk.horizon))

    def _with_regressors(self, model: _Model, *, at: int) -> np.ndarray:
        if self.chunk.regressors is None:
            raise ValueError("no regressors were given")
        of_fit = pl.col("fit") == self.chunk.fits["fit"][at]
        rows, columns = self.chunk.rows.filter(of_fit), self.chunk.regressors.filter(of_fit)
        found = fitted_with(rows.select("ds", "y"), columns=columns, model=model, horizon=self.chunk.horizon)
        return found["y_hat"].cast(pl.Float64).to_numpy()


def fit(chunk: Chunk) -> Answer:
    """Forecasts of one chunk.

    Args:
        chunk: the fits that are to be made, each by every candidate that takes series of its length and kind.

    Returns:
        Usable points, a named failure for every other fit, and the CPU time taken.
    """
    work = _Work(chunk, _figures(chunk), {})
    ahead = _months_ahead(chunk)
    kinds = chunk.rows.group_by("fit", maintain_order=True).agg(kind().alias("kind"))["kind"].to_list()
    found: dict[tuple[str, int], Found] = {}  # by candidate and place of the fit
    seconds: dict[str, float] = {}
    for candidate in chunk.candidates:
        started = time.process_time()
        taken = [at for at, of in enumerate(kinds) if candidate.takes(len(work.figures[at]), kind=of)]
        fitted = _fit_all(work, candidate, taken=taken)
        found |= {(candidate.name, at): one for at, one in zip(taken, fitted, strict=True)}
        seconds[candidate.name] = time.process_time() - started
    named = chunk.fits.select("unique_id", "cutoff")
    return Answer(_points(found, ahead=ahead), _failed(found, fits=named), seconds, named)


def _figures(chunk: Chunk) -> list[np.ndarray]:
    ends = chunk.rows.group_by("fit", maintain_order=True).len()["len"].cum_sum().to_list()
    # Each copied into a place of its own: sums of the vendor depend, in their last digits, on where an array lies.
    return [part.copy() for part in np.split(chunk.rows["y"].cast(pl.Float64).to_numpy(), ends[:-1])]


def _months_ahead(chunk: Chunk) -> pl.DataFrame:
    """unique_id, cutoff, ds, step of every forecast that is wanted of a model: those of each fit in turn."""
    last = chunk.rows.group_by("fit", maintain_order=True).agg(pl.col("ds").last().alias("last"))
    steps = pl.DataFrame({"step": range(1, chunk.horizon + 1)}, schema={"step": pl.Int32()})
    wanted = chunk.fits.join(last, on="fit", maintain_order="left").join(steps, how="cross")
    return wanted.select("unique_id", "cutoff", "step", ds=pl.col("last").dt.offset_by(pl.format("{}mo", "step")))


def _fit_all(work: _Work, candidate: Candidate, *, taken: Sequence[int]) -> list[Found]:
    """What became of the fits at some places."""
    from statsforecast import models  # noqa: PLC0415  # 2 s, and only the engine's processes need it

    try:
        model = getattr(models, candidate.model)(**candidate.settings, alias="y_hat")
    except Exception as error:  # noqa: BLE001  # a model or setting that the vendor does not have fails every fit
        return [f"{type(error).__name__}: {error}"] * len(taken)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters of them shows as a value that is not finite, and is named
        return [work.forecast(model, candidate, at=at) for at in taken]


def _mean(model: _Model, figures: np.ndarray, *, horizon: int) -> np.ndarray:
    found: np.ndarray = np.asarray(model.forecast(y=figures, h=horizon)["mean"], dtype=np.float64)
    return found


def _points(found: Mapping[tuple[str, int], Found], *, ahead: pl.DataFrame) -> pl.DataFrame:
    """POINTS of the fits that have forecasts."""
    usable = {key: values for key, values in found.items() if not isinstance(values, str)}
    if not usable:
        return pl.DataFrame(schema=POINTS)
    horizon = len(next(iter(usable.values())))
    rows = [row for _, at in usable for row in range(at * horizon, (at + 1) * horizon)]
    models = [name for name, _ in usable for _ in range(horizon)]
    named = ahead[rows].with_columns(model=pl.Series(models), y_hat=pl.Series(np.concatenate(list(usable.values()))))
    return named.select(POINTS.names()).cast(POINTS)


def _failed(found: Mapping[tuple[str, int], Found], *, fits: pl.DataFrame) -> list[Outcome]:
    pairs = list(fits.iter_rows())
    return [Outcome(pairs[at][0], name, pairs[at][1], why) for (name, at), why in found.items() if isinstance(why, str)]
