"""Jobs: order one, follow it, end it."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.answers import fresh
from api.auth import scope
from api.cursors import make_cursor, read_cursor
from api.events import job_events
from api.head import ASKED_HEAD
from api.job_schemas import JobIn, JobMetOut, JobOneOut, JobOut, JobsOut, job_body, one_job_body
from api.operating import check_order, jobs_door, jobs_of, run_url_of
from api.plain import install_plain
from api.queries import NoQuery, VintagesPage
from forecaster.domain.errors import UnknownJob
from forecaster.domain.ports import Job, Jobs, Met

install_plain()

router = APIRouter(prefix="/v1", tags=["jobs"])

JobId = Annotated[str, Path(max_length=200, examples=["job-4f2a"])]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="the same key, the same job")
]
LastEvent = Annotated[int, Header(alias="Last-Event-ID", ge=0, description="only lines of progress after this one")]
JOBS = "jobs"  # what a cursor of theirs begins with


@router.post("/jobs", status_code=202, response_model=JobMetOut, dependencies=[scope("operate")])
def start(
    request: Request,
    order: JobIn,
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  # it refuses parameters
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Queue a run, or join one of the same order; the worker carries it out. The same key gives the same job."""
    check_order(request, experiment=order.experiment, sectors=order.sectors)
    name, sectors, as_of = order.experiment, order.sectors, order.instant()
    with jobs_of(request) as jobs:
        if order.if_busy == "join":
            return accepted(jobs, jobs.join(name, sectors=sectors, as_of=as_of, key=idempotency_key))
        job_id = jobs.start(name, sectors=sectors, as_of=as_of, key=idempotency_key)
        return accepted(jobs, Met(job_id, joined=False))


@router.get("/jobs", response_model=JobsOut, dependencies=[scope("read")])
def list_jobs(request: Request, query: Annotated[VintagesPage, Query()]) -> Response:
    """Jobs, newest first."""
    after = read_cursor(query.cursor)[1] if query.cursor else None
    with jobs_of(request) as jobs:
        found = jobs.jobs(limit=query.limit + 1, after=after)
    page = found[: query.limit]
    cursor = make_cursor(JOBS, after=page[-1].job_id) if len(found) > query.limit else None
    return fresh({"items": [job_body(job) for job in page], "next_cursor": cursor})


@router.get("/jobs/{job_id:job}", response_model=JobOneOut, dependencies=[scope("read")])
def one_job(request: Request, job_id: JobId, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """One job: its state, what its run has said so far, how it ended."""
    with jobs_of(request) as jobs:
        job = _known(jobs, job_id)
        run_id = None if job.recorded_later else job.run_id  # recorded later, MLflow gives it an id of its own
        return fresh(one_job_body(job, jobs.progress(job_id), run_url=run_url_of(request, run_id)))


@router.get("/jobs/{job_id:job}/events", response_class=StreamingResponse, dependencies=[scope("read")])
def events(
    request: Request,
    job_id: JobId,
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  # it refuses parameters
    last_event_id: LastEvent = 0,
) -> Response:
    """Server-sent events until the job has ended: `state` at each change, `progress` for each line of its run."""
    with jobs_of(request) as jobs:
        _known(jobs, job_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.scope.get(ASKED_HEAD):
        return Response(media_type="text/event-stream", headers=headers)
    stream = job_events(jobs_door(request), job_id, after=last_event_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@router.post("/jobs/{job_id:job}:cancel", response_model=JobOut, dependencies=[scope("operate")])
def cancel(request: Request, job_id: JobId, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """End a job, queued or running; one that is cancelled already stays so."""
    with jobs_of(request) as jobs:
        jobs.cancel(job_id)
        return fresh(job_body(_known(jobs, job_id)))


def accepted(jobs: Jobs, met: Met) -> Response:
    """The answer to whoever ordered a job: where to follow it."""
    body = {**job_body(_known(jobs, met.job_id)), "joined": met.joined}
    return fresh(body, status=202, headers={"Location": f"/v1/jobs/{met.job_id}"})


def _known(jobs: Jobs, job_id: str) -> Job:
    job = jobs.job(job_id)
    if job is None:
        raise UnknownJob(job_id)
    return job
