"""Schedules in DBOS's database: by the clock, or at each release of figures."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import available_timezones

from croniter import croniter
from dbos import DBOSClient, WorkflowSchedule, WorkflowStatus

from forecaster.adapters.dbos_gathering import gathered_at, tell
from forecaster.adapters.dbos_joining import queue_or_join
from forecaster.adapters.dbos_rows import (
    ENDED,
    NEVER_ITSELF,
    QUEUE,
    RELEASE,
    WORKFLOW,
    context,
    is_paused,
    job_of,
    next_due,
    queued_as,
    schedule_of,
)
from forecaster.domain.errors import BadParameter, UnknownSchedule
from forecaster.domain.news import News
from forecaster.domain.ports import Met, Schedule

FIELD = r"(?:[\d*/,-]|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat))+"
FIVE_FIELDS = re.compile(rf"\s*{FIELD}(?:\s+{FIELD}){{4}}\s*")
"""Of six the first would be seconds to one reader and the last to another; `R` is another time at each look."""

A_MOMENT = timedelta(milliseconds=1)  # DBOS rounds instants down to milliseconds
LOOKED_AT = 500  # latest jobs searched for the last outcome of each schedule


class DbosSchedules:
    """Schedules, and the jobs that they start.

    Args:
        client: of the jobs database.
        clock: tells the time.
        gather_seconds: that releases are gathered for before the job of a schedule that waits for them.
    """

    def __init__(self, client: DBOSClient, *, clock: Callable[[], datetime], gather_seconds: float) -> None:
        self._client, self._clock, self._gather_seconds = client, clock, gather_seconds

    def schedules(self) -> list[Schedule]:
        """All schedules by name."""
        outcomes: dict[str, str] = {}
        for status in self._statuses(limit=LOOKED_AT):
            job = job_of(status)
            if job.schedule is not None and job.state in ENDED:
                outcomes.setdefault(job.schedule, f"{job.state}: {job.detail}" if job.detail else job.state)
        found = sorted(self._client.list_schedules(), key=lambda item: item["schedule_name"])
        gathered = gathered_at(self._client)
        return [
            schedule_of(item, now=self._clock(), outcome=outcomes.get(name), gathered=gathered.get(name))
            for item, name in ((item, item["schedule_name"]) for item in found)
        ]

    def add_schedule(
        self,
        name: str,
        *,
        cron: str | None = None,
        zone: str = "UTC",
        experiment: str,
        sectors: Sequence[str] | None = None,
        on: str | None = None,
    ) -> None:
        """Create or replace a schedule; a paused one stays paused.

        Args:
            name: lower-case letters, digits and hyphens, at most 60.
            cron: five fields (minute, hour, day, month, weekday), or six with seconds first.
            zone: IANA name of the zone that `cron` is read in.
            experiment: what its jobs run.
            sectors: only these; None: all.
            on: `release` instead of a cron: figures of its sectors that change, once releases were gathered.

        Raises:
            BadParameter: a name, cron expression or zone that can't be used, or neither or both of cron and release.
        """
        _check(name, cron=cron, zone=zone, on=on, now=self._clock())
        before = self._client.get_schedule(name)
        paused = before is not None and is_paused(before)
        told = context(experiment=experiment, schedule=name, sectors=sectors, on=on, held=bool(on) and paused)
        waited = (
            before["context"].get("since") if before and _waits_alike(before, cron=cron, zone=zone, on=on) else None
        )
        told["since"] = waited or self._clock().isoformat()
        self._apply(name, cron=cron or NEVER_ITSELF, zone=zone, told=told)
        if on or paused:
            self._client.pause_schedule(name)
        else:
            self._client.resume_schedule(name)

    def pause(self, name: str) -> None:
        """Stop a schedule from firing.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        self._hold(self._get(name), held=True)

    def resume(self, name: str) -> None:
        """Let it fire again.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        self._hold(self._get(name), held=False)

    def remove(self, name: str) -> None:
        """Delete it; its past jobs stay.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        self._get(name)
        self._client.delete_schedule(name)

    def run_now(self, name: str) -> str:
        """Start its job at once, paused or not. Returns the job id.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        return self._enqueue(_job_id(name), told=self._get(name)["context"])

    def join_now(self, name: str) -> Met:
        """As `run_now`, unless a job of the same order is queued or running: then that one.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        own = _job_id(name)
        job_id = self._queue_or_join(own, told=self._get(name)["context"])
        return Met(job_id, joined=job_id != own)

    def released(self, news: Sequence[News]) -> list[str]:
        """Tell the schedules that wait for a release; told twice of one, they count it once.

        Each gathers for some minutes what it is told, then starts one job for the sectors of its own that changed.

        Args:
            news: what was stored, now or before.

        Returns:
            The names of the schedules whose sectors it concerns.
        """
        return tell(self._client, news=news, seconds=self._gather_seconds, now=self._clock())

    def _hold(self, item: WorkflowSchedule, *, held: bool) -> None:
        """Pause or resume a schedule; one that a release starts is always paused to DBOS, and has a mark of its own.

        What was due while it was paused is not made up for.
        """
        name, on = item["schedule_name"], item["context"].get("on")
        if on or (not held and is_paused(item)):
            since = item["context"].get("since") if held else self._clock().isoformat()
            told = {**item["context"], "held": held and bool(on), "since": since}
            self._apply(name, cron=item["schedule"], zone=item["cron_timezone"] or "UTC", told=told)
        if on or held:
            self._client.pause_schedule(name)
        else:
            self._client.resume_schedule(name)

    def _apply(self, name: str, *, cron: str, zone: str, told: dict[str, Any]) -> None:
        self._client.apply_schedules(
            [
                {
                    "schedule_name": name,
                    "workflow_name": WORKFLOW,
                    "schedule": cron,
                    "cron_timezone": zone,
                    "context": told,
                    "queue_name": QUEUE,
                }
            ]
        )

    def _enqueue(self, job_id: str, *, told: dict[str, Any]) -> str:
        return self._client.enqueue(queued_as(job_id), self._clock(), told).get_workflow_id()

    def _queue_or_join(self, job_id: str, *, told: dict[str, Any]) -> str:
        return queue_or_join(self._client, job_id=job_id, told=told, now=self._clock())

    def _statuses(self, *, limit: int, until: datetime | None = None) -> list[WorkflowStatus]:
        end = (until + A_MOMENT).isoformat() if until else None
        return self._client.list_workflows(name=WORKFLOW, limit=limit, end_time=end, sort_desc=True)

    def _get(self, name: str) -> WorkflowSchedule:
        found = self._client.get_schedule(name)
        if found is None:
            raise UnknownSchedule(name, known=sorted(item["schedule_name"] for item in self._client.list_schedules()))
        return found


def _job_id(schedule: str) -> str:
    return f"{schedule}-{uuid4().hex[:12]}"


def _waits_alike(item: WorkflowSchedule, *, cron: str | None, zone: str, on: str | None) -> bool:
    """Whether a schedule waits for what it waited for before it was changed: then it misses nothing of it."""
    if on or item["context"].get("on"):
        return bool(item["context"].get("on") == on)
    return not is_paused(item) and (item["schedule"], item["cron_timezone"]) == (cron, zone)


def _check(name: str, *, cron: str | None, zone: str, on: str | None, now: datetime) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise BadParameter(name="name", what=f"{name!r}: use lower-case letters, digits and hyphens.")
    if on not in (None, RELEASE):
        raise BadParameter(name="on", what=f"{on!r} starts nothing; there is {RELEASE!r}.")
    if (cron is None) == (on is None):
        raise BadParameter(name="cron", what="give either a cron expression or `on`, which is `release`.")
    if zone not in available_timezones():
        raise BadParameter(name="zone", what=f"{zone!r} is no IANA zone; write for example Asia/Shanghai.")
    if cron is None:
        return
    if not FIVE_FIELDS.fullmatch(cron) or not croniter.is_valid(cron):
        raise BadParameter(
            name="cron",
            what=f"{cron!r} is no cron expression of five fields: minute, hour, day, month and weekday, by numbers, "
            "names such as jan and mon, lists, ranges and steps. '0 10 18 * *' is the 18th of each month, 10:00.",
        )
    if next_due(cron, zone=zone, now=now) is None:
        raise BadParameter(name="cron", what=f"{cron!r} is never due: no month has such a day. Choose another day.")
