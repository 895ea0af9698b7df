"""What the service needs to carry out and to change: jobs, schedules, experiments, kept vintages."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request

from api.alerting import AlertsDoor, NoAlerts
from forecaster.domain.errors import JobsUnreachable, NothingPublished, UnknownName
from forecaster.domain.news import News
from forecaster.domain.ports import Jobs
from forecaster.domain.service_ports import KeptVintages

log = logging.getLogger(__name__)
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


@dataclass(frozen=True, slots=True)
class Operations:
    """What changes the service needs the world for."""

    jobs: JobsDoor = field(default_factory=NoJobs)
    check_experiment: Callable[[str], object] = str  # raises UnknownExperiment
    kept: KeptVintages | None = None
    alerts: AlertsDoor = field(default_factory=NoAlerts)
    unrecorded: Callable[[], int] = int  # runs that wait for MLflow
    mlflow_url: str | None = None  # where MLflow shows its runs

    def run_url(self, run_id: str | None) -> str | None:
        """Where MLflow shows a run; None of none, and where no MLflow is known."""
        return f"{self.mlflow_url}/#/runs/{run_id}" if self.mlflow_url and run_id else None


def check_order(request: Request, *, experiment: str, sectors: Sequence[str] | None) -> None:
    """Look at what is to be run before it is queued.

    Raises:
        UnknownExperiment: there is none of that name.
        UnknownName: the catalogue has no such sector.
    """
    operations: Operations = request.app.state.operations
    operations.check_experiment(experiment)
    known = sorted(request.app.state.catalogue.sectors)
    for sector in sectors or ():
        if sector not in known:
            raise UnknownName(name="sectors", value=sector, known=known)


def kept_of(request: Request) -> KeptVintages:
    """The kept vintages of the application that a request came to.

    Raises:
        NothingPublished: it was started without any.
    """
    operations: Operations = request.app.state.operations
    if operations.kept is None:
        raise NothingPublished
    return operations.kept


def run_url_of(request: Request, run_id: str | None) -> str | None:
    """Where MLflow shows a run; None of none, and where no MLflow is known."""
    operations: Operations = request.app.state.operations
    return operations.run_url(run_id)


def jobs_of(request: Request) -> AbstractContextManager[Jobs]:
    """Jobs and schedules of the application that a request came to."""
    return jobs_door(request).open()


def jobs_door(request: Request) -> JobsDoor:
    """What leads to the jobs of the application that a request came to."""
    operations: Operations = request.app.state.operations
    return operations.jobs


def counter(door: JobsDoor) -> Callable[[], dict[str, int]]:
    """Counts the latest jobs by state."""

    def count() -> dict[str, int]:
        with door.open() as jobs:
            return dict(Counter(job.state for job in jobs.jobs(limit=COUNTED)))

    return count


def announce(request: Request, *, news: Sequence[News]) -> list[str] | None:
    """Tell the schedules that wait for a release of figures that were stored.

    Returns:
        The names of those that it concerns; None where jobs can't be reached, which the log tells: the figures are
        stored all the same, and the same release sent once more is told again.
    """
    try:
        with jobs_of(request) as jobs:
            return jobs.released(news)
    except JobsUnreachable as error:
        log.warning("nobody was told of releases %s: %s", ", ".join(one.release_id for one in news), error)
        return None
