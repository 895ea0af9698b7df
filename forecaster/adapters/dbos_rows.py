"""How jobs and schedules stand in DBOS's tables, and back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter
from dbos import DBOSClient, EnqueueOptions, WorkflowSchedule, WorkflowStatus

from forecaster.domain.ports import Job, Line, Schedule

APPLICATION = "sectorcast"
VERSION = "1"  # pinned: DBOS's own follows the source, and a new one would strand waiting jobs
QUEUE = "runs"
WORKFLOW = "retrain"
PROGRESS = "progress"  # the stream of a job's lines
RELEASE = "release"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER_ITSELF = "0 0 29 2 *"  # of schedules that a release starts: DBOS holds them paused, whatever the clock says

STATES = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "succeeded",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
LATER = "MLflow was out of reach; the run is recorded there later."
ENDED = ("succeeded", "failed", "cancelled")


def context(
    *,
    experiment: str,
    schedule: str | None,
    sectors: Sequence[str] | None = None,
    as_of: datetime | None = None,
    on: str | None = None,
    held: bool = False,
    since: datetime | None = None,
) -> dict[str, Any]:
    """What a job is told, beside the time: what to run, and which schedule asked for it.

    Args:
        experiment: what to run.
        schedule: that asked for it.
        sectors: only these.
        as_of: only what was known then.
        on: what starts the schedule instead of the clock.
        held: whether such a schedule is paused.
        since: the instant after which due times of a schedule count, also those that nobody was there to see.
    """
    order = {
        "sectors": list(sectors) if sectors else None,
        "as_of": as_of.isoformat() if as_of else None,
    }
    return {
        "experiment": experiment,
        "schedule": schedule,
        **order,
        "on": on,
        "held": held,
        "since": since.isoformat() if since else None,
    }


def queued_as(workflow_id: str, *, workflow: str = WORKFLOW, queue: str = QUEUE) -> EnqueueOptions:
    """How a workflow is queued, a job unless another is named; an id that is there already queues nothing."""
    return EnqueueOptions(workflow_name=workflow, queue_name=queue, workflow_id=workflow_id, app_version=VERSION)


def known_ids(client: DBOSClient, workflow_ids: Sequence[str]) -> set[str]:
    """Those of some ids that are there, in whatever state."""
    if not workflow_ids:
        return set()
    found = client.list_workflows(workflow_ids=list(workflow_ids), load_input=False, load_output=False)
    return {status.workflow_id for status in found}


def context_of(status: WorkflowStatus) -> dict[str, Any]:
    """What a job was told; jobs of earlier versions lack some of it."""
    assert status.input is not None, "jobs are listed with their input"
    given: dict[str, Any] = status.input["args"][1]
    return {"sectors": None, "as_of": None, **given}


def job_of(status: WorkflowStatus) -> Job:
    """A job as it stands in the table."""
    created, told = _instant(status.created_at), context_of(status)
    assert created is not None, "DBOS dates every job"
    result: dict[str, Any] = status.output if status.status == "SUCCESS" and status.output else {}
    return Job(
        job_id=status.workflow_id,
        experiment=told["experiment"],
        state=STATES[status.status],
        created_at=created,
        detail=_detail(status),
        schedule=told["schedule"],
        sectors=tuple(told["sectors"]) if told["sectors"] else None,
        as_of=datetime.fromisoformat(told["as_of"]) if told["as_of"] else None,
        started_at=_instant(status.dequeued_at),
        ended_at=_instant(status.completed_at),
        vintage=result.get("vintage"),
        decision=result.get("decision"),
        run_id=result.get("run_id"),
        failures=tuple(result.get("failures") or ()),
        recorded_later=not result.get("recorded", True),
    )


def line_of(number: int, said: Mapping[str, Any]) -> Line:
    """A line of a job's run as it stands in the stream; those of earlier versions know nothing of steps."""
    at, known = (
        datetime.fromisoformat(said["at"]),
        {name: said.get(name) for name in ("step", "done", "total", "failed")},
    )
    return Line(number, at, said["line"], **known)


def _detail(status: WorkflowStatus) -> str | None:
    if status.status == "SUCCESS":
        assert status.output is not None, "a run that succeeds answers"
        later = "" if status.output.get("recorded", True) else f" {LATER}"
        return f"{status.output['vintage'] or 'no new vintage'}: {status.output['decision']}{later}"
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        return "the worker died each time it was tried; its log says why"
    return str(status.error) if status.error is not None else None


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else EPOCH + timedelta(milliseconds=milliseconds)


def is_paused(item: WorkflowSchedule) -> bool:
    """Whether nothing starts a schedule's jobs: neither the clock nor, by its own mark, a release."""
    told = item["context"]
    return bool(told["held"]) if told.get("on") else item["status"] != "ACTIVE"


def schedule_of(item: WorkflowSchedule, *, now: datetime, outcome: str | None, gathered: int | None = None) -> Schedule:
    """A schedule as it stands in the table.

    Args:
        item: its row.
        now: with a zone.
        outcome: of its last job.
        gathered: when releases that it gathers become a job, in milliseconds since 1970.
    """
    told, zone = item["context"], item["cron_timezone"] or "UTC"
    on, paused = told.get("on"), is_paused(item)
    return Schedule(
        name=item["schedule_name"],
        cron=None if on else item["schedule"],
        zone=zone,
        experiment=told["experiment"],
        paused=paused,
        next_run_at=None if paused else _instant(gathered) if on else next_due(item["schedule"], zone=zone, now=now),
        last_outcome=outcome,
        on=on,
        sectors=tuple(told["sectors"]) if told.get("sectors") else None,
    )


def missed(item: WorkflowSchedule, *, now: datetime) -> datetime | None:
    """The latest due time of a schedule that may not have fired; None if paused, or not due since it last did."""
    told = item["context"]
    if is_paused(item) or told.get("on"):
        return None
    after = [datetime.fromisoformat(text) for text in (told.get("since"), item["last_fired_at"]) if text]
    due = last_due(item["schedule"], zone=item["cron_timezone"] or "UTC", now=now)
    return due if due is not None and after and due > max(after) else None


def last_due(cron: str, *, zone: str, now: datetime) -> datetime | None:
    """When a cron expression was due last, in its zone; None if never."""
    times = croniter(cron, now.astimezone(ZoneInfo(zone)), second_at_beginning=True)
    try:
        due: datetime = times.get_prev(datetime)
    except CroniterBadDateError:
        return None
    return due


def next_due(cron: str, *, zone: str, now: datetime) -> datetime | None:
    """When a cron expression is due next; None if never, as on the 31st of February."""
    times = croniter(cron, now.astimezone(ZoneInfo(zone)), second_at_beginning=True)
    try:
        due: datetime = times.get_next(datetime)
    except CroniterBadDateError:
        return None
    return due.astimezone(UTC)
