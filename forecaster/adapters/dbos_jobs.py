"""Jobs in DBOS's database, as a client sees them; dbos_worker carries them out."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self
from uuid import uuid4

from dbos import DBOS, DBOSClient
from dbos._error import DBOSStreamTimeoutError  # it is exported nowhere else
from sqlalchemy.exc import OperationalError

from forecaster.adapters.dbos_rows import APPLICATION, ENDED, PROGRESS, WORKFLOW, context, job_of
from forecaster.adapters.dbos_schedules import DbosSchedules
from forecaster.adapters.impatient_sqlite import LOCKED, impatient_engine, locked, look_in
from forecaster.adapters.sqlite_clock import give_sqlite_a_clock
from forecaster.domain.errors import JobEnded, KeyReused, UnknownJob
from forecaster.domain.ports import Job, Line

AT_ONCE = 0.001  # seconds that a line of progress is waited for: those that are there are there


def migrate(address: str) -> None:
    """Create the jobs database, or bring it up to date; does nothing where it is.

    Raises:
        JobsUnreachable: another process has kept it to itself for half a minute.
    """
    give_sqlite_a_clock()
    try:
        DBOS.migrate(address)
    except OperationalError as error:
        if LOCKED in str(error.orig):
            raise locked() from error
        raise


class DbosJobs(DbosSchedules):
    """Starts runs now or by schedule; needs no worker to be running.

    Args:
        address: of the jobs database: sqlite:///… or postgresql://…; made, or brought up to date, if need be.
        clock: tells the time.
        gather_seconds: that releases are gathered for before the job of a schedule that waits for them.

    Raises:
        JobsUnreachable: another process keeps the database to itself; so does each method.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime], gather_seconds: float = 300.0) -> None:
        self._engine = impatient_engine(address) if address.startswith("sqlite") else None
        if self._engine is not None:
            look_in(self._engine)  # DBOS would wait for it
        migrate(address)  # 2 ms where there is nothing to do
        client = DBOSClient(
            system_database_url=address,
            system_database_engine=self._engine,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        super().__init__(client, clock=clock, gather_seconds=gather_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self._client.destroy()
        if self._engine is not None:
            self._engine.dispose()

    def start(
        self,
        experiment: str,
        *,
        sectors: Sequence[str] | None = None,
        as_of: datetime | None = None,
        key: str | None = None,
    ) -> str:
        """Queue a run; the same key gives the same job. Returns the job id.

        Args:
            experiment: what to run.
            sectors: only these; None: all.
            as_of: only what was known then; None: what is known when it runs.
            key: names the order; without one each call is a job.

        Raises:
            KeyReused: the key named another order.
        """
        told = context(experiment=experiment, schedule=None, sectors=sectors, as_of=as_of)
        name = hashlib.sha256(key.encode()).hexdigest()[:32] if key is not None else uuid4().hex
        job_id = self._enqueue(f"job-{name}", told=told)
        if key is not None:
            job = self._known(job_id)
            asked = (experiment, tuple(sectors) if sectors else None, as_of)
            if (job.experiment, job.sectors, job.as_of) != asked:
                raise KeyReused(job_id=job_id)
        return job_id

    def jobs(self, *, limit: int = 20, after: str | None = None) -> list[Job]:
        """The latest jobs, newest first.

        Args:
            limit: how many.
            after: only those that follow this one in the list.

        Raises:
            UnknownJob: there is no such job to follow.
        """
        if after is None:
            return [job_of(status) for status in self._statuses(limit=limit)]
        until = self._known(after).created_at
        more = limit
        while True:  # jobs of one millisecond stand before and behind it
            more *= 2
            found = [job_of(status) for status in self._statuses(limit=more, until=until)]
            ids = [job.job_id for job in found]
            if after in ids and (len(found) < more or len(found) > ids.index(after) + limit):
                at = ids.index(after) + 1
                return found[at : at + limit]

    def job(self, job_id: str) -> Job | None:
        """One job; None if there is none of that id."""
        found = self._client.list_workflows(workflow_ids=[job_id], name=WORKFLOW)
        return job_of(found[0]) if found else None

    def cancel(self, job_id: str) -> None:
        """End a job, queued or running: the worker stops its run within seconds; cancelled twice, it stays so.

        Raises:
            UnknownJob: there is none of that id.
            JobEnded: it has succeeded or failed.
        """
        state = self._known(job_id).state
        if state in ENDED and state != "cancelled":
            raise JobEnded(job_id, state=state)
        self._client.cancel_workflow(job_id)

    def progress(self, job_id: str, *, after: int = 0) -> list[Line]:
        """What a job's run has said, in order.

        Args:
            job_id: of the job.
            after: only lines with higher numbers; the first has number 1.
        """
        found: list[Line] = []
        try:
            for said in self._client.read_stream(
                job_id, PROGRESS, offset=after, timeout_seconds=AT_ONCE, polling_interval_sec=AT_ONCE
            ):
                found.append(Line(after + len(found) + 1, datetime.fromisoformat(said["at"]), said["line"]))
        except DBOSStreamTimeoutError:
            pass  # no more is there yet
        return found

    def _known(self, job_id: str) -> Job:
        job = self.job(job_id)
        if job is None:
            raise UnknownJob(job_id)
        return job
