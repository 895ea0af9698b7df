"""Jobs of a database that may be out of reach."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from forecaster.adapters.reachable import Reachable
from forecaster.domain.errors import JobsUnreachable

if TYPE_CHECKING:
    from forecaster.adapters.dbos_jobs import DbosJobs


class ReachableJobs(Reachable["DbosJobs"]):
    """Leads to jobs and schedules.

    Args:
        address: of the jobs database.
        clock: tells the time.
        gather_seconds: that releases are gathered for before the job of a schedule that waits for them.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime], gather_seconds: float = 300.0) -> None:
        def make() -> "DbosJobs":
            from forecaster.adapters.dbos_jobs import DbosJobs  # noqa: PLC0415  # loaded by whoever asks for jobs

            return DbosJobs(address, clock=clock, gather_seconds=gather_seconds)

        super().__init__("jobs", make=make, unreachable=JobsUnreachable)
