"""A job as it goes on, in server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.answers import json_bytes
from api.job_schemas import job_body
from api.operating import JobsDoor
from forecaster.domain.errors import JobsUnreachable
from forecaster.domain.ports import Job, Line

LOOK_SECONDS = 1.0
ALIVE_LOOKS = 15  # without news: then a comment shows proxies and browsers that somebody is there
ENDED = {"succeeded", "failed", "cancelled"}


async def job_events(door: JobsDoor, job_id: str, *, after: int) -> AsyncIterator[bytes]:
    """Events of a job that exists, until it has ended; whoever goes away ends the stream, not the job.

    Args:
        door: leads to the jobs.
        job_id: of the job.
        after: only lines of progress with higher numbers, for whoever comes back.

    Yields:
        `state` with the job at each change, `progress` with each line, at last `end`; `unreachable` where the jobs
        can't be read any more.
    """
    state, quiet = "", 0
    while True:
        try:
            job, lines = await run_in_threadpool(_look, door, job_id, after=after)
        except JobsUnreachable as error:
            yield _event("unreachable", {"detail": str(error)})
            return
        for line in lines:
            yield _event("progress", asdict(line), number=line.number)
            after = line.number
        if job is not None and job.state != state:
            state = job.state
            yield _event("state", job_body(job))
        if job is None or state in ENDED:
            yield _event("end", {"job_id": job_id, "state": state})
            return
        quiet = 0 if lines else quiet + 1
        if quiet and quiet % ALIVE_LOOKS == 0:
            yield b": alive\n\n"
        await asyncio.sleep(LOOK_SECONDS)


def _look(door: JobsDoor, job_id: str, *, after: int) -> tuple[Job | None, list[Line]]:
    with door.open() as jobs:
        job = jobs.job(job_id)  # before its lines: so that none is missed of one that has ended
        return job, jobs.progress(job_id, after=after)


def _event(name: str, data: dict[str, Any], *, number: int | None = None) -> bytes:
    told = b"" if number is None else b"id: %d\n" % number
    return told + b"event: " + name.encode() + b"\ndata: " + json_bytes(data) + b"\n\n"
