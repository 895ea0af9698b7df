"""The engine asked sector by sector, so that progress and CPU time can be told by sector."""

from collections.abc import Sequence

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import Engine, Outcome, Predictions, Progress


def predict_by_sector(
    rows: pl.DataFrame,
    *,
    cutoffs: pl.DataFrame,
    candidates: Sequence[Candidate],
    horizon: int,
    engine: Engine,
    progress: Progress,
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
        regressors: as `Engine.predict` takes them.
    """
    points: list[pl.DataFrame] = []
    failed: list[Outcome] = []
    seconds: dict[str, dict[str, float]] = {}
    for name in cutoffs.select(SECTOR.unique().sort()).to_series():
        wanted = cutoffs.filter(name == SECTOR)
        progress(f"{name}: {_counted(wanted)}")
        found = engine.predict(
            rows.filter(name == SECTOR),
            cutoffs=wanted,
            candidates=candidates,
            horizon=horizon,
            progress=_prefixed(progress, name),
            regressors=None if regressors is None else regressors.filter(name == SECTOR),
        )
        points.append(found.points)
        failed += found.failed
        seconds[name] = dict(found.cpu_seconds)
    return Predictions(pl.concat(points), tuple(failed), {}), seconds


def _counted(cutoffs: pl.DataFrame) -> str:
    """How many series and cutoffs; keys of variants are no series of their own."""
    besides = cutoffs.filter(pl.col("unique_id").str.contains("#", literal=True))
    series = cutoffs.select(pl.col("unique_id").str.split("#").list.first().n_unique()).item()
    return f"{series} series, {cutoffs.height - besides.height} cutoffs, {besides.height} of variants"


def _prefixed(progress: Progress, sector: str) -> Progress:
    return lambda line: progress(f"{sector}: {line}")
