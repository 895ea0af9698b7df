"""Facts to hear of, as alerts: what each is about, what makes it one fact, and what proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from forecaster.domain.alerts import (
    ACCURACY_DRIFT,
    CHAMPION_CHANGED,
    CHAMPION_KEPT,
    DATA_ANOMALY,
    DISK_LOW,
    HABIT_CHANGED,
    JOB_FAILED,
    RELEASE_OVERDUE,
    VINTAGE_DAMAGED,
    Alert,
    make_alert,
)
from forecaster.domain.catalogue import Source
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.habits import BEGUN, CEASED, ChangedHabit
from forecaster.domain.history import Event
from forecaster.domain.notation import shown
from forecaster.domain.ports import Job
from forecaster.domain.unforeseen import Unforeseen

GB = 1e9
DOUBTS_TOLD = 10
"""Doubts of a release that its alert quotes."""


def job_failed(job: Job) -> Alert:
    """A job that failed."""
    why = (job.detail or "It said nothing.").strip()
    return make_alert(
        JOB_FAILED,
        about={"job": job.job_id},
        occasion="",
        at=job.ended_at or job.created_at,
        text=f"Job {job.job_id}, experiment {job.experiment}, failed: {why.splitlines()[0]}",
        evidence={"experiment": job.experiment, "schedule": job.schedule, "reason": why},
        link=f"/v1/jobs/{job.job_id}",
    )


def service_told(event: Event) -> Alert:
    """What went into service, or was refused, by a run, a hand or MLflow's alias."""
    cause = event.cause
    what = f"Vintage {event.vintage_id} went into service" if event.moved else "The champion stays in service"
    return make_alert(
        CHAMPION_CHANGED if event.moved else CHAMPION_KEPT,
        about={"vintage": event.vintage_id},
        occasion=event.at.isoformat(),
        at=event.at,
        text=f"{what} ({cause.kind}, by {cause.by or 'an unknown hand'}): {cause.reason}",
        evidence={"kind": cause.kind, "by": cause.by, "reason": cause.reason, "model_version": cause.model_version},
        link="/v1/models/history",
    )


def release_overdue(source: Source, *, series: int, since: date, days_late: int, now: datetime) -> Alert:
    """A body whose figures should be out."""
    usually = f"usually {source.release_lag_days} days after the month"
    return make_alert(
        RELEASE_OVERDUE,
        about={"source": source.key},
        occasion=f"{since:%Y-%m}",
        at=now,
        text=f"{source.name} is {days_late} days late with {since:%Y-%m} ({usually}):"
        f" {series} series that are forecast wait for it.",
        evidence={"since": f"{since:%Y-%m}", "days_late": days_late, "series": series},
        link="/v1/status?overdue=true",
    )


def habit_changed(habit: ChangedHabit, *, source: Source, now: datetime) -> Alert:
    """A source that publishes otherwise than it used to."""
    months = f"{habit.months[0]} to {habit.months[-1]}"
    if habit.what in (CEASED, BEGUN):
        begun = "states" if habit.what == BEGUN else "no longer states"
        what = f"{begun} {habit.measure} by {habit.basis}, in {months}. Look at `publishes` of the catalogue."
    else:
        days = ", ".join(f"{day:+d}" for day in habit.days)
        what = (
            f"comes {habit.what} than usual in {months}, by {days} days. Look at `release_lag_days` of the catalogue."
        )
    measure = {"measure": habit.measure, "basis": habit.basis} if habit.measure and habit.basis else {}
    return make_alert(
        HABIT_CHANGED,
        about={"source": source.key, "what": habit.what, **measure},
        occasion=habit.months[0],
        at=now,
        text=f"{source.name} {what}",
        evidence=asdict(habit),
        link="/v1/status",
    )


def data_anomaly(outside: Unforeseen, *, release_id: str, now: datetime) -> Alert:
    """A new figure far outside the forecast in service."""
    figures = {name: getattr(outside, name) for name in ("value", "mean", "low", "high")}
    return make_alert(
        DATA_ANOMALY,
        about={"series": outside.series_id, "months": outside.months},
        occasion=repr(outside.value),
        at=now,
        text=f"{outside.series_id}: {shown(outside.value)} in {outside.months} is outside the 99 % band in service, "
        f"{outside.band}. Is the figure right?",
        evidence={**figures, "line": outside.line, "release": release_id},
        link=f"/v1/series/{outside.series_id}/observations?include_history=true",
    )


def many_anomalies(count: int, *, release_id: str, now: datetime) -> Alert:
    """A release with more figures outside the forecast than are told one by one."""
    return make_alert(
        DATA_ANOMALY,
        about={"release": release_id},
        occasion="",
        at=now,
        text=f"{count:,} figures of one release are outside the 99 % bands in service. Is its unit right?",
        evidence={"figures": count},
        link="/v1/status",
    )


def doubtful_figures(doubts: Mapping[str, str], *, release_id: str, now: datetime) -> Alert:
    """A release with figures to look at twice, which the next run takes up all the same; one fact however often sent.

    Args:
        doubts: of each line, at least one, where it stands and what is doubtful.
        release_id: of the release.
        now: when it was taken in.
    """
    told = [f"{place}: {what}" for place, what in doubts.items()]
    count = "A figure of a release is" if len(doubts) == 1 else f"{len(doubts):,} figures of a release are"
    return make_alert(
        DATA_ANOMALY,
        about={"figures": "doubtful"},
        occasion="\n".join(sorted(doubts.values())),
        at=now,
        text=f"{count} doubtful, and the next run takes up what is in store: {told[0]}",
        evidence={"figures": len(doubts), "first": told[:DOUBTS_TOLD], "release": release_id},
        link="/v1/status",
    )


def accuracy_drift(
    about: Mapping[str, str], *, judged: Sequence[Mapping[str, Any]], evidence: Mapping[str, Any], now: datetime
) -> Alert:
    """Forecasts of a sector or a series that miss more often than they promised.

    Args:
        about: `sector` or `series`.
        judged: rows of JUDGED that are drift, at least one.
        evidence: what proves it besides.
        now: when it was found.
    """
    ((scope, key),) = about.items()
    told = "; ".join(
        f"{one['outside']:.0%} of the figures of {one['windows']} windows lay outside the {one['level']} % interval, "
        f"{one['promised']:.0%} was promised (by chance: {one['p_value']:.1g} at most)"
        for one in judged
    )
    levels = [
        {name: one[name] for name in ("level", "windows", "figures", "outside", "promised", "p_value")}
        for one in judged
    ]
    return make_alert(
        ACCURACY_DRIFT,
        about=about,
        occasion=str(evidence["until"]),
        at=now,
        text=f"Forecasts of {key} miss more than they promised: {told}.",
        evidence={**evidence, "levels": levels},
        link=f"/v1/accuracy?{scope}={key}&by=horizon",
    )


def vintage_damaged(broken: BrokenVintage, *, serving: str | None, now: datetime) -> Alert:
    """A vintage that should be served, and is refused.

    Args:
        broken: which, and why.
        serving: the vintage that is served instead; None: none is sound.
        now: with a zone.
    """
    instead = f"{serving} is served instead" if serving else "no earlier one is sound"
    return make_alert(
        VINTAGE_DAMAGED,
        about={"vintage": broken.vintage_id},
        occasion="",
        at=now,
        text=f"Vintage {broken.vintage_id} is damaged ({broken.what}); {instead}. A job trains anew.",
        evidence={"reason": broken.what, "serving": serving},
        link="/v1/status",
    )


def disk_low(place: str, *, free: int, floor: int, now: datetime) -> Alert:
    """Little room where everything is kept."""
    return make_alert(
        DISK_LOW,
        about={"place": place},
        occasion=f"{now:%Y-%m-%d}",
        at=now,
        text=f"{free / GB:.1f} GB are free at {place}, under {floor / GB:.1f} GB. "
        "`sectorcast prune --dry-run` shows what may go.",
        evidence={"free_bytes": free, "floor_bytes": floor},
        link="/v1/status",
    )
