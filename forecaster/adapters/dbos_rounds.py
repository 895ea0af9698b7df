"""What a worker looks after beside its jobs: missed due times, jobs of workers that are gone, runs left open."""

import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime

from dbos import DBOS, DBOSClient
from dbos._error import DBOSException  # it is exported nowhere else
from sqlalchemy.exc import SQLAlchemyError

from forecaster.adapters.dbos_endings import Leftovers
from forecaster.adapters.dbos_rows import APPLICATION, known_ids, missed, queued_as
from forecaster.adapters.worker_lives import WorkerLives

ROUND_SECONDS = 5.0
GONE_SECONDS = 20.0
"""After which a worker's jobs are taken over: a restarted database loses sight of all workers for a while."""


class Rounds:
    """Looks every few seconds; what a database refuses for a moment is done in the next round.

    Args:
        address: of the jobs database.
        clock: tells the time.
        lives: of the workers on a PostgreSQL; None: this is the only one.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime], lives: WorkerLives | None) -> None:
        self._client = DBOSClient(system_database_url=address, application_name=APPLICATION)
        self._clock, self._lives = clock, lives
        self._leftovers = Leftovers(self._client)
        self._gone: dict[str, float] = {}  # worker -> since when it is missed

    def start(self) -> None:
        """Go round until the process ends."""
        threading.Thread(target=self._go, daemon=True).start()

    def _go(self) -> None:
        while True:
            try:
                self.once(at=time.monotonic())
            except (SQLAlchemyError, DBOSException) as error:
                _tell(f"The jobs database fails ({type(error).__name__}); it is asked again in {ROUND_SECONDS:g} s.")
            time.sleep(ROUND_SECONDS)

    def once(self, *, at: float) -> None:
        """One round; `at` is in seconds of a clock that never jumps."""
        for job_id in catch_up(self._client, now=self._clock()):
            _tell(f"Job {job_id} was due while no worker ran; it is queued.")
        for job_id in self._leftovers.queue():
            _tell(f"Job {job_id} is over; what its run has left open is closed.")
        if self._lives is not None and self._lives.keep():
            dead = self._dead(self._lives, at=at)
            if dead:
                _tell(f"Gone: {', '.join(dead)}. What they left unfinished is taken up here.")
                DBOS._recover_pending_workflows(
                    dead
                )  # what may be recovered twice without harm: the public one may not

    def _dead(self, lives: WorkerLives, *, at: float) -> list[str]:
        """Workers with unfinished jobs, or unfinished work beside them, that have been gone for long enough."""
        running = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        workers = {status.executor_id for status in running if status.executor_id}
        self._gone = {name: self._gone.get(name, at) for name in workers - lives.living(workers)}
        return sorted(name for name, since in self._gone.items() if at - since >= GONE_SECONDS)


def catch_up(client: DBOSClient, *, now: datetime) -> list[str]:
    """Queue a job for each schedule that was due while nobody worked: one, however many times it was due.

    Args:
        client: of the jobs database.
        now: the latest due time before it counts.

    Returns:
        The ids of the jobs.
    """
    found = []
    for item in client.list_schedules():
        due = missed(item, now=now)
        job_id = (
            f"sched-{item['schedule_name']}-{due.isoformat()}" if due else ""
        )  # as DBOS names it, which fires it once
        if due is None or known_ids(client, [job_id]):
            continue
        client.enqueue(queued_as(job_id), due, item["context"])
        found.append(job_id)
    return found


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
