"""What the service needs to carry out and to change: jobs, schedules, experiments."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from fastapi import Request

from forecaster.domain.errors import JobsUnreachable
from forecaster.domain.ports import Jobs

COUNTED = 500  # latest jobs


class JobsDoor(Protocol):
    """Leads to jobs and schedules, which may be out of reach."""

    def open(self) -> AbstractContextManager[Jobs]:
        """Jobs and schedules for the time of a block. Raises JobsUnreachable, at its head or within it."""


class NoJobs:
    """A service without jobs."""

    def open(self) -> AbstractContextManager[Jobs]:
        """Nothing is there to open."""
        raise JobsUnreachable(why="this service was started without them")


def jobs_of(request: Request) -> AbstractContextManager[Jobs]:
    """Jobs and schedules of the application that a request came to."""
    door: JobsDoor = request.app.state.jobs
    return door.open()


def counter(door: JobsDoor) -> Callable[[], dict[str, int]]:
    """Counts the latest jobs by state."""

    def count() -> dict[str, int]:
        with door.open() as jobs:
            return dict(Counter(job.state for job in jobs.jobs(limit=COUNTED)))

    return count
