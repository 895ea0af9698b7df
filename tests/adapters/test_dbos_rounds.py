"""Due times that nobody was there to see, on a real jobs database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.dbos_rounds import catch_up
from tests.adapters.working import Clock


def day(number: int) -> datetime:
    return datetime(2026, 9, number, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(day(1))


@pytest.fixture
def jobs(tmp_path: Path, clock: Clock) -> Iterator[DbosJobs]:
    with DbosJobs(f"sqlite:///{tmp_path / 'jobs.db'}", clock=clock) as opened:
        yield opened


def test_what_was_due_many_times_is_queued_once_under_the_latest_of_them(jobs: DbosJobs) -> None:
    jobs.add_schedule("daily", cron="0 10 * * *", zone="Asia/Shanghai", experiment="production", sectors=["ev"])

    first, again = catch_up(jobs._client, now=day(20)), catch_up(jobs._client, now=day(20))

    assert first == ["sched-daily-2026-09-20T10:00:00+08:00"]
    assert again == []
    (job,) = jobs.jobs()
    assert (job.job_id, job.schedule, job.sectors, job.state) == (first[0], "daily", ("ev",), "queued")


def test_what_was_due_before_the_schedule_was_made_or_changed_is_not_made_up_for(jobs: DbosJobs, clock: Clock) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    before_it_was_due = catch_up(jobs._client, now=day(17))
    clock.at = day(19)

    jobs.add_schedule("monthly", cron="0 11 18 * *", zone="UTC", experiment="production")

    assert before_it_was_due == catch_up(jobs._client, now=day(20)) == []


def test_a_schedule_that_is_made_again_as_it_was_still_makes_up(jobs: DbosJobs, clock: Clock) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    clock.at = day(19)

    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")

    assert catch_up(jobs._client, now=day(20)) == ["sched-monthly-2026-09-18T10:00:00+00:00"]


def test_what_was_due_while_a_schedule_was_paused_is_not_made_up_for(jobs: DbosJobs, clock: Clock) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    jobs.pause("monthly")
    while_paused = catch_up(jobs._client, now=day(19))
    clock.at = day(19)

    jobs.resume("monthly")

    assert while_paused == catch_up(jobs._client, now=day(20)) == []


def test_a_schedule_that_waits_for_releases_is_never_due(jobs: DbosJobs) -> None:
    jobs.add_schedule("at-release", on="release", experiment="production")

    assert catch_up(jobs._client, now=datetime(2029, 1, 1, tzinfo=UTC)) == []
