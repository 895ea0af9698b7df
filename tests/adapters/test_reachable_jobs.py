"""Jobs of a database that does not answer, and of one that does again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.domain.errors import JobsUnreachable, UnknownJob

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def door(folder: Path) -> Iterator[ReachableJobs]:
    opened = ReachableJobs(f"sqlite:///{folder / 'jobs.db'}", clock=lambda: NOW)
    yield opened
    opened.close()


def test_a_database_out_of_reach_is_told_as_such_and_reached_once_it_is_there(
    door: ReachableJobs, folder: Path
) -> None:
    with pytest.raises(JobsUnreachable, match="OperationalError"), door.open() as jobs:
        jobs.jobs()

    folder.mkdir()
    with door.open() as jobs:
        started = jobs.start("production")

    with door.open() as jobs:
        assert [job.job_id for job in jobs.jobs()] == [started]


def test_a_server_that_does_not_listen_is_out_of_reach_and_its_password_stays_untold() -> None:
    door = ReachableJobs("postgresql://me:swordfish@127.0.0.1:1/jobs", clock=lambda: NOW)

    with pytest.raises(JobsUnreachable) as refused, door.open() as jobs:
        jobs.jobs()

    assert "swordfish" not in str(refused.value)


def test_a_damaged_database_is_told_with_what_to_do(door: ReachableJobs, folder: Path) -> None:
    folder.mkdir()
    (folder / "jobs.db").write_bytes(b"no database " * 1000)

    with pytest.raises(JobsUnreachable, match=r"damaged\. Put back a copy"), door.open() as jobs:
        jobs.jobs()


def test_errors_of_callers_pass_as_they_are(door: ReachableJobs, folder: Path) -> None:
    folder.mkdir()

    with pytest.raises(UnknownJob), door.open() as jobs:
        jobs.cancel("job-x")


def test_a_database_that_another_process_keeps_is_not_waited_for(door: ReachableJobs, folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "jobs.db", isolation_level=None)) as holding:
        holding.execute("BEGIN EXCLUSIVE")

        with pytest.raises(JobsUnreachable, match="another process keeps"), door.open() as jobs:
            jobs.jobs()

        holding.execute("ROLLBACK")
    with door.open() as jobs:
        assert jobs.jobs() == []
