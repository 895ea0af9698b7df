"""The clock set back by a day and by a year: what came last is in service, and nothing is done twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.dbos_rounds import catch_up
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.cli import wiring
from forecaster.domain.alert_facts import service_told
from forecaster.domain.alerts import Wanted
from forecaster.domain.history import PUBLISHED, Cause, Event
from forecaster.domain.ports import Engine
from forecaster.settings import Settings
from forecaster.training import run
from tests.adapters.working import Clock
from tests.catalogues import catalogue
from tests.running import EXPERIMENT, NOW, LogInMemory, ports
from tests.vintages import issue, tiny_vintage

AHEAD = datetime(2026, 9, 20, 12, tzinfo=UTC)
BACK = [timedelta(days=1), timedelta(days=365)]


@pytest.mark.parametrize("back", BACK)
def test_what_is_published_last_is_in_service_and_listed_first(tmp_path: Path, back: timedelta) -> None:
    store = PublishedVintages(tmp_path)
    for number, at in enumerate((AHEAD, AHEAD - back), start=1):
        store.publish(replace(tiny_vintage(), issue=replace(issue(f"v{number}"), issued_at=at, data_as_of=at)))

    with TestClient(create_app(vintages=PublishedVintages(tmp_path), catalogue=catalogue())) as client:
        ready, listed = client.get("/readyz").json(), client.get("/v1/vintages").json()

    assert ready["vintage"] == "v2"
    assert [item["id"] for item in listed["items"]] == ["v2", "v1"]


def test_the_second_of_two_vintages_of_one_instant_overwrites_nothing(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    for vintage_id in ("2026-09-20T12-00-00Z-aaaa", "2026-09-20T12-00-00Z-bbbb"):
        store.publish(replace(tiny_vintage(), issue=replace(issue(vintage_id), issued_at=AHEAD)))

    assert len(store.issues()) == 2


def test_a_run_after_the_clock_was_set_back_knows_what_service_knows_and_is_published(
    engine: Engine, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    earlier = (NOW - timedelta(days=365)).isoformat()

    with ports(tmp_path, engine=engine) as real:
        given, results = replace(real, run_log=LogInMemory()), []
        for at in (NOW.isoformat(), earlier):
            order = wiring.order(settings, EXPERIMENT, sectors=None, as_of=None, issued_at=at)
            results.append(run(order, ports=given, catalogue=catalogue(), progress=lambda _: None))
        store = PublishedVintages(settings.vintages_folder)

    first, second = results
    serving = store.current().issue
    assert serving.vintage_id == second.vintage_id
    assert (serving.data_as_of, serving.issued_at.isoformat()) == (NOW, earlier)
    assert [one.vintage_id for one in store.issues()] == [second.vintage_id, first.vintage_id]


def test_a_job_that_goes_on_knows_what_it_knew_whatever_went_into_service_meanwhile(tmp_path: Path) -> None:
    settings, store = Settings(home=tmp_path), PublishedVintages(tmp_path / "vintages")
    known = wiring.known_at(settings, now=NOW)
    later = NOW + timedelta(days=1)
    store.publish(replace(tiny_vintage(), issue=replace(issue("v2"), issued_at=later, data_as_of=later)))

    fixed = {"issued_at": NOW.isoformat(), "known": known.isoformat()}
    order = wiring.order(settings, EXPERIMENT, sectors=None, as_of=None, **fixed)

    assert order.as_of == NOW


@pytest.fixture
def clock() -> Clock:
    return Clock(AHEAD)


@pytest.fixture
def jobs(tmp_path: Path, clock: Clock) -> Iterator[DbosJobs]:
    with DbosJobs(f"sqlite:///{tmp_path / 'jobs.db'}", clock=clock) as opened:
        yield opened


def test_a_due_time_that_comes_again_does_not_fire_again(jobs: DbosJobs, clock: Clock) -> None:
    jobs.add_schedule("hourly", cron="0 * * * *", zone="UTC", experiment="production")
    hours = [AHEAD + timedelta(hours=number, minutes=5) for number in range(1, 5)]

    fired = [job_id for at in hours for job_id in catch_up(jobs._client, now=at)]
    again = [job_id for at in hours for job_id in catch_up(jobs._client, now=at)]

    assert (len(fired), again) == (4, [])
    assert len(jobs.jobs()) == 4


@pytest.mark.parametrize("back", BACK)
def test_a_schedule_is_still_due_when_the_clock_says_so(jobs: DbosJobs, clock: Clock, back: timedelta) -> None:
    jobs.add_schedule("hourly", cron="0 * * * *", zone="UTC", experiment="production")
    clock.at = AHEAD - back

    (schedule,) = jobs.schedules()

    assert schedule.next_run_at == clock.at + timedelta(hours=1)


@pytest.mark.parametrize("back", BACK)
def test_an_order_sent_again_under_its_key_is_the_same_job(jobs: DbosJobs, clock: Clock, back: timedelta) -> None:
    first = jobs.start("production", key="september")
    clock.at = AHEAD - back

    assert jobs.start("production", key="september") == first
    assert len(jobs.jobs()) == 1


@pytest.mark.parametrize("back", BACK)
def test_a_fact_that_is_noticed_again_is_no_second_alert(tmp_path: Path, back: timedelta) -> None:
    fact = service_told(Event(AHEAD, "v1", Cause(PUBLISHED, "newer", "job 1")))
    store = AlertStore(f"sqlite:///{tmp_path / 'alerts.db'}")

    raised = [store.raise_alert(fact, now=at) for at in (AHEAD, AHEAD - back)]

    assert raised == [True, False]
    assert len(store.alerts(Wanted(), limit=9)) == 1
    store.close()
