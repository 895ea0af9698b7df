"""An engine whose fits are kept: what was fitted before, by whatever run, costs a look into a file.

Backtests ask for the same fits month after month, since what was known at an earlier cutoff seldom changes; and a run
that was killed has left the fits of its finished chunks behind.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from forecaster.adapters.fit_keys import key_of, pairs_of, terms_of
from forecaster.adapters.fit_store import FitStore
from forecaster.adapters.fits_gathered import Failures, gathered
from forecaster.adapters.statsforecast_engine import StatsforecastEngine
from forecaster.adapters.statsforecast_fits import POINTS, Answer
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Outcome, Predictions, Progress, together

FORECAST, FAILURE, LEFT = b"f", b"x", b"-"
"""How a kept value begins: numbers, a reason, or nothing, since the candidate does not take such a series."""

PASSING = ("MemoryError", "OSError", "ImportError", "ModuleNotFoundError", "BrokenProcessPool")
"""Failures that say nothing of the fit: they are never kept."""

Fit = tuple[str, date, str]
"""unique_id, cutoff, name of the candidate."""


class KeptFits:
    """Hands to another engine what is not kept, and keeps what it answers; implements `ports.Engine`."""

    def __init__(self, engine: StatsforecastEngine, *, store: FitStore, anew: bool = False) -> None:
        """`anew`: nothing that is kept is used, and all is kept once more."""
        self._engine = engine
        self._store = store
        self._anew = anew

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
        """As the other engine does, to the last bit; kept fits take no CPU seconds."""
        terms = {one.name: (one, terms_of(one, horizon=horizon)) for one in candidates}
        pairs = pairs_of(panel, cutoffs=cutoffs, regressors=regressors)
        keys = {
            (pair.unique_id, pair.cutoff, name): key_of(pair, candidate=one, terms=of)
            for pair in pairs
            for name, (one, of) in terms.items()
        }
        kept = {} if self._anew else self._store.find(set(keys.values()))
        known = {fit: kept[key] for fit, key in keys.items() if key in kept}
        if known:
            progress(f"{len(known):,} of {len(keys):,} fits are kept from before")
        last = {(pair.unique_id, pair.cutoff): pair.last for pair in pairs}
        parts = [_predictions(known, last=last, horizon=horizon)]
        Failures(progress).tell(parts[0].failed)
        missing = list(_missing(keys.keys() - known.keys(), candidates=candidates))

        def answers() -> Iterator[Answer]:
            for some, wanted in missing:
                fitted = self._engine.answers(
                    panel, cutoffs=wanted, candidates=some, horizon=horizon, regressors=regressors
                )
                yield from self._noted(fitted, keys=keys, candidates=some, horizon=horizon)

        if missing:
            wanted = pl.concat([wanted for _, wanted in missing])
            parts.append(gathered(answers(), candidates=candidates, cutoffs=wanted, progress=progress))
        whole = together(parts)
        seconds = {one.name: whole.cpu_seconds.get(one.name, 0.0) for one in candidates}
        return Predictions(whole.points, whole.failed, seconds)

    def _noted(
        self, answers: Iterator[Answer], *, keys: Mapping[Fit, bytes], candidates: Sequence[Candidate], horizon: int
    ) -> Iterator[Answer]:
        """The answers, each kept before it is passed on."""
        for answer in answers:
            values = _values(answer, candidates=candidates, horizon=horizon)
            self._store.keep({keys[fit]: value for fit, value in values.items()})
            yield answer


def _missing(fits: set[Fit], *, candidates: Sequence[Candidate]) -> Iterator[tuple[list[Candidate], pl.DataFrame]]:
    """What is to be fitted: cutoffs that lack the same candidates, together."""
    lacking: dict[tuple[str, date], set[str]] = {}
    for unique_id, cutoff, name in fits:
        lacking.setdefault((unique_id, cutoff), set()).add(name)
    groups: dict[tuple[str, ...], list[tuple[str, date]]] = {}
    for pair, names in sorted(lacking.items()):
        groups.setdefault(tuple(one.name for one in candidates if one.name in names), []).append(pair)
    for wanted, pairs in groups.items():
        frame = pl.DataFrame(pairs, schema={"unique_id": pl.String(), "cutoff": pl.Date()}, orient="row")
        yield [one for one in candidates if one.name in wanted], frame


def _values(answer: Answer, *, candidates: Sequence[Candidate], horizon: int) -> dict[Fit, bytes]:
    """What is kept of an answer."""
    pairs = list(answer.fits.iter_rows())
    values = {(unique_id, cutoff, one.name): LEFT for unique_id, cutoff in pairs for one in candidates}
    points = answer.points.sort("unique_id", "cutoff", "model", "step")
    numbers = points["y_hat"].to_numpy().reshape(-1, horizon)
    names = points.gather_every(horizon).select("unique_id", "cutoff", "model").iter_rows()
    values |= {fit: FORECAST + row.tobytes() for fit, row in zip(names, numbers, strict=True)}
    for one in answer.failed:
        fit = (one.unique_id, one.cutoff, one.model)
        if one.reason.startswith(PASSING):
            del values[fit]
        else:
            values[fit] = FAILURE + one.reason.encode()
    return values


def _predictions(known: Mapping[Fit, bytes], *, last: Mapping[tuple[str, date], date], horizon: int) -> Predictions:
    """Kept values as an engine answers them."""
    found = [(fit, value[1:]) for fit, value in known.items() if value[:1] == FORECAST]
    failed = [
        Outcome(unique_id, name, cutoff, value[1:].decode())
        for (unique_id, cutoff, name), value in known.items()
        if value[:1] == FAILURE
    ]
    rows = [(unique_id, cutoff, last[unique_id, cutoff], name) for (unique_id, cutoff, name), _ in found]
    schema = {"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "model": pl.String()}
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": pl.Int32()})
    ahead = pl.DataFrame(rows, schema=schema, orient="row").join(steps, how="cross", maintain_order="left_right")
    points = ahead.with_columns(
        pl.col("ds").dt.offset_by(pl.format("{}mo", "step")),
        y_hat=pl.Series(np.frombuffer(b"".join(numbers for _, numbers in found)), dtype=pl.Float64),
    )
    return Predictions(points.select(POINTS.names()), tuple(failed), {})
