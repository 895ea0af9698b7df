"""The steps of a run, and how far each is by what was said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from forecaster.domain.ports import Line

SNAPSHOT = "snapshot"  # which figures the job rests on
PANEL = "panel"
BACKTEST = "backtest"  # every series at every cutoff; the last cutoff of each is the forecast
REGRESSORS = "regressors"
COMBINING = "combination"
RECONCILIATION = "reconciliation"
INTERVALS = "intervals"
COMPARISON = "comparison"  # with what is in service
RECORD = "record"
DECISION = "decision"
PUBLISHING = "publishing"
STEPS = (
    SNAPSHOT, PANEL, BACKTEST, REGRESSORS, COMBINING, RECONCILIATION, INTERVALS, COMPARISON, RECORD, DECISION,
    PUBLISHING,
)  # fmt: skip  # a list of names reads best filled


@dataclass(frozen=True, slots=True)
class StepTold:
    """How far a step of a job is, by what was said last of it."""

    step: str
    began_at: datetime
    told_at: datetime
    done: int | None
    total: int | None
    failed: int  # series of which a model failed


def steps_of(lines: Iterable[Line]) -> tuple[StepTold, ...]:
    """The steps that a job has begun, in their order; one that was begun again begins when it first did."""
    found: dict[str, StepTold] = {}
    series: dict[str, set[str]] = {}
    for line in lines:
        if line.step is None:
            continue
        before = found.get(line.step, StepTold(line.step, line.at, line.at, None, None, 0))
        if line.failed is not None:
            series.setdefault(line.step, set()).add(line.failed["series_id"])
        count = (line.done, line.total) if line.total is not None else (before.done, before.total)
        failed = len(series.get(line.step, ()))
        found[line.step] = replace(before, told_at=line.at, done=count[0], total=count[1], failed=failed)
    return tuple(found.values())


def failures_in(lines: Iterable[Line]) -> tuple[Mapping[str, Any], ...]:
    """Models that failed so far, by series: series_id, failed (each with model and reason)."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.failed is not None:
            models = found.setdefault(line.failed["series_id"], {})
            models.update({one["model"]: one["reason"] for one in line.failed["failed"]})
    return tuple(
        {"series_id": series_id, "failed": [{"model": model, "reason": reason} for model, reason in models.items()]}
        for series_id, models in found.items()
    )
