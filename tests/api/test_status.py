"""What is in service and how fresh it is, over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import Surroundings, create_app
from api.operating import Operations
from api.status_schemas import StatusOut
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_jobs import ReachableJobs
from tests.catalogues import catalogue
from tests.vintages import EV, LFP, THIN

URL = "/v1/status"
Served = Callable[[datetime], AbstractContextManager[TestClient]]


@pytest.fixture
def served(store: PublishedVintages) -> Served:
    """The service at an instant."""

    @contextmanager
    def at(now: datetime) -> Iterator[TestClient]:
        given = Surroundings(clock=lambda: now)
        with TestClient(create_app(vintages=store, catalogue=catalogue(), surroundings=given)) as client:
            yield client

    return at


def test_status_tells_what_is_in_service_and_how_fresh_each_series_is(served: Served) -> None:
    with served(datetime(2026, 10, 20, tzinfo=UTC)) as client:
        answer = client.get(URL)

    StatusOut.model_validate_json(answer.content)
    body = answer.json()
    assert (body["today"], body["vintage"]["run_id"], body["overdue"], body["missed"]) == (
        "2026-10-20",
        "0f3c2a",
        0,
        [],
    )
    assert [item["series_id"] for item in body["items"]] == [LFP, EV]
    assert body["items"][1] == {
        "series_id": EV, "source": "nbs", "last_period": "2026-08", "next_due": "2026-10-16", "missed": 0,
        "days_late": 0,
    }  # fmt: skip  # one fact a line tells no more
    assert body["jobs"] is None


def test_overdue_releases_are_told_by_source_and_can_be_asked_for_alone(served: Served) -> None:
    with served(datetime(2026, 12, 20, tzinfo=UTC)) as client:
        body = client.get(URL, params={"overdue": "true", "sector": "ev"}).json()
        fine = client.get(URL, params={"overdue": "false"}).json()

    assert body["missed"] == [{"source": "nbs", "series": 1, "since": "2026-09", "days_late": 65}]
    assert [(item["series_id"], item["missed"]) for item in body["items"]] == [(EV, 2)]
    assert fine["items"] == []


def test_runs_that_wait_for_mlflow_are_counted(store: PublishedVintages) -> None:
    waiting = [2, 0]
    operations = Operations(unrecorded=lambda: waiting.pop(0))
    with TestClient(create_app(vintages=store, catalogue=catalogue(), operations=operations)) as client:
        before, after = client.get(URL), client.get(URL)

    assert [answer.json()["unrecorded"] for answer in (before, after)] == [2, 0]
    assert before.headers["etag"] != after.headers["etag"]


def test_series_are_paged(served: Served) -> None:
    with served(datetime(2026, 10, 20, tzinfo=UTC)) as client:
        first = client.get(URL, params={"limit": 1}).json()
        rest = client.get(URL, params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [one["items"][0]["series_id"] for one in (first, rest)] == [LFP, EV]
    assert (first["series"], rest["next_cursor"]) == (2, None)
    assert THIN not in (one["items"][0]["series_id"] for one in (first, rest))


def test_a_caller_has_it_until_the_next_day(served: Served) -> None:
    with served(datetime(2026, 10, 20, 1, tzinfo=UTC)) as client:
        tag = client.get(URL).headers["etag"]

    with served(datetime(2026, 10, 20, 23, tzinfo=UTC)) as client:
        assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
    with served(datetime(2026, 10, 21, 1, tzinfo=UTC)) as client:
        assert client.get(URL, headers={"If-None-Match": tag}).status_code == 200


def test_the_last_jobs_are_told(store: PublishedVintages, tmp_path: Path) -> None:
    door = ReachableJobs(f"sqlite:///{tmp_path / 'jobs.db'}", clock=lambda: datetime(2026, 9, 10, 12, tzinfo=UTC))
    operations = Operations(door, str)
    with TestClient(create_app(vintages=store, catalogue=catalogue(), operations=operations)) as client:
        with door.open() as jobs:
            job_id = jobs.start("production")
        told = client.get(URL).json()["jobs"]
    door.close()

    assert [(job["job_id"], job["state"]) for job in told] == [(job_id, "queued")]
