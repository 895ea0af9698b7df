"""Schedules: what starts jobs, by the clock or at each release."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import fresh
from api.auth import scope
from api.job_schemas import IfBusyQuery, JobMetOut, ScheduleChange, ScheduleIn, ScheduleOut, SchedulesOut
from api.operating import check_order, jobs_of
from api.plain import install_plain
from api.queries import NoQuery
from api.routes.jobs import accepted
from forecaster.domain.errors import ScheduleExists, UnknownSchedule
from forecaster.domain.ports import Jobs, Met, Schedule

install_plain()

router = APIRouter(prefix="/v1", tags=["schedules"], dependencies=[scope("operate")])

Name = Annotated[str, Path(max_length=60, examples=["monthly-retraining"])]
Nothing = Annotated[NoQuery, Query()]


@router.get("/schedules", response_model=SchedulesOut)
def list_schedules(request: Request, query: Nothing) -> Response:  # noqa: ARG001  # it refuses parameters
    """All schedules: when next, and how the last job ended."""
    with jobs_of(request) as jobs:
        return fresh({"items": [asdict(schedule) for schedule in jobs.schedules()]})


@router.post("/schedules", status_code=201, response_model=ScheduleOut)
def add(request: Request, asked: ScheduleIn, query: Nothing) -> Response:  # noqa: ARG001  # it refuses parameters
    """Make a schedule."""
    check_order(request, experiment=asked.experiment, sectors=asked.sectors)
    with jobs_of(request) as jobs:
        if any(schedule.name == asked.name for schedule in jobs.schedules()):
            raise ScheduleExists(asked.name)
        made = _put(jobs, asked)
    return fresh(asdict(made), status=201, headers={"Location": f"/v1/schedules/{made.name}"})


@router.get("/schedules/{name:plain}", response_model=ScheduleOut)
def one_schedule(request: Request, name: Name, query: Nothing) -> Response:  # noqa: ARG001  # it refuses parameters
    """One schedule."""
    with jobs_of(request) as jobs:
        return fresh(asdict(_known(jobs, name)))


@router.patch("/schedules/{name:plain}", response_model=ScheduleOut)
def change(request: Request, name: Name, changed: ScheduleChange, query: Nothing) -> Response:  # noqa: ARG001  # it refuses parameters
    """Change a schedule, pause it or resume it; whatever is not given stays."""
    with jobs_of(request) as jobs:
        before, given = _known(jobs, name), changed.given()
        kept = {key: value for key, value in asdict(before).items() if key in ScheduleIn.model_fields}
        if given.get("cron") is not None:  # one of the two takes the place of the other
            kept["on"] = None
        if given.get("on") is not None:
            kept["cron"] = None
        wanted = ScheduleIn.model_validate({**kept, **given})
        check_order(request, experiment=wanted.experiment, sectors=wanted.sectors)
        return fresh(asdict(_put(jobs, wanted)))


@router.delete("/schedules/{name:plain}", status_code=204, response_class=Response)
def remove(request: Request, name: Name, query: Nothing) -> Response:  # noqa: ARG001  # it refuses parameters
    """Delete a schedule; its past jobs stay."""
    with jobs_of(request) as jobs:
        jobs.remove(name)
    return Response(status_code=204)


@router.post("/schedules/{name:plain}:run", status_code=202, response_model=JobMetOut)
def run(request: Request, name: Name, query: Annotated[IfBusyQuery, Query()]) -> Response:
    """Start a schedule's job now, paused or not."""
    with jobs_of(request) as jobs:
        met = jobs.join_now(name) if query.if_busy == "join" else Met(jobs.run_now(name), joined=False)
        return accepted(jobs, met)


def _put(jobs: Jobs, wanted: ScheduleIn) -> Schedule:
    jobs.add_schedule(
        wanted.name,
        cron=wanted.cron,
        zone=wanted.zone,
        experiment=wanted.experiment,
        sectors=wanted.sectors,
        on=wanted.on,
    )
    (jobs.pause if wanted.paused else jobs.resume)(wanted.name)
    return _known(jobs, wanted.name)


def _known(jobs: Jobs, name: str) -> Schedule:
    found = {schedule.name: schedule for schedule in jobs.schedules()}
    if name not in found:
        raise UnknownSchedule(name, known=sorted(found))
    return found[name]
