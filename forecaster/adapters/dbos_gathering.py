"""Releases gathered for some minutes, then one job of each schedule that waits for them, for the sectors that changed.

Each release that a schedule is told of is a small workflow of its own: put off for as long as releases are gathered,
durable, and the same one however often it is told. The first whose time has come takes the others along.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSClient, SetWorkflowID, WorkflowSchedule, WorkflowStatus

from forecaster.adapters.dbos_rows import QUEUE, RELEASE, known_ids, queued_as
from forecaster.domain.news import News

GATHERING = "gather"  # workflow and queue
WAITING = ["DELAYED", "ENQUEUED"]


def tell(client: DBOSClient, *, news: Sequence[News], seconds: float, now: datetime) -> list[str]:
    """Tell the schedules that wait for a release; returns the names of those that it concerns.

    A schedule hears of what was stored since it waits, so that a release that is repeated starts nothing that was
    made for later ones.

    Args:
        client: of the jobs database.
        news: what was stored.
        seconds: that releases are gathered for.
        now: with a zone; a schedule that waits since later than that waits since the clock was set back, or before.
    """
    told: dict[str, dict[str, Any]] = {}
    for schedule in client.list_schedules():
        waits = schedule["context"]
        if waits.get("on") != RELEASE or waits["held"]:
            continue
        for one in news:
            sectors = _concerned(one.sectors, wanted=waits["sectors"])
            if sectors and not _before(one, since=waits.get("since"), now=now):
                name = schedule["schedule_name"]
                told[_id(name, one)] = {"schedule": name, "release": one.release_id, "sectors": sectors}
    for workflow_id in sorted(told.keys() - known_ids(client, list(told))):
        options = queued_as(workflow_id, workflow=GATHERING, queue=GATHERING)
        options["delay_seconds"] = seconds
        client.enqueue(options, told[workflow_id])
    return sorted({one["schedule"] for one in told.values()})


def gathered_at(client: DBOSClient) -> dict[str, int]:
    """When what is gathered now becomes a job, by schedule: milliseconds since 1970."""
    found: dict[str, int] = {}
    for status in client.list_workflows(name=GATHERING, status=WAITING, load_output=False):
        due, name = status.delay_until_epoch_ms or status.created_at or 0, _told(status)["schedule"]
        found[name] = min(found.get(name, due), due)
    return found


def gather_releases(
    retrain: Callable[[datetime, Any], Any], *, clock: Callable[[], datetime]
) -> Callable[[float], None]:
    """Let this worker gather; returns what opens the queue, once DBOS was launched, by how often it is looked at.

    Args:
        retrain: the workflow of a job.
        clock: tells the time.
    """

    @DBOS.step(name="gathered")
    def gathered(told: dict[str, Any]) -> dict[str, Any]:
        return {**_gathered(told), "at": clock()}

    @DBOS.step(name="taken-along")
    def take_along(workflow_ids: list[str]) -> None:
        DBOS.cancel_workflows(workflow_ids)

    @DBOS.workflow(name=GATHERING)
    def gather(told: dict[str, Any]) -> str | None:
        found = gathered(told)
        job_id = None
        if found["order"] is not None:
            assert DBOS.workflow_id is not None, "a workflow has an id"
            job_id = DBOS.workflow_id.removeprefix(f"{GATHERING}-")
            with SetWorkflowID(job_id):
                DBOS.enqueue_workflow(QUEUE, retrain, found["at"], found["order"])
        if found["along"]:
            take_along(found["along"])
        return job_id

    def open_queue(poll_seconds: float) -> None:
        # One at a time, everywhere: whoever gathers must not meet another who does.
        DBOS.register_queue(GATHERING, global_concurrency=1, polling_interval_sec=poll_seconds)

    return open_queue


def _gathered(told: dict[str, Any]) -> dict[str, Any]:
    """What a job is told for all that waits to be gathered for a schedule; no order where it waits no longer."""
    waiting = DBOS.list_workflows(name=GATHERING, status=WAITING, load_output=False)
    along = [one for one in waiting if _told(one)["schedule"] == told["schedule"]]
    sectors = sorted({*told["sectors"], *(sector for one in along for sector in _told(one)["sectors"])})
    return {
        "order": _order(DBOS.get_schedule(told["schedule"]), sectors),
        "along": [one.workflow_id for one in along],
    }


def _order(schedule: WorkflowSchedule | None, sectors: list[str]) -> dict[str, Any] | None:
    """What its job is told now; the schedule may have been changed, paused or removed meanwhile."""
    if schedule is None or schedule["context"].get("on") != RELEASE or schedule["context"]["held"]:
        return None
    changed = _concerned(sectors, wanted=schedule["context"]["sectors"])
    return {**schedule["context"], "sectors": changed} if changed else None


def _concerned(sectors: Sequence[str], *, wanted: Sequence[str] | None) -> list[str]:
    return [one for one in sectors if wanted is None or one in wanted]


def _before(news: News, *, since: str | None, now: datetime) -> bool:
    return since is not None and news.at < datetime.fromisoformat(since) <= now


def _id(schedule: str, news: News) -> str:
    return f"{GATHERING}-{schedule}-{hashlib.sha256(news.release_id.encode()).hexdigest()[:12]}"


def _told(status: WorkflowStatus) -> dict[str, Any]:
    assert status.input is not None, "it is listed with its input"
    told: dict[str, Any] = status.input["args"][0]
    return told
