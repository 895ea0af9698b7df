"""The combined forecasts of some series of anybody's panel, at their ends and at past cutoffs."""

from dataclasses import dataclass

import polars as pl

from forecaster.correcting import Correcting, Learnt, learn, learnt_from, with_half_corrected
from forecaster.domain.anypanel import ids
from forecaster.domain.combination import combine
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.kinds import KINDS, REGULAR
from forecaster.domain.ports import Engine, Progress
from forecaster.domain.shelved_panel import ShelvedPanel

FOLDS = Folds(count=4, step=6, min_train=30)
"""Four origins half a year apart, as the intervals were measured with."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for."""

    candidates: tuple[Candidate, ...]  # models, each with its season set
    how: str  # mean or median of them
    horizon: int  # periods ahead
    season: int  # periods a year
    correcting: Correcting | None = None
    """A model, one of the candidates, whose corrected forecast makes half of the result; None: it is not corrected."""

    @property
    def weight(self) -> int:
        """Rows that are made of a series, at most: it is of one kind."""
        most = max(sum(not one.kinds or kind in one.kinds for one in self.candidates) for kind in KINDS)
        return most * (1 + FOLDS.count) * self.horizon

    @property
    def folds(self) -> Folds:
        """Fewer origins where series are short; before each lies a season and a bit, else no error has a scale."""
        before = max(min(FOLDS.min_train, 2 * self.season + 6), self.season + 6)
        return Folds(FOLDS.count, min(FOLDS.step, max(1, self.horizon // 3)), before)


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for, and by what it is done."""

    asked: Asked
    engine: Engine
    progress: Progress
    learnt: Learnt


def learnt_of(asked: Asked, *, panel: ShelvedPanel, engine: Engine, progress: Progress) -> Learnt:
    """What the corrector learnt; where the panel is too small for it, that is said."""
    if asked.correcting is None:
        return Learnt({})
    sample = panel.some(learnt_from(ids(len(panel.names)), horizon=asked.horizon))
    learnt = learn(
        sample,
        cutoffs=pl.concat([last_cutoffs(sample), rolling_cutoffs(sample, folds=asked.folds)]),
        folds=asked.folds,
        correcting=asked.correcting,
        horizon=asked.horizon,
        season=asked.season,
        engine=engine,
        progress=progress,
    )
    if learnt.too_little:
        progress(f"nothing is corrected: {learnt.too_little}. The forecasts are those of the models alone.")
    return learnt


def combined(work: Work, *, panel: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """Combined forecasts of some series, of all candidates at their ends and of the quick ones before."""
    asked = work.asked
    is_last = pl.col("cutoff") == pl.col("cutoff").max().over("unique_id")
    parts = []
    for candidates, at in ((asked.candidates, is_last), (_quick(asked.candidates), ~is_last)):
        found = work.engine.predict(
            panel,
            cutoffs=cutoffs.filter(at),
            candidates=candidates,
            horizon=asked.horizon,
            progress=work.progress,
        )
        points = combine(found.points, candidates=candidates, how=asked.how)
        if asked.correcting is not None and work.learnt.corrections:
            points = _half_corrected(points, of=found.points, panel=panel, work=work, base=asked.correcting.base.name)
        parts.append(points)
    return pl.concat(parts)


def _quick(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The candidates whose past errors make the intervals: of regular series the adjusted ones, where there are any.

    Stock models take most of the time, and their median with the adjusted ones errs hardly less than these alone.
    """
    if not any(candidate.adjusted for candidate in candidates):
        return candidates
    return tuple(candidate for candidate in candidates if candidate.adjusted or candidate.kinds != (REGULAR,))


def _half_corrected(
    combined: pl.DataFrame, *, of: pl.DataFrame, panel: pl.DataFrame, work: Work, base: str
) -> pl.DataFrame:
    learnt, season = work.learnt, work.asked.season
    halves = with_half_corrected(combined, points=of, panel=panel, learnt=learnt, base=base, season=season)
    left = halves.filter(~pl.col("corrected"))["unique_id"].n_unique()
    if left:
        work.progress(f"{left:,} series are not corrected at some cutoff: {base} has no forecast there.")
    return halves.drop("corrected")
