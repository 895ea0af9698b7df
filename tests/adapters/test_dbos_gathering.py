"""Releases are gathered for a while, then one job runs what changed; carried out by a real worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.domain.news import News
from forecaster.domain.ports import Job
from tests.adapters.working import Worker, ended, wait_for

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
SHORT, LONG = 1.0, 3600.0  # seconds


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.db'}"


def gathering(address: str, *, seconds: float) -> DbosJobs:
    return DbosJobs(address, clock=lambda: NOW, gather_seconds=seconds)


@pytest.fixture
def jobs(address: str) -> Iterator[DbosJobs]:
    with gathering(address, seconds=SHORT) as opened:
        yield opened


def news(name: str, *sectors: str, at: datetime = NOW) -> News:
    return News(name, at, sectors)


def all_ended(jobs: DbosJobs, *, count: int) -> list[Job]:
    """The jobs, the newest first, once there are so many and all have ended."""

    def look() -> list[Job] | None:
        found = jobs.jobs()
        return found if len(found) >= count and all(map(ended, found)) else None

    return wait_for(look)


def test_releases_of_some_minutes_become_one_job_for_the_sectors_that_changed(
    jobs: DbosJobs, address: str, tmp_path: Path
) -> None:
    jobs.add_schedule("all", on="release", experiment="production")
    jobs.add_schedule("some", on="release", experiment="production", sectors=["battery", "ev"])

    told = [jobs.released([news("r1", "ev")]), jobs.released([news("r1", "ev")]), jobs.released([news("r2", "solar")])]
    due = {schedule.name: schedule.next_run_at for schedule in jobs.schedules()}
    with Worker(address, folder=tmp_path) as worker:
        found = all_ended(jobs, count=2)

    assert told == [["all", "some"], ["all", "some"], ["all"]]
    assert all(due.values())
    assert {(job.schedule, job.sectors) for job in found} == {("all", ("ev", "solar")), ("some", ("ev",))}
    assert len(worker.starts()) == 2


def test_a_worker_that_is_killed_while_releases_are_gathered_loses_none(address: str, tmp_path: Path) -> None:
    with gathering(address, seconds=LONG) as early, gathering(address, seconds=0) as late:
        early.add_schedule("at-release", on="release", experiment="production")
        early.released([news("r1", "ev")])
        with Worker(address, folder=tmp_path) as worker:
            early.released([news("r2", "battery")])
            worker.process.kill()
            worker.process.join()
        before = early.jobs()
        late.released([news("r3", "solar")])
        with Worker(address, folder=tmp_path):
            found = all_ended(early, count=1)
        after = early.schedules()

    assert before == []
    assert [job.sectors for job in found] == [("battery", "ev", "solar")]
    assert {one.name: one.next_run_at for one in after}["at-release"] is None


def test_releases_that_come_while_the_job_runs_are_gathered_for_a_further_one(
    jobs: DbosJobs, address: str, tmp_path: Path
) -> None:
    jobs.add_schedule("at-release", on="release", experiment="slow")
    jobs.released([news("r1", "ev")])

    with Worker(address, folder=tmp_path) as worker:
        wait_for(worker.starts)
        jobs.released([news("r2", "solar")])
        (tmp_path / "go").touch()
        found = all_ended(jobs, count=2)

    assert [job.sectors for job in found] == [("solar",), ("ev",)]


def test_only_what_was_stored_while_a_schedule_waited_concerns_it(jobs: DbosJobs) -> None:
    jobs.add_schedule("ev", on="release", experiment="production", sectors=["ev"])
    jobs.add_schedule("held", on="release", experiment="production")
    jobs.add_schedule("monthly", cron="0 10 18 * *", experiment="production")
    jobs.pause("held")

    told = jobs.released([news("r0", "ev", at=NOW - timedelta(days=1)), news("r1", "solar"), news("r2")])
    jobs.pause("ev")
    jobs.add_schedule("ev", on="release", experiment="production", sectors=["ev", "solar"])
    paused = jobs.released([news("r3", "ev")])
    jobs.resume("ev")

    assert (told, paused) == ([], [])
    assert jobs.released([news("r3", "ev")]) == ["ev"]


def test_a_release_that_is_stored_after_the_clock_was_set_back_is_told(jobs: DbosJobs, address: str) -> None:
    jobs.add_schedule("at-release", on="release", experiment="production")
    earlier = NOW - timedelta(days=365)

    with DbosJobs(address, clock=lambda: earlier) as back:
        told = back.released([news("r1", "ev", at=earlier)])

    assert told == ["at-release"]


def test_a_schedule_that_is_paused_while_releases_are_gathered_starts_nothing(
    jobs: DbosJobs, address: str, tmp_path: Path
) -> None:
    jobs.add_schedule("first", on="release", experiment="production")
    jobs.add_schedule("gone", on="release", experiment="production")
    jobs.add_schedule("last", on="release", experiment="production")
    jobs.released([news("r1", "ev")])
    jobs.pause("first")
    jobs.remove("gone")

    with Worker(address, folder=tmp_path):
        (job,) = all_ended(jobs, count=1)

    assert job.schedule == "last"
