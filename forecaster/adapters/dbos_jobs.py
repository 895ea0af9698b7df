"""Jobs and schedules in DBOS's database, as a client sees them; dbos_worker carries the jobs out."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from croniter import CroniterBadDateError, croniter
from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowSchedule, WorkflowStatus

from forecaster.adapters.sqlite_clock import give_sqlite_a_clock
from forecaster.domain.errors import BadParameter, UnknownSchedule
from forecaster.domain.ports import Job, Schedule

APPLICATION = "sectorcast"
VERSION = "1"  # pinned: DBOS's own follows the source, and a new one would strand waiting jobs
QUEUE = "runs"
WORKFLOW = "retrain"
LOOKED_AT = 500  # latest jobs searched for the last outcome of each schedule

STATES = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "succeeded",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
ENDED = ("succeeded", "failed", "cancelled")


def migrate(address: str) -> None:
    """Create the jobs database, or bring it up to date; does nothing where it is."""
    give_sqlite_a_clock()
    DBOS.migrate(address)


class DbosJobs:
    """Starts runs now or by schedule; needs no worker to be running.

    Args:
        address: of the jobs database: sqlite:///… or postgresql://…; made, or brought up to date, if need be.
        clock: tells the time.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime]) -> None:
        migrate(address)  # 2 ms where there is nothing to do
        self._clock = clock
        self._client = DBOSClient(
            system_database_url=address, application_name=APPLICATION, retry_connection_errors=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self._client.destroy()

    def start(self, experiment: str, *, key: str | None = None) -> str:
        """Queue a run; the same key gives the same job. Returns the job id."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32] if key is not None else uuid4().hex
        return self._enqueue(f"job-{name}", context=context(experiment=experiment, schedule=None))

    def jobs(self, *, limit: int = 20) -> list[Job]:
        """The latest jobs, newest first."""
        return [_job(status) for status in self._statuses(limit=limit)]

    def job(self, job_id: str) -> Job | None:
        """One job; None if there is none of that id."""
        found = self._client.list_workflows(workflow_ids=[job_id], name=WORKFLOW)
        return _job(found[0]) if found else None

    def schedules(self) -> list[Schedule]:
        """All schedules by name."""
        outcomes: dict[str, str] = {}
        for status in self._statuses(limit=LOOKED_AT):
            job, name = _job(status), _context(status)["schedule"]
            if name is not None and job.state in ENDED:
                outcomes.setdefault(name, f"{job.state}: {job.detail}" if job.detail else job.state)
        found = sorted(self._client.list_schedules(), key=lambda item: item["schedule_name"])
        return [_schedule(item, now=self._clock(), outcome=outcomes.get(item["schedule_name"])) for item in found]

    def add_schedule(self, name: str, *, cron: str, zone: str, experiment: str) -> None:
        """Create or replace a schedule; a paused one stays paused.

        Args:
            name: lower-case letters, digits and hyphens, at most 60.
            cron: five fields (minute, hour, day, month, weekday), or six with seconds first.
            zone: IANA name of the zone that `cron` is read in.
            experiment: what its jobs run.

        Raises:
            BadParameter: a name, cron expression or zone that can't be used.
        """
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
            raise BadParameter(name="name", what=f"{name!r}: use lower-case letters, digits and hyphens.")
        if not croniter.is_valid(cron, second_at_beginning=True):
            raise BadParameter(
                name="cron",
                what=f"{cron!r} is no cron expression; '0 10 18 * *' is the 18th of each month, 10:00.",
            )
        if zone not in available_timezones():
            raise BadParameter(name="zone", what=f"{zone!r} is no IANA zone; write for example Asia/Shanghai.")
        if _next(cron, zone=zone, now=self._clock()) is None:
            raise BadParameter(name="cron", what=f"{cron!r} is never due: no month has such a day. Choose another day.")
        self._client.apply_schedules(
            [
                {
                    "schedule_name": name,
                    "workflow_name": WORKFLOW,
                    "schedule": cron,
                    "cron_timezone": zone,
                    "context": context(experiment=experiment, schedule=name),
                    "queue_name": QUEUE,
                }
            ]
        )

    def pause(self, name: str) -> None:
        """Stop a schedule from firing.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        self._get(name)
        self._client.pause_schedule(name)

    def resume(self, name: str) -> None:
        """Let it fire again.

        Raises:
            UnknownSchedule: there is none of that name.
        """
        self._get(name)
        self._client.resume_schedule(name)

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
        return self._enqueue(f"{name}-{uuid4().hex[:12]}", context=self._get(name)["context"])

    def _enqueue(self, job_id: str, *, context: dict[str, str | None]) -> str:
        options = EnqueueOptions(workflow_name=WORKFLOW, queue_name=QUEUE, workflow_id=job_id, app_version=VERSION)
        return self._client.enqueue(options, self._clock(), context).get_workflow_id()

    def _statuses(self, *, limit: int) -> list[WorkflowStatus]:
        return self._client.list_workflows(name=WORKFLOW, limit=limit, sort_desc=True)

    def _get(self, name: str) -> WorkflowSchedule:
        found = self._client.get_schedule(name)
        if found is None:
            raise UnknownSchedule(name, known=sorted(item["schedule_name"] for item in self._client.list_schedules()))
        return found


def context(*, experiment: str, schedule: str | None) -> dict[str, str | None]:
    """What a job is told, beside the time: what to run, and which schedule asked for it."""
    return {"experiment": experiment, "schedule": schedule}


def _context(status: WorkflowStatus) -> dict[str, Any]:
    assert status.input is not None, "jobs are listed with their input"
    given: dict[str, Any] = status.input["args"][1]
    return given


def _job(status: WorkflowStatus) -> Job:
    assert status.created_at is not None, "DBOS dates every job"
    return Job(
        job_id=status.workflow_id,
        experiment=_context(status)["experiment"],
        state=STATES[status.status],
        created_at=datetime.fromtimestamp(status.created_at / 1000, tz=UTC),
        detail=_detail(status),
    )


def _detail(status: WorkflowStatus) -> str | None:
    if status.status == "SUCCESS":
        assert status.output is not None, "a run that succeeds answers"
        return f"{status.output['vintage'] or 'no new vintage'}: {status.output['decision']}"
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        return "the worker died each time it was tried; its log says why"
    return str(status.error) if status.error is not None else None


def _schedule(item: WorkflowSchedule, *, now: datetime, outcome: str | None) -> Schedule:
    paused, zone = item["status"] != "ACTIVE", item["cron_timezone"] or "UTC"
    return Schedule(
        name=item["schedule_name"],
        cron=item["schedule"],
        zone=zone,
        experiment=item["context"]["experiment"],
        paused=paused,
        next_run_at=None if paused else _next(item["schedule"], zone=zone, now=now),
        last_outcome=outcome,
    )


def _next(cron: str, *, zone: str, now: datetime) -> datetime | None:
    """When a cron expression is due next; None if never, as on the 31st of February."""
    times = croniter(cron, now.astimezone(ZoneInfo(zone)), second_at_beginning=True)
    try:
        due: datetime = times.get_next(datetime)
    except CroniterBadDateError:
        return None
    return due.astimezone(UTC)
