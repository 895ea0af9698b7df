"""What went into service when, why and by whom; and what was refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from forecaster.domain.vintage import Issue

PUBLISHED, PROMOTED, ROLLED_BACK, ALIAS = "published", "promoted", "rolled-back", "alias-moved"
REFUSED = "refused"
KINDS = (PUBLISHED, PROMOTED, ROLLED_BACK, ALIAS, REFUSED)
"""A run's own publication; a hand's choice, forwards or back; the alias moved in MLflow; the champion stayed."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the vintage in service changes."""

    kind: str  # one of KINDS
    reason: str
    by: str  # a job, a hand (user@host), or MLflow's alias
    model_version: str = ""  # "" where it is not known


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history."""

    at: datetime
    vintage_id: str  # what went into service, or was refused; "" where nothing of it is kept here
    cause: Cause

    @property
    def moved(self) -> bool:
        """Whether service changed by it."""
        return self.cause.kind != REFUSED


@dataclass(frozen=True, slots=True)
class Refusal:
    """A move of MLflow's alias that was not honoured."""

    model_version: str
    reason: str
    at: datetime
    serving: str  # the vintage that stayed in service


@dataclass(frozen=True, slots=True)
class AliasState:
    """What is known of MLflow's alias `champion`."""

    settled: str | None = None  # the version that it named when last it was set or heeded
    refused: Refusal | None = None  # while it names a version that can't be served
    fault: str | None = None  # why moves of it can't be seen, or it can't be moved, now


def before(events: Sequence[Event], *, kept: Collection[str]) -> tuple[str | None, tuple[str, ...]]:
    """Where a step back leads: to what was in service before, and from there to what was before that.

    Args:
        events: the whole history, the oldest first.
        kept: vintages that can still be served.

    Returns:
        The vintage, None where there is none, and those passed over since they are no longer kept, the latest first.
    """
    gone: list[str] = []
    for vintage_id in former(events):
        if vintage_id in kept:
            return vintage_id, tuple(gone)
        gone.append(vintage_id)
    return None, tuple(gone)


def former(events: Sequence[Event]) -> tuple[str, ...]:
    """Where steps back lead, one after the other: not to what was itself left by a step back.

    Args:
        events: the whole history, the oldest first.

    Returns:
        Vintages that were in service, the latest first; without the one that is there now.
    """
    stack: list[str] = []
    for event in events:
        if not event.moved:
            continue
        if event.cause.kind == ROLLED_BACK and event.vintage_id in stack:
            while stack[-1] != event.vintage_id:
                stack.pop()
        else:
            stack.append(event.vintage_id)
    return tuple(vintage_id for vintage_id in reversed(stack[:-1]) if vintage_id != stack[-1])


def latest_first(issues: Sequence[Issue], *, events: Sequence[Event]) -> list[Issue]:
    """Vintages in the order in which they came, whatever the clock said: it may have been set back.

    Args:
        issues: in any order.
        events: the whole history, the oldest first. What it does not know is put where it was issued.
    """
    came: dict[str, int] = {}
    for number, event in enumerate(events):
        came.setdefault(event.vintage_id, number)
    found = sorted((one for one in issues if one.vintage_id in came), key=lambda one: came[one.vintage_id])
    unknown = (one for one in issues if one.vintage_id not in came)
    for issue in sorted(unknown, key=lambda one: (one.issued_at, one.vintage_id)):
        later = (at for at, other in enumerate(found) if other.issued_at > issue.issued_at)
        found.insert(next(later, len(found)), issue)
    return found[::-1]
