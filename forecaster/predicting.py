"""Use case: forecasts for anybody's panel, without store, run or vintage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from forecaster.correcting import Correcting, Learnt, learn, with_half_corrected
from forecaster.domain.anypanel import give_back, take
from forecaster.domain.combination import COMBINATION, combine, floored
from forecaster.domain.errors import BadPanel
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.intervals import scaled_errors, with_quantiles, with_widths
from forecaster.domain.ports import Engine, Progress
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
    correcting: Correcting | None = None,
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
        progress: told each candidate, and where the correction is not used.
        correcting: a model, one of the candidates, whose corrected forecast makes half of the result; None: it is not
            corrected.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or a series of it can't be forecast; says which and why.
    """
    taken = take(frame, file=file)
    work = _Work(tuple(candidates), how, horizon, season, engine, progress, correcting)
    final = last_cutoffs(taken.panel)
    folds = _folds(horizon=horizon, season=season)
    cutoffs = pl.concat([final, rolling_cutoffs(taken.panel, folds=folds)])
    signed = taken.panel.filter(pl.col("y") < 0)["unique_id"].unique().to_list()
    learnt = _learnt(work, panel=taken.panel, cutoffs=cutoffs, folds=folds)
    parts = list(_combined(work, panel=taken.panel, cutoffs=cutoffs, learnt=learnt))
    points = floored(pl.concat(parts), where=~pl.col("unique_id").is_in(signed))
    scales = error_scales(taken.panel, cutoffs=cutoffs, season=season)
    if "width" in points.columns:
        scales = with_widths(scales, widths=points.select("unique_id", "cutoff", "step", "width"))
    blocks = scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=taken.panel)
    errors = scaled_errors(blocks.filter(pl.col("model") == COMBINATION), scales=scales)
    if errors.is_empty():
        needed = folds.min_train + folds.step
        what = f"has no series of {needed} periods that does not repeat itself, so that no interval can be told."
        raise BadPanel(file=file, what=f"{what} With a shorter season than {season}, fewer periods may do.")
    ahead = points.join(final, on=["unique_id", "cutoff"]).drop("model", "width", strict=False)
    quantiles = with_quantiles(ahead, errors=errors, scales=scales, horizon=horizon, signed=signed)
    _check_whole(quantiles, names=taken.names, horizon=horizon, file=file)
    return give_back(
        quantiles.select("unique_id", "step", "y_hat", *QUANTILE_COLUMNS).rename({"y_hat": "mean"}), taken=taken
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is asked for, and by what it is done."""

    candidates: tuple[Candidate, ...]
    how: str
    horizon: int
    season: int
    engine: Engine
    progress: Progress
    correcting: Correcting | None


def _learnt(work: _Work, *, panel: pl.DataFrame, cutoffs: pl.DataFrame, folds: Folds) -> Learnt:
    """What the corrector learnt; where the panel is too small for it, that is said."""
    if work.correcting is None:
        return Learnt({})
    learnt = learn(
        panel,
        cutoffs=cutoffs,
        folds=folds,
        correcting=work.correcting,
        horizon=work.horizon,
        season=work.season,
        engine=work.engine,
        progress=work.progress,
    )
    if learnt.too_little:
        work.progress(f"nothing is corrected: {learnt.too_little}. The forecasts are those of the models alone.")
    return learnt


def _combined(work: _Work, *, panel: pl.DataFrame, cutoffs: pl.DataFrame, learnt: Learnt) -> Iterator[pl.DataFrame]:
    """Forecasts of some series at a time: every candidate's at every cutoff, of all series, would not fit in memory."""
    names = cutoffs["unique_id"].unique().sort()
    for start in range(0, len(names), BATCH):
        part = pl.col("unique_id").is_in(names[start : start + BATCH].implode())
        work.progress(f"series {start + 1:,} to {min(start + BATCH, len(names)):,} of {len(names):,}")
        held, wanted = panel.filter(part), cutoffs.filter(part)
        is_last = pl.col("cutoff") == pl.col("cutoff").max().over("unique_id")
        for candidates, at in ((work.candidates, is_last), (_quick(work.candidates), ~is_last)):
            found = work.engine.predict(
                held,
                cutoffs=wanted.filter(at),
                candidates=candidates,
                horizon=work.horizon,
                progress=work.progress,
            )
            points = combine(found.points, candidates=candidates, how=work.how)
            if work.correcting is not None and learnt.corrections:
                points = _half_corrected(points, of=found.points, panel=held, learnt=learnt, work=work)
            yield points


def _quick(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The candidates whose past errors make the intervals: the adjusted ones, where there are any.

    Stock models take most of the time, and their median with the adjusted ones errs hardly less than these alone.
    """
    return tuple(candidate for candidate in candidates if candidate.adjusted) or candidates


def _half_corrected(
    combined: pl.DataFrame, *, of: pl.DataFrame, panel: pl.DataFrame, learnt: Learnt, work: _Work
) -> pl.DataFrame:
    assert work.correcting is not None
    base = work.correcting.base.name
    halves = with_half_corrected(combined, points=of, panel=panel, learnt=learnt, base=base, season=work.season)
    left = halves.filter(~pl.col("corrected"))["unique_id"].n_unique()
    if left:
        work.progress(f"{left:,} series are not corrected at some cutoff: {base} failed there.")
    return halves.drop("corrected")


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
