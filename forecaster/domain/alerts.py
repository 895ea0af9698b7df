"""What an operator should hear of: one alert a fact, however often and by whomever it is found."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

JOB_FAILED, CHAMPION_CHANGED, CHAMPION_KEPT = "job-failed", "champion-changed", "champion-kept"
RELEASE_OVERDUE, HABIT_CHANGED, DATA_ANOMALY = "release-overdue", "habit-changed", "data-anomaly"
ACCURACY_DRIFT, DISK_LOW, VINTAGE_DAMAGED = "accuracy-drift", "disk-low", "vintage-damaged"
KINDS = (
    JOB_FAILED, CHAMPION_CHANGED, CHAMPION_KEPT, RELEASE_OVERDUE, HABIT_CHANGED, DATA_ANOMALY, ACCURACY_DRIFT, DISK_LOW,
    VINTAGE_DAMAGED,
)  # fmt: skip  # a list of names reads best filled

INFO, WARNING, ERROR = "info", "warning", "error"
SEVERITY: Mapping[str, str] = {
    JOB_FAILED: ERROR,
    CHAMPION_CHANGED: INFO,
    CHAMPION_KEPT: INFO,
    RELEASE_OVERDUE: WARNING,
    HABIT_CHANGED: WARNING,
    DATA_ANOMALY: WARNING,
    ACCURACY_DRIFT: WARNING,
    DISK_LOW: ERROR,
    VINTAGE_DAMAGED: ERROR,
}
"""News (`info`) is told and asks for nothing, so it is never open."""

STANDING = (RELEASE_OVERDUE, HABIT_CHANGED, ACCURACY_DRIFT, DISK_LOW, VINTAGE_DAMAGED)
"""Kinds that last: one alert from their beginning to their end, and closed by whoever finds them ended."""

COVERAGE = "coverage"
"""Note of how often figures of each sector fell outside their intervals, when last they were looked at."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One fact to hear of."""

    alert_id: str  # the same fact, the same id: receivers tell a repeated delivery by it
    kind: str  # one of KINDS
    severity: str  # info, warning, error
    at: datetime  # of the fact
    about: Mapping[str, str]  # what it concerns: series, sector, source, job, vintage, …
    text: str  # one sentence, or a few, for a person
    evidence: Mapping[str, Any] = field(default_factory=dict)  # figures, as JSON holds them
    link: str = ""  # where the service tells more, a path


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert as it is kept."""

    alert: Alert
    raised_at: datetime  # when it was found
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None  # the condition ended, or there was nothing to do about it

    @property
    def state(self) -> str:
        """`open`, `acknowledged` (somebody sees to it) or `closed`."""
        if self.closed_at is not None:
            return "closed"
        return "open" if self.acknowledged_at is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are asked for."""

    kind: str | None = None
    since: datetime | None = None  # raised then or later
    is_open: bool | None = None  # neither acknowledged nor closed; False: either; None: all


class Alerts(Protocol):
    """Keeps alerts, for several processes at once."""

    def raise_alert(self, alert: Alert, *, now: datetime) -> bool:
        """Keep an alert unless it is kept already; whether it was new.

        One of a kind that lasts is new only while none about the same is unended.
        """

    def close_others(self, kind: str, *, standing: Sequence[Alert], now: datetime) -> int:
        """Close the unended alerts of a kind that are about nothing that still stands; returns how many."""

    def alerts(self, wanted: Wanted, *, limit: int = 100, after: str | None = None) -> list[Raised]:
        """The latest first; `after`: those that follow it in the list. Raises UnknownAlert."""

    def acknowledge(self, alert_id: str, *, by: str, now: datetime) -> Raised:
        """Somebody sees to it; done twice, the first one stays. Raises UnknownAlert."""

    def open_by_kind(self) -> dict[str, int]:
        """How many are open, by kind; each of KINDS is there."""

    def note(self, name: str, *, told: Mapping[str, Any], now: datetime) -> None:
        """Keep a fact by name, instead of what was kept of it before."""

    def noted(self, name: str) -> Mapping[str, Any] | None:
        """What was kept by a name; None where nothing was."""


def make_alert(
    kind: str,
    *,
    about: Mapping[str, str],
    occasion: str,
    at: datetime,
    text: str,
    evidence: Mapping[str, Any],
    link: str,
) -> Alert:
    """An alert with the id of its fact.

    Args:
        kind: one of KINDS.
        about: what it concerns.
        occasion: tells this fact from others of its kind about the same.
        at: of the fact, with a zone.
        text: for a person.
        evidence: figures, as JSON holds them.
        link: a path of the service.
    """
    named = "\n".join([kind, *(f"{name}={value}" for name, value in sorted(about.items())), occasion])
    digest = hashlib.sha256(named.encode()).hexdigest()[:24]
    return Alert(f"alert-{digest}", kind, SEVERITY[kind], at, dict(about), text, dict(evidence), link)
