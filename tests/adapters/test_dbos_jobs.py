"""Jobs and schedules on a real DBOS database, carried out by a real worker."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.domain.errors import BadParameter, UnknownSchedule
from tests.adapters.working import Worker, alive, ended, store_never_due, wait_for

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.fixture
def jobs(address: str) -> Iterator[DbosJobs]:
    with DbosJobs(address, clock=lambda: NOW) as opened:
        yield opened


def test_a_schedule_is_read_in_its_own_zone(jobs: DbosJobs) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="Asia/Shanghai", experiment="production")

    (schedule,) = jobs.schedules()

    assert schedule.name == "monthly"
    assert schedule.experiment == "production"
    assert schedule.next_run_at == datetime(2026, 9, 18, 2, tzinfo=UTC)
    assert schedule.last_outcome is None


def test_a_paused_schedule_has_no_next_run_until_it_is_resumed(jobs: DbosJobs) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")

    jobs.pause("monthly")
    paused = jobs.schedules()[0]
    jobs.resume("monthly")
    resumed = jobs.schedules()[0]

    assert (paused.paused, paused.next_run_at) == (True, None)
    assert (resumed.paused, resumed.next_run_at) == (False, datetime(2026, 9, 18, 10, tzinfo=UTC))


def test_adding_a_schedule_of_a_known_name_replaces_it_and_keeps_it_paused(jobs: DbosJobs) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    jobs.pause("monthly")

    jobs.add_schedule("monthly", cron="0 3 * * 1", zone="Europe/Berlin", experiment="thorough")

    (schedule,) = jobs.schedules()
    assert (schedule.cron, schedule.zone, schedule.experiment) == ("0 3 * * 1", "Europe/Berlin", "thorough")
    assert schedule.paused


def test_a_removed_schedule_is_gone(jobs: DbosJobs) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")

    jobs.remove("monthly")

    assert jobs.schedules() == []


@pytest.mark.parametrize("verb", ["pause", "resume", "remove", "run_now"])
def test_a_schedule_that_does_not_exist_is_named_beside_those_that_do(jobs: DbosJobs, verb: str) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")

    with pytest.raises(UnknownSchedule, match="'weekly'; there are: monthly"):
        getattr(jobs, verb)("weekly")


@pytest.mark.parametrize(
    ("name", "cron", "zone", "wrong"),
    [
        ("Monthly!", "0 10 18 * *", "UTC", "name"),
        ("monthly", "at ten", "UTC", "cron"),
        ("monthly", "0 0 31 2 *", "UTC", "cron"),
        ("monthly", "0 10 18 * *", "Beijing", "zone"),
    ],
)
def test_an_impossible_schedule_is_refused(jobs: DbosJobs, name: str, cron: str, zone: str, wrong: str) -> None:
    with pytest.raises(BadParameter) as refused:
        jobs.add_schedule(name, cron=cron, zone=zone, experiment="production")

    assert refused.value.name == wrong
    assert jobs.schedules() == []


def test_a_schedule_on_the_29th_of_february_waits_for_it(jobs: DbosJobs) -> None:
    jobs.add_schedule("leap-day", cron="0 0 29 2 *", zone="UTC", experiment="production")

    assert jobs.schedules()[0].next_run_at == datetime(2028, 2, 29, tzinfo=UTC)


def test_a_stored_schedule_that_is_never_due_is_listed_beside_the_others(jobs: DbosJobs, address: str) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    store_never_due(address)

    never, monthly = sorted(jobs.schedules(), key=lambda item: item.name, reverse=True)

    assert (never.cron, never.next_run_at, never.paused) == ("0 0 31 2 *", None, False)
    assert monthly.next_run_at == datetime(2026, 9, 18, 10, tzinfo=UTC)


def test_the_same_key_gives_the_same_job(jobs: DbosJobs) -> None:
    first = jobs.start("production", key="release of 2026-09")

    second = jobs.start("production", key="release of 2026-09")

    assert first == second
    assert [job.job_id for job in jobs.jobs()] == [first]


def test_jobs_wait_for_a_worker_and_end_in_a_vintage(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    job_id = jobs.start("production")
    queued = jobs.job(job_id)

    with Worker(address, folder=tmp_path):
        job = wait_for(lambda: ended(jobs.job(job_id)))

    assert queued is not None
    assert queued.state == "queued"
    assert (job.state, job.experiment, job.detail) == ("succeeded", "production", "v-production: the first one")


def test_a_failed_run_leaves_its_reason(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    with Worker(address, folder=tmp_path):
        job_id = jobs.start("broken")
        job = wait_for(lambda: ended(jobs.job(job_id)))

    assert (job.state, job.detail) == ("failed", "None of 3 series has enough data.")


def test_runs_are_carried_out_one_at_a_time(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    with Worker(address, folder=tmp_path) as worker:
        slow, next_one = jobs.start("slow"), jobs.start("production")
        wait_for(worker.starts)
        state_meanwhile = jobs.job(next_one)
        (tmp_path / "go").touch()
        wait_for(lambda: ended(jobs.job(next_one)))

    assert state_meanwhile is not None
    assert state_meanwhile.state == "queued"
    assert [job_id for job_id, _ in worker.starts()] == [slow, next_one]


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_whose_worker_dies_is_begun_again_and_never_runs_twice_at_once(
    jobs: DbosJobs, address: str, tmp_path: Path, by: signal.Signals
) -> None:
    with Worker(address, folder=tmp_path) as first:
        job_id = jobs.start("slow")
        [(_, orphan)] = wait_for(first.starts)
        first.process.send_signal(by)
        first.process.wait()
        wait_for(lambda: not alive(orphan))

    with Worker(address, folder=tmp_path) as second:
        wait_for(lambda: len(second.starts()) == 2)
        (tmp_path / "go").touch()
        job = wait_for(lambda: ended(jobs.job(job_id)))

    assert job.state == "succeeded"
    assert [started for started, _ in second.starts()] == [job_id, job_id]


def test_a_schedule_fires_and_remembers_its_last_outcome(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    jobs.add_schedule("each-second", cron="* * * * * *", zone="UTC", experiment="production")

    with Worker(address, folder=tmp_path):
        outcome = wait_for(lambda: {item.name: item.last_outcome for item in jobs.schedules()}["each-second"])

    assert outcome == "succeeded: v-production: the first one"


def test_a_schedule_can_be_run_at_once_even_when_paused(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    jobs.pause("monthly")

    with Worker(address, folder=tmp_path):
        job_id = jobs.run_now("monthly")
        job = wait_for(lambda: ended(jobs.job(job_id)))

    assert job.state == "succeeded"
    assert {item.name: item.last_outcome for item in jobs.schedules()}["monthly"] is not None


def test_the_worker_sets_the_monthly_schedule_up_once_and_leaves_it_removed(
    jobs: DbosJobs, address: str, tmp_path: Path
) -> None:
    with Worker(address, folder=tmp_path):
        set_up = [(item.name, item.experiment, item.next_run_at) for item in jobs.schedules()]
        jobs.remove("monthly-retraining")

    with Worker(address, folder=tmp_path):
        afterwards = jobs.schedules()

    assert set_up == [("monthly-retraining", "production", datetime(2026, 9, 18, 2, tzinfo=UTC))]
    assert afterwards == []
