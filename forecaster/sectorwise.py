"""The engine asked sector by sector, so that progress and CPU time can be told by sector."""

from collections.abc import Callable, Sequence

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import Engine, Outcome, Predictions, Progress
from forecaster.domain.progress import MARK, Said, behind, series_of
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
    total, before = _series(cutoffs), 0
    points: list[pl.DataFrame] = []
    failed: list[Outcome] = []
    seconds: dict[str, dict[str, float]] = {}
    for name in cutoffs.select(SECTOR.unique().sort()).to_series():
        wanted = cutoffs.filter(name == SECTOR)
        own = _series(wanted)
        progress(Said(f"{name}: {_counted(wanted)}", step=step, done=before, total=total))
        found = engine.predict(
            rows.filter(name == SECTOR),
            cutoffs=wanted,
            candidates=candidates,
            horizon=horizon,
            progress=behind(progress, f"{name}: ", step=step, counted=_counting(before + own, total=total)),
            regressors=None if regressors is None else regressors.filter(name == SECTOR),
        )
        points.append(found.points)
        failed += found.failed
        seconds[name] = dict(found.cpu_seconds)
        before += own
    progress(Said(f"{total:,} series are fitted", step=step, done=total, total=total))
    return Predictions(pl.concat(points), tuple(failed), {}), seconds


def _counted(cutoffs: pl.DataFrame) -> str:
    """How many series and cutoffs; keys of variants are no series of their own."""
    besides = cutoffs.filter(pl.col("unique_id").str.contains(MARK, literal=True))
    return f"{_series(cutoffs)} series, {cutoffs.height - besides.height} cutoffs, {besides.height} of variants"


def _series(cutoffs: pl.DataFrame) -> int:
    return len({series_of(key) for key in cutoffs["unique_id"].unique()})


def _counting(after: int, *, total: int) -> Callable[[int, int], tuple[int, int]]:
    """Counts of a sector as counts of all: what it does not ask the engine for is done already.

    Args:
        after: series that are done when this sector is.
        total: series of all sectors.
    """
    return lambda done, of: (after - of + done, total)
