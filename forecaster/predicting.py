"""Use case: forecasts for anybody's panel, without store, run or vintage."""

from collections.abc import Iterator, Sequence

import polars as pl

from forecaster.domain.anypanel import give_back, take
from forecaster.domain.combination import COMBINATION, combine
from forecaster.domain.errors import BadPanel
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.intervals import scaled_errors, with_quantiles
from forecaster.domain.ports import Engine, Predictions, Progress
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.vintage import QUANTILE_COLUMNS

FOLDS = Folds(count=4, step=6, min_train=30)
"""Four origins half a year apart, as the intervals were measured with."""

BATCH = 2_000
"""Series whose candidates are held in memory at a time."""


def predict(
    frame: pl.DataFrame,
    *,
    file: str,
    candidates: Sequence[Candidate],
    how: str,
    horizon: int,
    season: int,
    engine: Engine,
    progress: Progress,
) -> pl.DataFrame:
    """Forecast every series of a panel.

    Args:
        frame: unique_id, ds, y.
        file: named in errors.
        candidates: models, each with its season set.
        how: mean or median of them.
        horizon: periods ahead.
        season: periods a year.
        engine: fits the candidates.
        progress: told each candidate.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or a series of it can't be forecast; says which and why.
    """
    taken = take(frame, file=file)
    final = last_cutoffs(taken.panel)
    folds = _folds(horizon=horizon, season=season)
    cutoffs = pl.concat([final, rolling_cutoffs(taken.panel, folds=folds)])
    signed = taken.panel.filter(pl.col("y") < 0)["unique_id"].unique().to_list()
    floor = pl.when(pl.col("unique_id").is_in(signed).not_()).then(0.0)
    parts = [
        combine(found.points, candidates=tuple(candidates), how=how)
        for found in _predictions(
            taken.panel, cutoffs=cutoffs, candidates=candidates, horizon=horizon, engine=engine, progress=progress
        )
    ]
    points = pl.concat(parts).with_columns(pl.max_horizontal("y_hat", floor).alias("y_hat"))
    scales = error_scales(taken.panel, cutoffs=cutoffs, season=season)
    blocks = scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=taken.panel)
    errors = scaled_errors(blocks.filter(pl.col("model") == COMBINATION), scales=scales)
    if errors.is_empty():
        needed = folds.min_train + folds.step
        what = f"has no series of {needed} periods that does not repeat itself, so that no interval can be told."
        raise BadPanel(file=file, what=f"{what} With a shorter season than {season}, fewer periods may do.")
    ahead = points.join(final, on=["unique_id", "cutoff"]).drop("model")
    quantiles = with_quantiles(ahead, errors=errors, scales=scales, horizon=horizon, signed=signed)
    _check_whole(quantiles, names=taken.names, horizon=horizon, file=file)
    return give_back(
        quantiles.select("unique_id", "step", "y_hat", *QUANTILE_COLUMNS).rename({"y_hat": "mean"}), taken=taken
    )


def _predictions(
    panel: pl.DataFrame,
    *,
    cutoffs: pl.DataFrame,
    candidates: Sequence[Candidate],
    horizon: int,
    engine: Engine,
    progress: Progress,
) -> Iterator[Predictions]:
    """Predictions of some series at a time: of every candidate at every cutoff, all series would not fit in memory."""
    names = cutoffs["unique_id"].unique().sort()
    for start in range(0, len(names), BATCH):
        part = pl.col("unique_id").is_in(names[start : start + BATCH].implode())
        progress(f"series {start + 1:,} to {min(start + BATCH, len(names)):,} of {len(names):,}")
        yield engine.predict(
            panel.filter(part),
            cutoffs=cutoffs.filter(part),
            candidates=candidates,
            horizon=horizon,
            progress=progress,
        )


def _folds(*, horizon: int, season: int) -> Folds:
    """Fewer origins where series are short; before each lies a season and a bit, without which no error has a scale."""
    before = max(min(FOLDS.min_train, 2 * season + 6), season + 6)
    return Folds(FOLDS.count, min(FOLDS.step, max(1, horizon // 3)), before)


def _check_whole(quantiles: pl.DataFrame, *, names: pl.DataFrame, horizon: int, file: str) -> None:
    whole = quantiles.group_by("unique_id").len().filter(pl.col("len") == horizon)
    gone = names.join(whole, on="unique_id", how="anti")
    if not gone.is_empty():
        what = f"series {gone['name'][0]} and {gone.height - 1} more are too short, or repeat themselves exactly."
        raise BadPanel(file=file, what=f"{what} Leave them out.")
