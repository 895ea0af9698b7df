"""Several workers on one PostgreSQL: what one leaves another takes up, and nothing is done twice."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dbos import DBOSClient

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.dbos_rounds import catch_up
from forecaster.adapters.dbos_rows import APPLICATION
from forecaster.adapters.worker_lives import WorkerLives
from tests.adapters.postgres import postgres
from tests.adapters.working import Worker, alive, all_at_once, ended, fire_each_second, wait_for

pytestmark = pytest.mark.long

DUE_TIMES = 30
SETTLING = timedelta(seconds=5)
"""In which both workers have come to know a new schedule."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the workers' clock is the real one


@contextmanager
def both(address: str, *, folder: Path) -> Iterator[tuple[Worker, Worker]]:
    """Workers `a` and `b`, started together and ready."""
    started = [Worker(address, folder=folder, name=name) for name in "ab"]
    with started[0] as a, started[1] as b:
        yield a, b


@dataclass(frozen=True)
class Firing:
    """A schedule for each second, and two workers."""

    jobs: DbosJobs
    worker: Worker  # one of them: both write down their runs in one folder

    def due(self) -> list[datetime]:
        """Due times that fired."""
        found = [job for job in self.jobs.jobs(limit=1000) if job.schedule == "each-second"]
        return sorted(datetime.fromisoformat(job.job_id.removeprefix("sched-each-second-")) for job in found)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as started:
        yield started


@pytest.fixture(scope="module")
def address(server: str, firing: Firing) -> str:
    """A database of jobs; asked for, it lets another one fire meanwhile."""
    return server


@pytest.fixture(scope="module")
def firing(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firing]:
    """Two workers on a database of their own that fire each second, while other tests wait for what takes its time."""
    folder, address = tmp_path_factory.mktemp("firing"), server.removesuffix("jobs") + "firing"
    with DbosJobs(address, clock=now) as jobs, both(address, folder=folder) as (worker, _):
        fire_each_second(jobs)
        yield Firing(jobs, worker)


@pytest.fixture
def jobs(address: str) -> Iterator[DbosJobs]:
    with DbosJobs(address, clock=now) as opened:
        yield opened


@pytest.fixture
def two(address: str, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    """Workers `a` and `b`, ready; either may be killed."""
    with both(address, folder=tmp_path) as started:
        yield started


def worker_of(address: str, job_id: str) -> str | None:
    """Which worker carries a job out."""
    client = DBOSClient(system_database_url=address, application_name=APPLICATION)
    try:
        return client.list_workflows(workflow_ids=[job_id])[0].executor_id
    finally:
        client.destroy()


def test_the_job_of_a_killed_worker_is_taken_over_by_the_other_within_a_minute(
    jobs: DbosJobs, address: str, tmp_path: Path, two: tuple[Worker, Worker]
) -> None:
    job_id = jobs.start("slow")
    [(_, pid)] = wait_for(two[0].starts)
    dead, survivor = (0, 1) if worker_of(address, job_id) == "a" else (1, 0)

    two[dead].process.kill()

    wait_for(lambda: not alive(pid))
    wait_for(lambda: len(two[survivor].starts()) == 2)
    (tmp_path / "go").touch()
    job = wait_for(lambda: ended(jobs.job(job_id)))
    assert (job.state, worker_of(address, job_id)) == ("succeeded", "ab"[survivor])
    fixed = (tmp_path / "fixed").read_text().splitlines()
    assert len(fixed) == 2
    assert fixed[0] == fixed[1]


def test_each_of_30_due_times_fires_once_with_two_workers(firing: Firing) -> None:
    enough = SETTLING + timedelta(seconds=DUE_TIMES)

    wait_for(lambda: (times := firing.due()) and times[-1] >= times[0] + enough, seconds=120)
    firing.jobs.remove("each-second")
    wait_for(lambda: all(map(ended, firing.jobs.jobs(limit=1000))), seconds=300)

    times = firing.due()
    settled = [time for time in times if time >= times[0] + SETTLING]
    assert len(settled) > DUE_TIMES
    assert settled == [settled[0] + timedelta(seconds=at) for at in range(len(settled))]
    started = Counter(job_id for job_id, _ in firing.worker.starts())
    assert started == {f"sched-each-second-{time.isoformat()}": 1 for time in times}


def test_a_worker_that_stands_still_for_long_keeps_its_job(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    with Worker(address, folder=tmp_path, name="a") as slow:
        job_id = jobs.start("slow")
        wait_for(slow.starts)

        slow.signal(signal.SIGSTOP)
        with WorkerLives(address, name="c") as lives:
            living = lives.living(["a", "c", "d"])
        slow.signal(signal.SIGCONT)

        (tmp_path / "go").touch()
        job = wait_for(lambda: ended(jobs.job(job_id)))
    assert living == {"a", "c"}
    assert job.state == "succeeded"
    assert len(slow.starts()) == 1


def test_a_name_is_taken_while_its_worker_lives_and_free_afterwards(server: str) -> None:
    address = server.removesuffix("jobs") + "postgres"  # there from the start, and locks are all that is needed
    second = WorkerLives(address, name="x")

    with WorkerLives(address, name="x"):
        meanwhile = [second.keep(), second.keep()]
    with second as taken:
        living = taken.living(["x"])

    assert meanwhile == [False, False]
    assert living == {"x"}


def test_a_time_that_was_due_thrice_while_no_worker_ran_fires_once(
    address: str, jobs: DbosJobs, tmp_path: Path
) -> None:
    long_ago = now() - timedelta(days=3)
    hour = (now().hour + 12) % 24  # far from now, whenever this runs
    with DbosJobs(address, clock=lambda: long_ago) as then:
        then.add_schedule("daily", cron=f"0 {hour} * * *", zone="Asia/Shanghai", experiment="production")

    with both(address, folder=tmp_path):
        wait_for(lambda: [job for job in jobs.jobs() if job.schedule == "daily" and ended(job)])

    assert catch_up(jobs._client, now=now()) == []
    assert len([job for job in jobs.jobs() if job.schedule == "daily"]) == 1


def test_those_who_ask_at_once_to_join_get_one_job(jobs: DbosJobs, address: str) -> None:
    met = all_at_once(address)

    assert len({one.job_id for one in met}) == 1
    assert sorted(one.joined for one in met) == [False, True, True, True]
