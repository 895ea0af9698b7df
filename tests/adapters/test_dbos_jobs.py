"""Jobs and schedules on a real DBOS database, carried out by a real worker."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.domain.errors import BadParameter, JobEnded, KeyReused, UnknownJob, UnknownSchedule
from forecaster.domain.ports import Met
from tests.adapters.working import Worker, alive, all_at_once, ended, fire_each_second, store_never_due, wait_for

pytestmark = pytest.mark.long

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

    jobs.add_schedule("monthly", cron="0 3 * * mon-Fri", zone="Europe/Berlin", experiment="thorough")

    (schedule,) = jobs.schedules()
    assert (schedule.cron, schedule.zone, schedule.experiment) == ("0 3 * * mon-Fri", "Europe/Berlin", "thorough")
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
        ("monthly", "0 0 10 18 * *", "UTC", "cron"),
        ("monthly", "R R * * *", "UTC", "cron"),
        ("monthly", "@monthly", "UTC", "cron"),
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
    job_id, without_mlflow = jobs.start("production"), jobs.start("unrecorded")
    queued = jobs.job(job_id)

    with Worker(address, folder=tmp_path):
        job = wait_for(lambda: ended(jobs.job(job_id)))
        later = wait_for(lambda: ended(jobs.job(without_mlflow)))

    assert queued is not None
    assert queued.state == "queued"
    assert (job.state, job.experiment, job.detail) == ("succeeded", "production", "v-production: the first one")
    assert (job.recorded_later, later.recorded_later) == (False, True)
    assert str(later.detail).endswith("MLflow was out of reach; the run is recorded there later.")


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
        first.signal(by)
        first.process.join()
        wait_for(lambda: not alive(orphan))

    with Worker(address, folder=tmp_path) as second:
        wait_for(lambda: len(second.starts()) == 2)
        (tmp_path / "go").touch()
        job = wait_for(lambda: ended(jobs.job(job_id)))

    assert job.state == "succeeded"
    assert [started for started, _ in second.starts()] == [job_id, job_id]


def test_the_same_key_with_another_order_is_refused(jobs: DbosJobs) -> None:
    first = jobs.start("production", sectors=["ev"], key="k")

    with pytest.raises(KeyReused, match=first):
        jobs.start("production", sectors=["solar"], key="k")


def test_an_order_joins_the_job_that_waits_for_the_same_sectors_and_instant(jobs: DbosJobs) -> None:
    queued = jobs.start("production", sectors=["ev", "solar"], as_of=NOW)

    same = jobs.join("production", sectors=["solar", "ev"], as_of=NOW.astimezone(ZoneInfo("Asia/Shanghai")))
    others = [
        jobs.join("thorough", sectors=["ev", "solar"], as_of=NOW),
        jobs.join("production", sectors=["ev"], as_of=NOW),
        jobs.join("production", sectors=["ev", "solar"]),
    ]

    assert same == Met(queued, joined=True)
    assert [other.joined for other in others] == [False] * 3
    assert len(jobs.jobs()) == 4


def test_of_several_jobs_of_an_order_the_one_asked_for_last_is_joined(jobs: DbosJobs) -> None:
    jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production")
    jobs.start("production")
    latest = jobs.run_now("monthly")

    assert jobs.join("production") == jobs.join_now("monthly") == Met(latest, joined=True)


def test_what_has_ended_is_joined_by_nobody(jobs: DbosJobs) -> None:
    first = jobs.join("production")
    jobs.cancel(first.job_id)

    second = jobs.join("production")

    assert (first.joined, second.joined) == (False, False)
    assert first.job_id != second.job_id


def test_a_key_that_joined_gives_its_job_also_after_the_end_of_it(jobs: DbosJobs) -> None:
    other = jobs.start("production")
    joined = jobs.join("production", key="k")
    jobs.cancel(other)

    again, queued = jobs.join("production", key="k"), jobs.start("production", key="k")

    assert joined == again == Met(other, joined=True)
    assert queued == other
    with pytest.raises(KeyReused, match=other):
        jobs.join("thorough", key="k")


def test_a_key_that_joined_nothing_is_that_of_its_own_job(jobs: DbosJobs) -> None:
    queued = jobs.start("production", key="k")
    jobs.start("production")

    assert jobs.join("production", key="k") == Met(queued, joined=False)


def test_those_who_ask_at_once_to_join_get_one_job(jobs: DbosJobs, address: str) -> None:
    met = all_at_once(address)

    assert len({one.job_id for one in met}) == 1
    assert sorted(one.joined for one in met) == [False, True, True, True]
    assert len(jobs.jobs()) == 1


def test_jobs_are_listed_page_by_page_without_a_gap(jobs: DbosJobs) -> None:
    started = [jobs.start("production") for _ in range(7)]

    pages: list[list[str]] = []
    after = None
    while page := jobs.jobs(limit=3, after=after):
        pages.append([job.job_id for job in page])
        after = page[-1].job_id

    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(job_id for page in pages for job_id in page) == sorted(started)


def test_a_job_is_carried_out_as_ordered_and_says_what_it_does(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    job_id = jobs.start("production", sectors=["ev", "solar"], as_of=NOW)

    with Worker(address, folder=tmp_path):
        job = wait_for(lambda: ended(jobs.job(job_id)))

    first, line = jobs.progress(job_id)
    assert (first.number, first.step) == (1, "snapshot")
    assert (line.number, line.line, line.step) == (2, "training ev solar 2026-09-10T12:00:00+00:00", None)
    assert jobs.progress(job_id, after=2) == []
    assert (job.sectors, job.as_of, job.schedule) == (("ev", "solar"), NOW, None)
    assert (job.vintage, job.decision, job.run_id) == ("v-production", "the first one", "r1")
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.created_at <= job.started_at <= job.ended_at


def test_a_job_that_is_begun_again_says_so_again(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    with Worker(address, folder=tmp_path) as first:
        job_id = jobs.start("slow")
        wait_for(lambda: len(jobs.progress(job_id)) == 3)
        first.process.kill()
        first.process.join()
    with Worker(address, folder=tmp_path):
        (tmp_path / "go").touch()
        wait_for(lambda: ended(jobs.job(job_id)))

    assert [line.step for line in jobs.progress(job_id)] == ["snapshot", None, "backtest", None, "backtest"]


def test_a_queued_job_that_is_cancelled_never_runs(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    job_id = jobs.start("production")

    jobs.cancel(job_id)
    jobs.cancel(job_id)

    with Worker(address, folder=tmp_path) as worker:
        other = jobs.start("production")
        wait_for(lambda: ended(jobs.job(other)))
    job = jobs.job(job_id)
    assert job is not None
    assert job.state == "cancelled"
    assert [started for started, _ in worker.starts()] == [other]


@pytest.mark.parametrize("experiment", ["slow", "chatty"])
def test_a_running_job_that_is_cancelled_ends_and_lets_the_next_one_run(
    jobs: DbosJobs, address: str, tmp_path: Path, experiment: str
) -> None:
    with Worker(address, folder=tmp_path) as worker:
        job_id = jobs.start(experiment)
        [(_, pid)] = wait_for(worker.starts)

        jobs.cancel(job_id)

        wait_for(lambda: not alive(pid))
        other = jobs.start("production")
        next_one = wait_for(lambda: ended(jobs.job(other)))
        job = jobs.job(job_id)
    assert job is not None
    assert (job.state, next_one.state) == ("cancelled", "succeeded")
    log = (tmp_path / "worker.log").read_text()
    assert f"Job {job_id} is cancelled" in log
    assert "Traceback" not in log


def test_what_a_job_left_open_that_was_cancelled_while_no_worker_ran_is_closed(
    jobs: DbosJobs, address: str, tmp_path: Path
) -> None:
    with Worker(address, folder=tmp_path) as first:
        job_id, queued = jobs.start("slow"), jobs.start("production")
        wait_for(first.starts)
        first.process.kill()
    for each in (job_id, queued):
        jobs.cancel(each)

    with Worker(address, folder=tmp_path) as second:
        wait_for(second.closed)

    assert set(second.closed()) == {job_id}
    assert [started for started, _ in second.starts()] == [job_id]


def test_what_has_ended_or_never_was_cant_be_cancelled(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    job_id = jobs.start("broken")
    with Worker(address, folder=tmp_path):
        wait_for(lambda: ended(jobs.job(job_id)))

    with pytest.raises(JobEnded, match="has failed"):
        jobs.cancel(job_id)
    with pytest.raises(UnknownJob):
        jobs.cancel("job-x")


def test_a_schedule_at_release_is_paused_and_resumed_like_any_other(jobs: DbosJobs) -> None:
    jobs.add_schedule("at-release", on="release", experiment="production")

    jobs.pause("at-release")
    paused = jobs.schedules()[0]
    jobs.resume("at-release")
    resumed = jobs.schedules()[0]
    jobs.add_schedule("at-release", cron="0 10 18 * *", zone="UTC", experiment="production")
    by_the_clock = jobs.schedules()[0]

    assert (paused.paused, paused.on, paused.cron, paused.next_run_at) == (True, "release", None, None)
    assert (resumed.paused, resumed.next_run_at) == (False, None)
    assert (by_the_clock.paused, by_the_clock.on) == (False, None)
    assert by_the_clock.next_run_at == datetime(2026, 9, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(("cron", "on"), [(None, None), ("0 10 18 * *", "release"), (None, "noon")])
def test_a_schedule_has_either_a_cron_or_a_release(jobs: DbosJobs, cron: str | None, on: str | None) -> None:
    with pytest.raises(BadParameter):
        jobs.add_schedule("monthly", cron=cron, on=on, experiment="production")


def test_a_schedule_fires_and_remembers_its_last_outcome(jobs: DbosJobs, address: str, tmp_path: Path) -> None:
    fire_each_second(jobs)

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
