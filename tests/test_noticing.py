"""What jobs, history and disk give to hear of."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from forecaster.adapters.alert_store import AlertStore
from forecaster.domain.alerts import Wanted
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.history import ALIAS, PUBLISHED, REFUSED, Cause, Event
from forecaster.domain.ports import Job
from forecaster.noticing import notice, notice_damage, notice_room
from tests.alerts import NOW

LATER = NOW + timedelta(hours=1)
GB = 10**9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlertStore]:
    opened = AlertStore(f"sqlite:///{tmp_path / 'alerts.db'}")
    yield opened
    opened.close()


def job(job_id: str, state: str, *, ended: datetime = LATER) -> Job:
    return Job(job_id, "production", state, NOW, "the store is gone\nat line 1", ended_at=ended)


def event(kind: str, *, at: datetime = LATER) -> Event:
    return Event(at, "v1", Cause(kind, "it errs less", "job 1"))


def noticed(store: AlertStore, *, jobs: tuple[Job, ...] = (), events: tuple[Event, ...] = ()) -> list[str]:
    return [one.text for one in notice(store, jobs=jobs, events=events, told=set(), now=LATER)]


def test_a_job_that_failed_is_told_once_with_its_reason(store: AlertStore) -> None:
    notice(store, jobs=(), events=(), told=set(), now=NOW)

    first = noticed(store, jobs=(job("job-1", "failed"), job("job-2", "succeeded")))
    again = noticed(store, jobs=(job("job-1", "failed"),))

    assert (first, again) == (["Job job-1, experiment production, failed: the store is gone"], [])


def test_what_went_into_service_or_was_refused_is_told_whoever_moved_it(store: AlertStore) -> None:
    notice(store, jobs=(), events=(), told=set(), now=NOW)
    events = (event(PUBLISHED), event(ALIAS, at=LATER + timedelta(minutes=1)), event(REFUSED, at=NOW))

    assert noticed(store, events=events) == [
        "The champion stays in service (refused, by job 1): it errs less",
        "Vintage v1 went into service (published, by job 1): it errs less",
        "Vintage v1 went into service (alias-moved, by job 1): it errs less",
    ]
    assert store.alerts(Wanted(is_open=True)) == []


def test_what_was_written_down_before_the_first_look_is_no_news(store: AlertStore) -> None:
    old, published = job("job-1", "failed"), event(PUBLISHED)

    told = [noticed(store, jobs=(old,), events=(published,)) for _ in range(2)]

    assert told == [[], []]


def test_what_happens_after_the_clock_was_set_back_is_told(store: AlertStore) -> None:
    notice(store, jobs=(), events=(), told=set(), now=LATER)

    told = noticed(store, jobs=(job("job-1", "failed", ended=LATER - timedelta(days=365)),))

    assert told == ["Job job-1, experiment production, failed: the store is gone"]


def test_little_room_is_told_once_and_ends_when_there_is_room(store: AlertStore) -> None:
    def look(free: int, *, vintage: int = 0) -> bool:
        return notice_room(store, place="/data", free=free, vintage=vintage, floor=GB, now=NOW)

    assert [look(2 * GB), look(GB // 2), look(GB // 3), look(2 * GB)] == [False, True, False, False]
    assert store.alerts(Wanted(is_open=True)) == []
    assert look(2 * GB, vintage=GB) is False  # the same day, the same fact


def test_room_for_three_vintages_is_asked_for(store: AlertStore) -> None:
    new = notice_room(store, place="/data", free=2 * GB, vintage=GB, floor=GB, now=NOW)

    (told,) = store.alerts(Wanted(is_open=True))
    assert (new, told.alert.evidence) == (True, {"free_bytes": 2 * GB, "floor_bytes": 3 * GB})


def test_a_damaged_vintage_is_told_once_and_ends_when_a_sound_one_serves(store: AlertStore) -> None:
    broken = BrokenVintage(vintage_id="v2", what="panel.arrow is gone")

    def look(found: BrokenVintage | None) -> bool:
        return notice_damage(store, broken=found, serving="v1", now=NOW)

    assert [look(broken), look(broken)] == [True, False]
    (told,) = store.alerts(Wanted(is_open=True))
    assert told.alert.text == "Vintage v2 is damaged (panel.arrow is gone); v1 is served instead. A job trains anew."
    assert look(None) is False
    assert store.alerts(Wanted(is_open=True)) == []
