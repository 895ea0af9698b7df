"""An engine that remembers what another method may ask for again, so that each fit is made once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from forecaster.domain.experiment import Candidate
from forecaster.domain.method import fit_of
from forecaster.domain.ports import Engine, Outcome, Predictions, Progress, together


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, and the answers of the candidates that are remembered."""

    rows: pl.DataFrame
    cutoffs: pl.DataFrame
    horizon: int
    answers: list[tuple[Candidate, Predictions]] = field(default_factory=list)  # under `fit_of`

    def is_for(self, rows: pl.DataFrame, cutoffs: pl.DataFrame, horizon: int) -> bool:
        return self.horizon == horizon and self.rows.equals(rows) and self.cutoffs.equals(cutoffs)


class RememberingEngine:
    """Asks another engine, but not twice for the same; implements `ports.Engine`."""

    def __init__(self, engine: Engine, *, candidates: Collection[Candidate]) -> None:
        """`candidates` are those worth remembering, whatever they are called; without any, nothing is kept."""
        self._engine = engine
        self._wanted = [fit_of(candidate) for candidate in candidates]
        self._asked: list[_Asked] = []

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
        """As the other engine does; candidates that are known cost nothing, unless they are given regressors."""
        if regressors is not None:
            return self._engine.predict(
                panel,
                cutoffs=cutoffs,
                candidates=candidates,
                horizon=horizon,
                progress=progress,
                regressors=regressors,
            )
        asked = self._find(panel, cutoffs=cutoffs, horizon=horizon)
        known = {one.name: found for one in candidates for fit, found in asked.answers if fit == fit_of(one)}
        new = [candidate for candidate in candidates if candidate.name not in known]
        if known:
            progress(f"{len(known)} of {len(candidates)} candidates are fitted already")
        parts = [_named(found, name) for name, found in known.items()]
        if new or not parts:
            fitted = self._engine.predict(panel, cutoffs=cutoffs, candidates=new, horizon=horizon, progress=progress)
            worth = [one for one in new if fit_of(one) in self._wanted]
            asked.answers.extend((fit_of(one), _of(fitted, one.name)) for one in worth)
            parts.append(fitted)
        found = together(parts)
        return replace(found, cpu_seconds={one.name: found.cpu_seconds[one.name] for one in candidates})

    def _find(self, rows: pl.DataFrame, *, cutoffs: pl.DataFrame, horizon: int) -> _Asked:
        for asked in self._asked:
            if asked.is_for(rows, cutoffs, horizon):
                return asked
        fresh = _Asked(rows, cutoffs, horizon)
        if self._wanted:
            self._asked.append(fresh)
        return fresh


def _of(predictions: Predictions, model: str) -> Predictions:
    """Those of one candidate."""
    failed = tuple(outcome for outcome in predictions.failed if outcome.model == model)
    return Predictions(predictions.points.filter(pl.col("model") == model), failed, {})


def _named(predictions: Predictions, name: str) -> Predictions:
    """Those of one candidate under the name that it has now; its seconds were counted once."""
    failed: tuple[Outcome, ...] = tuple(replace(outcome, model=name) for outcome in predictions.failed)
    points = predictions.points.with_columns(model=pl.lit(name, dtype=predictions.points.schema["model"]))
    return Predictions(points, failed, {name: 0.0})
