"""Jobs in DBOS's database, as a client sees them; dbos_worker carries them out."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Self
from uuid import uuid4

from dbos import DBOS, DBOSClient
from dbos._error import DBOSStreamTimeoutError  # it is exported nowhere else
from sqlalchemy.exc import DatabaseError

from forecaster.adapters.dbos_joining import order_of
from forecaster.adapters.dbos_rows import APPLICATION, ENDED, PROGRESS, WORKFLOW, context, job_of, line_of
from forecaster.adapters.dbos_schedules import DbosSchedules
from forecaster.adapters.impatient_sqlite import impatient_engine, look_in, why_unusable
from forecaster.adapters.job_keys import JobKeys
from forecaster.adapters.sqlite_clock import give_sqlite_a_clock
from forecaster.domain.errors import JobEnded, JobsUnreachable, KeyReused, UnknownJob
from forecaster.domain.ports import Job, Line, Met

AT_ONCE = 0.001  # seconds that a line of progress is waited for: those that are there are there


def migrate(address: str) -> None:
    """Create the jobs database, or bring it up to date; does nothing where it is.

    Raises:
        JobsUnreachable: another process has kept it to itself for half a minute, or its file is damaged.
    """
    give_sqlite_a_clock()
    try:
        DBOS.migrate(address)
    except DatabaseError as error:
        if why := why_unusable(error.orig):
            raise JobsUnreachable(why=why) from error
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
        self._engine = impatient_engine(address, unreachable=JobsUnreachable) if address.startswith("sqlite") else None
        if self._engine is not None:
            look_in(self._engine)  # DBOS would wait for it
        migrate(address)  # 2 ms where there is nothing to do
        client = DBOSClient(
            system_database_url=address,
            system_database_engine=self._engine,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        self._address = address
        super().__init__(client, clock=clock, gather_seconds=gather_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        if "_keys" in vars(self):
            self._keys.close()
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
        return self._ordered(told, key=key, meet=self._enqueue).job_id

    def join(
        self,
        experiment: str,
        *,
        sectors: Sequence[str] | None = None,
        as_of: datetime | None = None,
        key: str | None = None,
    ) -> Met:
        """As `start`, unless a job of the same order is queued or running: then that one.

        Args:
            experiment: what to run.
            sectors: only these, in whatever order; None: all.
            as_of: only what was known then; None: what is known when it runs.
            key: names the order; it keeps the job that it was answered with, also after that one has ended.

        Raises:
            KeyReused: the key named another order.
        """
        told = context(experiment=experiment, schedule=None, sectors=sectors, as_of=as_of)
        return self._ordered(told, key=key, meet=self._queue_or_join)

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
                found.append(line_of(after + len(found) + 1, said))
        except DBOSStreamTimeoutError:
            pass  # no more is there yet
        return found

    def _ordered(self, told: dict[str, Any], *, key: str | None, meet: Callable[..., str]) -> Met:
        """An order met by a job of its own id, or by the one that `meet` finds instead."""
        if key is None:
            own = f"job-{uuid4().hex}"
            job_id = meet(own, told=told)
            return Met(job_id, joined=job_id != own)
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        own = f"job-{name}"
        known = self._keys.find(name) or (own if self.job(own) else None)  # earlier versions kept no keys
        job_id = self._keys.keep(name, job_id=known or meet(own, told=told))
        found = self._known(job_id)
        asked = context(experiment=found.experiment, schedule=None, sectors=found.sectors, as_of=found.as_of)
        if order_of(asked) != order_of(told):
            raise KeyReused(job_id=job_id)
        return Met(job_id, joined=job_id != own)

    @cached_property
    def _keys(self) -> JobKeys:
        return JobKeys(self._address, engine=self._engine)  # makes its table, which reading must not wait for

    def _known(self, job_id: str) -> Job:
        job = self.job(job_id)
        if job is None:
            raise UnknownJob(job_id)
        return job
