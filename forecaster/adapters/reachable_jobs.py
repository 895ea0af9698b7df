"""Jobs of a database that may be out of reach: opened when first needed, and again after a failure."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from forecaster.domain.errors import JobsUnreachable

if TYPE_CHECKING:
    from forecaster.adapters.dbos_jobs import DbosJobs

log = logging.getLogger(__name__)


class ReachableJobs:
    """Leads to jobs and schedules; whoever never asks for them loads none of what they need.

    Args:
        address: of the jobs database.
        clock: tells the time.
        gather_seconds: that releases are gathered for before the job of a schedule that waits for them.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime], gather_seconds: float = 300.0) -> None:
        self._address, self._clock, self._gather_seconds = address, clock, gather_seconds
        self._opening = threading.Lock()
        self._jobs: DbosJobs | None = None

    @contextmanager
    def open(self) -> Iterator["DbosJobs"]:
        """Jobs and schedules for the time of a block.

        Raises:
            JobsUnreachable: the database can't be opened, or fails within the block.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # a fifth of a second that reading needs not

        try:
            yield self._opened()
        except (SQLAlchemyError, OSError) as error:
            log.warning("jobs can't be reached: %s", error)  # it may name host and user: for the log alone
            raise JobsUnreachable(why=f"their database fails ({type(error).__name__})") from error

    def close(self) -> None:
        """Let the database go."""
        if self._jobs is not None:
            self._jobs.close()
            self._jobs = None

    def _opened(self) -> "DbosJobs":
        from forecaster.adapters.dbos_jobs import DbosJobs  # noqa: PLC0415  # as above
        from forecaster.adapters.impatient_sqlite import HELD, PATIENCE  # noqa: PLC0415  # as above

        if not self._opening.acquire(timeout=PATIENCE):  # one waits for a locked database, not one after the other
            raise JobsUnreachable(why=HELD)
        try:
            if self._jobs is None:
                self._jobs = DbosJobs(self._address, clock=self._clock, gather_seconds=self._gather_seconds)
            return self._jobs
        finally:
            self._opening.release()
