"""A real worker in a process of its own, with a stand-in for the command that trains."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Self, TypeVar

from dbos import DBOSClient

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.dbos_rows import APPLICATION, QUEUE, WORKFLOW, context
from forecaster.domain.ports import Job, Met
from tests.adapters.working_process import work
from tests.forking import forked

T = TypeVar("T")

EACH_SECOND = "each-second"
"""A schedule that nobody can ask for: crons have no seconds."""

PATIENCE = 60.0
"""Seconds after which a test gives up on what should have happened long ago."""


class Clock:
    """Stands until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def fire_each_second(jobs: DbosJobs) -> None:
    """Add the schedule EACH_SECOND."""
    told = context(experiment="production", schedule=EACH_SECOND, since=datetime.now(UTC))  # noqa: TID251  # workers run by it
    jobs._apply(EACH_SECOND, cron="* * * * * *", zone="UTC", told=told)


RUN = """
import json, os, pathlib, sys, time
folder, order = sys.argv[1], json.loads(sys.argv[2])
experiment = order["experiment"]
with open(folder + "/starts", "a") as starts:
    starts.write(f"{order['job_id']} {os.getpid()}\\n")
with open(folder + "/fixed", "a") as fixed:
    print(order["fixed"]["issued_at"], file=fixed)
print("training", *(order["sectors"] or ()), order["as_of"] or "", file=sys.stderr, flush=True)
if experiment == "broken":
    print("sectorcast: None of 3 series has enough data.", file=sys.stderr)
    raise SystemExit(1)
while experiment == "chatty":
    print("still training", file=sys.stderr, flush=True)
    time.sleep(0.01)
if experiment == "slow":
    failed = {"series_id": "ev.production.CN", "failed": [{"model": "ets", "reason": "too short"}]}
    told = {"line": "1 of 3", "step": "backtest", "done": 1, "total": 3, "failed": failed}
    print(json.dumps(told, separators=(",", ":")), file=sys.stderr, flush=True)
while experiment == "slow" and not pathlib.Path(folder, "go").exists():
    time.sleep(0.02)
told = {"vintage": f"v-{experiment}", "decision": "the first one", "run_id": "r1"}
print(json.dumps({**told, "recorded": experiment != "unrecorded"}))
"""


def wait_for(look: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
    """What `look` returns once it returns something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def store_never_due(address: str) -> None:
    """Put a schedule `never` for each 31st of February into the jobs database, as a version that let it pass did."""
    client = DBOSClient(system_database_url=address, application_name=APPLICATION)
    client.create_schedule(
        schedule_name="never",
        workflow_name=WORKFLOW,
        schedule="0 0 31 2 *",
        cron_timezone="UTC",
        context=context(experiment="production", schedule="never"),
        queue_name=QUEUE,
    )
    client.destroy()


def ended(job: Job | None) -> Job | None:
    """The job, if it has ended."""
    return job if job and job.state in ("succeeded", "failed", "cancelled") else None


def alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be collected does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def all_at_once(address: str, *, askers: int = 4) -> list[Met]:
    """What some who ask for the same at once are answered, if they want to join whom they find."""
    barrier = Barrier(askers)

    def ask() -> Met:
        with DbosJobs(address, clock=lambda: datetime(2026, 9, 10, 12, tzinfo=UTC)) as own:
            barrier.wait(PATIENCE)
            return own.join("production", sectors=["ev"])

    with ThreadPoolExecutor(askers) as pool:
        asked = [pool.submit(ask) for _ in range(askers)]
        return [one.result() for one in asked]


class Worker:
    """A worker that takes jobs within the block.

    Args:
        address: of the jobs database.
        folder: for its log, and for what its runs leave behind.
        name: under which it works.
        program: what Python is to run for a job, with the folder and the order; a stand-in unless told otherwise.
    """

    def __init__(self, address: str, *, folder: Path, name: str = "worker", program: Sequence[str] = ()) -> None:
        self.folder, context = folder, forked()
        script = folder / "run.py"
        script.write_text(RUN)
        self._told, other = context.Pipe(duplex=False)
        given = {
            "name": name,
            "folder": folder,
            "program": program or (str(script),),
            "environment": {**os.environ, **({} if program else {"PYTHONWARNINGS": "error"})},  # MLflow warns
            "told": other,
        }
        self.process = context.Process(target=work, args=(address,), kwargs=given, daemon=True)
        self.process.start()
        other.close()

    def __enter__(self) -> Self:
        assert self._told.poll(PATIENCE)
        try:
            self._told.recv()
        except EOFError:
            raise AssertionError((self.folder / "worker.log").read_text()) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join(PATIENCE)
        self._told.close()

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        os.kill(self.process.pid, number)

    def closed(self) -> list[str]:
        """Ids of the jobs whose leftovers were closed."""
        file = self.folder / "closed"
        return file.read_text().splitlines() if file.exists() else []

    def starts(self) -> list[tuple[str, int]]:
        """Job id and process id of every run that was begun."""
        file = self.folder / "starts"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(job_id, int(pid)) for job_id, pid in (line.split() for line in lines)]
