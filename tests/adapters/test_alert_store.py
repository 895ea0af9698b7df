"""Alerts in a database."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.domain.alerts import CHAMPION_KEPT, DISK_LOW, JOB_FAILED, KINDS, RELEASE_OVERDUE, Wanted
from forecaster.domain.errors import AlertsUnreachable, UnknownAlert
from tests.alerts import NOW, alert

LATER = NOW + timedelta(days=1)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts.db'}"


@pytest.fixture
def store(address: str) -> Iterator[AlertStore]:
    opened = AlertStore(address)
    yield opened
    opened.close()


def test_the_same_fact_is_one_alert_however_often_it_is_found(store: AlertStore) -> None:
    first, again, other = (store.raise_alert(alert(occasion=one), now=NOW) for one in ("1", "1", "2"))

    assert (first, again, other) == (True, False, True)
    assert [one.alert.alert_id for one in store.alerts(Wanted())] == [alert(occasion=x).alert_id for x in ("2", "1")]


def test_an_alert_is_kept_whole(store: AlertStore) -> None:
    store.raise_alert(alert(), now=LATER)

    (kept,) = store.alerts(Wanted())

    assert (kept.alert, kept.raised_at, kept.state) == (alert(), LATER, "open")


def test_several_processes_raise_one_alert_once(address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: AlertStore(address), range(8)))
        found = list(pool.map(lambda store: store.raise_alert(alert(), now=NOW), stores))
    for one in stores:
        one.close()

    assert sum(found) == 1


def test_what_lasts_is_one_alert_until_it_ends_and_another_one_when_it_begins_again(store: AlertStore) -> None:
    told = [store.raise_alert(alert(RELEASE_OVERDUE, month, source="nbs"), now=NOW) for month in ("08", "09")]
    store.close_others(RELEASE_OVERDUE, standing=[alert(RELEASE_OVERDUE, "09", source="nbs")], now=NOW)
    unended = store.alerts(Wanted(is_open=True))

    closed = store.close_others(RELEASE_OVERDUE, standing=[], now=LATER)
    again = store.raise_alert(alert(RELEASE_OVERDUE, "10", source="nbs"), now=LATER)

    assert (told, len(unended), closed, again) == ([True, False], 1, 1, True)
    assert [one.state for one in store.alerts(Wanted())] == ["open", "closed"]


def test_news_ask_for_nothing_and_are_never_open(store: AlertStore) -> None:
    store.raise_alert(alert(CHAMPION_KEPT), now=NOW)

    assert [one.state for one in store.alerts(Wanted())] == ["closed"]
    assert store.open_by_kind() == dict.fromkeys(KINDS, 0)


def test_whoever_acknowledges_first_is_named(store: AlertStore) -> None:
    store.raise_alert(alert(), now=NOW)
    store.acknowledge(alert().alert_id, by="ana", now=NOW)

    kept = store.acknowledge(alert().alert_id, by="ben", now=LATER)

    assert (kept.acknowledged_by, kept.acknowledged_at, kept.state) == ("ana", NOW, "acknowledged")
    assert store.open_by_kind()[JOB_FAILED] == 0
    with pytest.raises(UnknownAlert, match="alert-x"):
        store.acknowledge("alert-x", by="ana", now=NOW)


def test_alerts_are_asked_for_by_kind_time_and_state_a_page_at_a_time(store: AlertStore) -> None:
    for at, kind in ((NOW, JOB_FAILED), (NOW, DISK_LOW), (LATER, JOB_FAILED), (LATER, CHAMPION_KEPT)):
        store.raise_alert(alert(kind, f"{at}"), now=at)

    def asked(wanted: Wanted, **page: object) -> list[str]:
        return [one.alert.kind for one in store.alerts(wanted, **page)]  # type: ignore[arg-type]  # limit and after

    first = store.alerts(Wanted(), limit=2)
    assert asked(Wanted(kind=DISK_LOW)) == [DISK_LOW]
    assert asked(Wanted(since=LATER)) == [CHAMPION_KEPT, JOB_FAILED]
    assert asked(Wanted(is_open=False)) == [CHAMPION_KEPT]
    assert asked(Wanted(), after=first[-1].alert.alert_id) == [DISK_LOW, JOB_FAILED]
    with pytest.raises(UnknownAlert):
        store.alerts(Wanted(), after="alert-x")


def test_notes_are_kept_by_name(store: AlertStore) -> None:
    before = store.noted("coverage")
    store.note("coverage", told={"a": 1}, now=NOW)
    store.note("coverage", told={"a": 2}, now=LATER)

    assert (before, store.noted("coverage")) == (None, {"a": 2})


def test_a_database_out_of_reach_is_told_as_such_and_its_password_is_not() -> None:
    door = ReachableAlerts("postgresql://me:swordfish@127.0.0.1:1/jobs")

    with pytest.raises(AlertsUnreachable) as refused, door.open() as store:
        store.open_by_kind()

    assert "swordfish" not in str(refused.value)


def test_a_database_that_another_process_keeps_is_waited_for_as_long_as_was_said(tmp_path: Path, address: str) -> None:
    door = ReachableAlerts(address, patience=0.1)
    with door.open() as store:
        store.raise_alert(alert(), now=NOW)
    with closing(sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)) as holding:
        holding.execute("BEGIN EXCLUSIVE")

        for asked in (door, ReachableAlerts(address, patience=0.1)):  # open already, and still to be opened
            with pytest.raises(AlertsUnreachable, match="another process keeps"), asked.open() as store:
                store.open_by_kind()

        holding.execute("ROLLBACK")
    with door.open() as store:
        assert store.open_by_kind()[JOB_FAILED] == 1
    door.close()
