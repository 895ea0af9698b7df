"""Use case: hear of what lies there already, whoever left it: failed jobs, moves of service, little room, damage.

It looks at what lasts, not at what passes, so that nothing is lost with a process that dies before it could tell.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from forecaster.domain.alert_facts import disk_low, job_failed, service_told, vintage_damaged
from forecaster.domain.alerts import DISK_LOW, VINTAGE_DAMAGED, Alert, Alerts
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.history import Event
from forecaster.domain.ports import Job

BEGAN = "there-before"
"""Note of what was written down at the first look, by id and not by time, since clocks are set back: it is no news."""

VINTAGES = 3  # of which there should be room for as many as the one in service is large


class Told(Protocol):
    """What was told already; a set."""

    def __contains__(self, alert_id: object, /) -> bool:
        """Whether it was."""

    def add(self, alert_id: str, /) -> None:
        """It is now."""


def notice(alerts: Alerts, *, jobs: Iterable[Job], events: Iterable[Event], told: Told, now: datetime) -> list[Alert]:
    """Raise what jobs and history tell since the first look.

    Args:
        alerts: where they are raised.
        jobs: the latest.
        events: the history of service.
        told: ids that this process needs not raise again; it is added to.
        now: with a zone.

    Returns:
        The alerts that were new.
    """
    failed = [job_failed(job) for job in jobs if job.state == "failed"]
    there = [*map(service_told, events), *failed]
    before = _before(alerts, there=[one.alert_id for one in there], now=now)
    found = [one for one in there if one.alert_id not in before and one.alert_id not in told]
    fresh = [one for one in sorted(found, key=lambda one: one.at) if alerts.raise_alert(one, now=now)]
    for one in found:
        told.add(one.alert_id)
    return fresh


def notice_room(alerts: Alerts, *, place: str, free: int, vintage: int, floor: int, now: datetime) -> bool:
    """Raise that room is short, or close it; whether it is new.

    Args:
        alerts: where it is raised.
        place: that is looked at.
        free: bytes there.
        vintage: bytes of the vintage in service.
        floor: bytes that should be free, or VINTAGES times a vintage where that is more.
        now: with a zone.
    """
    needed = max(floor, VINTAGES * vintage)
    if free >= needed:
        alerts.close_others(DISK_LOW, standing=[], now=now)
        return False
    return alerts.raise_alert(disk_low(place, free=free, floor=needed, now=now), now=now)


def notice_damage(alerts: Alerts, *, broken: BrokenVintage | None, serving: str | None, now: datetime) -> bool:
    """Raise that what should be served is damaged, or close it; whether it is new.

    Args:
        alerts: where it is raised.
        broken: what is refused; None where what should be served is.
        serving: the vintage that is served.
        now: with a zone.
    """
    if broken is None:
        alerts.close_others(VINTAGE_DAMAGED, standing=[], now=now)
        return False
    return alerts.raise_alert(vintage_damaged(broken, serving=serving, now=now), now=now)


def _before(alerts: Alerts, *, there: Sequence[str], now: datetime) -> frozenset[str]:
    kept = alerts.noted(BEGAN)
    if kept is None:
        kept = {"at": now.isoformat(), "before": there}
        alerts.note(BEGAN, told=kept, now=now)
    return frozenset(kept["before"])
