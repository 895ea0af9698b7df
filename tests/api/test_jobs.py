"""Jobs and schedules over HTTP, on a real jobs database, carried out by a real worker."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.job_schemas import JobMetOut, JobOneOut, JobsOut, ScheduleOut, SchedulesOut
from api.operating import Operations
from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.domain.errors import UnknownExperiment
from tests.adapters.working import EACH_SECOND, Worker, fire_each_second, wait_for
from tests.api.serving import begin, say, serving
from tests.catalogues import catalogue

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
KNOWN = ["production", "slow", "broken"]
MONTHLY = {"name": "monthly", "cron": "0 10 18 * *"}


def check_experiment(name: str) -> None:
    if name not in KNOWN:
        raise UnknownExperiment(name, known=KNOWN)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def app(store: PublishedVintages, keys: KeyFile, address: str) -> Iterator[FastAPI]:
    jobs = ReachableJobs(address, clock=lambda: NOW)
    yield create_app(vintages=store, catalogue=catalogue(), keys=keys, operations=Operations(jobs, check_experiment))
    jobs.close()


@pytest.fixture
def secret(keys: KeyFile) -> str:
    """A key with scopes read and operate."""
    return keys.add("ana", scopes=("read", "operate"), now=NOW)


@pytest.fixture
def client(app: FastAPI, secret: str) -> Iterator[TestClient]:
    """Whoever has the key."""
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {secret}"}) as opened:
        yield opened


def job_of(client: TestClient, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").json()
    return found


def ended(client: TestClient, job_id: str) -> dict[str, Any] | None:
    found = job_of(client, job_id)
    return found if found["ended_at"] else None


def test_a_job_is_accepted_with_the_place_to_follow_it(client: TestClient) -> None:
    answer = client.post("/v1/jobs", json={"experiment": "production", "sectors": ["ev"], "as_of": "2026-06-30"})

    job = answer.json()
    JobMetOut.model_validate(job)
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/jobs/{job['job_id']}")
    assert (job["state"], job["sectors"], job["as_of"]) == ("queued", ["ev"], "2026-06-30T23:59:59.999999Z")
    JobOneOut.model_validate(client.get(answer.headers["location"]).json())


def test_the_same_idempotency_key_gives_the_same_job(client: TestClient) -> None:
    headers = {"Idempotency-Key": "release of 2026-09"}

    first, again = (client.post("/v1/jobs", json={}, headers=headers).json() for _ in range(2))
    other = client.post("/v1/jobs", json={"sectors": ["ev"]}, headers=headers)

    assert first["job_id"] == again["job_id"]
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert len(client.get("/v1/jobs").json()["items"]) == 1


def test_an_order_may_join_the_job_of_the_same_order(client: TestClient) -> None:
    first = client.post("/v1/jobs", json={"sectors": ["ev"], "if_busy": "join"})
    joined = client.post("/v1/jobs", json={"sectors": ["ev"], "if_busy": "join"}, headers={"Idempotency-Key": "k"})
    queued = client.post("/v1/jobs", json={"sectors": ["ev"]})
    client.post(f"/v1/jobs/{first.json()['job_id']}:cancel")
    again = client.post("/v1/jobs", json={"sectors": ["ev"], "if_busy": "join"}, headers={"Idempotency-Key": "k"})

    for answer in (first, joined, queued, again):
        JobMetOut.model_validate(answer.json())
    assert [answer.json()["joined"] for answer in (first, joined, queued, again)] == [False, True, False, True]
    assert (joined.status_code, joined.headers["location"]) == (202, first.headers["location"])
    assert queued.json()["job_id"] != first.json()["job_id"] == again.json()["job_id"]
    assert again.json()["state"] == "cancelled"


def test_a_schedule_run_may_join_too(client: TestClient) -> None:
    client.post("/v1/schedules", json=MONTHLY)
    run, joined = (client.post("/v1/schedules/monthly:run?if_busy=join").json() for _ in range(2))
    refused = client.post("/v1/schedules/monthly:run?if_busy=wait")

    assert (run["joined"], joined["joined"], joined["job_id"]) == (False, True, run["job_id"])
    assert refused.status_code == 422


def test_a_job_tells_what_it_did(client: TestClient, address: str, tmp_path: Path) -> None:
    job_id = client.post("/v1/jobs", json={"sectors": ["ev"]}).json()["job_id"]

    with Worker(address, folder=tmp_path):
        job = wait_for(lambda: ended(client, job_id))

    assert (job["state"], job["vintage"], job["decision"]) == ("succeeded", "v-production", "the first one")
    assert [line["line"] for line in job["progress"]][1:] == ["training ev"]
    assert [step["step"] for step in job["steps"]] == ["snapshot"]


def test_jobs_are_paged(client: TestClient) -> None:
    started = {client.post("/v1/jobs", json={}).json()["job_id"] for _ in range(3)}

    first = client.get("/v1/jobs", params={"limit": 2}).json()
    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    JobsOut.model_validate(first)
    assert {job["job_id"] for job in first["items"] + second["items"]} == started
    assert second["next_cursor"] is None


def test_a_cancelled_job_stays_so_and_one_that_ended_is_refused(
    client: TestClient, address: str, tmp_path: Path
) -> None:
    queued = client.post("/v1/jobs", json={}).json()["job_id"]
    cancelled = [client.post(f"/v1/jobs/{queued}:cancel") for _ in range(2)]
    broken = client.post("/v1/jobs", json={"experiment": "broken"}).json()["job_id"]
    with Worker(address, folder=tmp_path):
        job = wait_for(lambda: ended(client, broken))

    refused = client.post(f"/v1/jobs/{broken}:cancel")

    assert [(answer.status_code, answer.json()["state"]) for answer in cancelled] == [(200, "cancelled")] * 2
    assert (job["state"], job["detail"]) == ("failed", "None of 3 series has enough data.")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/job-ended")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"experiment": "prodution"}, 404, "experiment"),
        ({"sectors": ["steel"]}, 404, "sectors"),
        ({"sectors": []}, 422, "sectors"),
        ({"as_of": "yesterday"}, 422, "as_of"),
        ({"if_busy": "wait"}, 422, "if_busy"),
        ({"experimnt": "production"}, 422, "experimnt"),
        ([], 422, ""),
    ],
)
def test_an_impossible_job_is_refused_naming_its_field(
    client: TestClient, body: object, status: int, field: str
) -> None:
    answer = client.post("/v1/jobs", json=body)

    assert answer.status_code == status
    assert [(fault["field"], fault["in"]) for fault in answer.json()["errors"]] == [(field, "body")]
    assert client.get("/v1/jobs").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/jobs/x"), ("GET", "/v1/jobs/x/events"), ("POST", "/v1/jobs/x:cancel"), ("GET", "/v1/schedules/x"),
     ("DELETE", "/v1/schedules/x"), ("POST", "/v1/schedules/x:run")],
)  # fmt: skip  # a list of addresses reads best filled
def test_what_does_not_exist_is_told_as_such(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["type"]) == (404, f"/problems/unknown-{path.split('/')[2][:-1]}")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/jobs"), ("POST", "/v1/jobs/x:cancel"), ("GET", "/v1/schedules"), ("POST", "/v1/schedules"),
     ("GET", "/v1/schedules/x"), ("PATCH", "/v1/schedules/x"), ("DELETE", "/v1/schedules/x"),
     ("POST", "/v1/schedules/x:run")],
)  # fmt: skip  # a list of addresses reads best filled
def test_operating_needs_its_scope(app: FastAPI, keys: KeyFile, method: str, path: str) -> None:
    reader = keys.add("reader", scopes=("read", "write"), now=NOW)

    without = TestClient(app, client=("127.0.0.1", 1), base_url="http://127.0.0.1").request(method, path, json={})
    unfit = TestClient(app).request(method, path, json={}, headers={"Authorization": f"Bearer {reader}"})

    assert (without.status_code, unfit.status_code) == (401, 403)


def test_jobs_may_be_read_with_scope_read(app: FastAPI, keys: KeyFile) -> None:
    reader = keys.add("reader", scopes=("read",), now=NOW)

    assert TestClient(app).get("/v1/jobs", headers={"Authorization": f"Bearer {reader}"}).status_code == 200


def test_a_schedule_is_made_changed_run_and_removed(client: TestClient) -> None:
    made = client.post("/v1/schedules", json=MONTHLY)
    again = client.post("/v1/schedules", json=MONTHLY)
    paused = client.patch("/v1/schedules/monthly", json={"paused": True, "sectors": ["ev"]})
    resumed = client.patch("/v1/schedules/monthly", json={"paused": False, "zone": "UTC"})
    run = client.post("/v1/schedules/monthly:run")
    listed = client.get("/v1/schedules").json()
    removed = client.delete("/v1/schedules/monthly")

    ScheduleOut.model_validate(made.json())
    SchedulesOut.model_validate(listed)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/schedules/monthly")
    assert made.json()["next_run_at"] == "2026-09-18T02:00:00Z"
    assert (again.status_code, again.json()["type"]) == (409, "/problems/schedule-exists")
    assert (paused.json()["paused"], paused.json()["next_run_at"]) == (True, None)
    assert (resumed.json()["sectors"], resumed.json()["next_run_at"]) == (["ev"], "2026-09-18T10:00:00Z")
    assert (run.status_code, run.json()["schedule"], run.json()["sectors"]) == (202, "monthly", ["ev"])
    assert [item["name"] for item in listed["items"]] == ["monthly"]
    assert (removed.status_code, client.get("/v1/schedules").json()["items"]) == (204, [])


def test_a_schedule_may_wait_for_releases_instead_of_the_clock(client: TestClient) -> None:
    made = client.post("/v1/schedules", json={"name": "at-release", "on": "release", "paused": True}).json()
    by_the_clock = client.patch("/v1/schedules/at-release", json={"cron": "0 10 18 * *"}).json()
    back = client.patch("/v1/schedules/at-release", json={"on": "release", "paused": False}).json()

    assert (made["on"], made["cron"], made["paused"]) == ("release", None, True)
    assert (by_the_clock["on"], by_the_clock["cron"], by_the_clock["paused"]) == (None, "0 10 18 * *", True)
    assert (back["on"], back["cron"], back["paused"], back["next_run_at"]) == ("release", None, False, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Monthly!", "cron": "0 10 18 * *"}, "name"),
        ({"name": "monthly"}, "cron"),
        ({"name": "monthly", "cron": "0 0 31 2 *"}, "cron"),
        ({"name": "monthly", "cron": "0 10 18 * *", "zone": "Beijing"}, "zone"),
        ({"name": "monthly", "on": "noon"}, "on"),
        ({"cron": "0 10 18 * *"}, "name"),
    ],
)
def test_an_impossible_schedule_is_refused_naming_its_field(
    client: TestClient, body: dict[str, str], field: str
) -> None:
    answer = client.post("/v1/schedules", json=body)

    assert answer.status_code == 422
    assert [(fault["field"], fault["in"]) for fault in answer.json()["errors"]] == [(field, "body")]


def test_without_a_jobs_database_reading_goes_on(store: PublishedVintages, tmp_path: Path) -> None:
    nowhere = ReachableJobs(f"sqlite:///{tmp_path / 'gone' / 'jobs.db'}", clock=lambda: NOW)
    app = create_app(vintages=store, catalogue=catalogue(), operations=Operations(nowhere))
    with TestClient(app, raise_server_exceptions=False) as client:
        jobs, sectors, metrics = client.get("/v1/jobs"), client.get("/v1/sectors"), client.get("/metrics")

    assert (jobs.status_code, jobs.json()["type"]) == (503, "/problems/jobs-unreachable")
    assert "retry-after" in jobs.headers
    assert sectors.status_code == 200
    assert "sectorcast_jobs_reachable 0.0" in metrics.text


def test_jobs_are_counted_by_state(client: TestClient) -> None:
    client.post("/v1/jobs", json={})
    cancelled = client.post("/v1/jobs", json={}).json()["job_id"]
    client.post(f"/v1/jobs/{cancelled}:cancel")

    told = client.get("/metrics").text

    assert 'sectorcast_jobs{state="queued"} 1.0' in told
    assert 'sectorcast_jobs{state="cancelled"} 1.0' in told


def test_a_job_that_a_schedule_fired_is_found_and_cancelled_by_its_id(
    client: TestClient, address: str, tmp_path: Path
) -> None:
    with DbosJobs(address, clock=lambda: datetime.now(UTC)) as jobs:  # noqa: TID251  # workers run by it
        fire_each_second(jobs)
        with Worker(address, folder=tmp_path):
            fired = wait_for(lambda: [job.job_id for job in jobs.jobs(limit=9) if job.job_id.startswith("sched-")])
        jobs.remove(EACH_SECOND)

    found, cancelled = client.get(f"/v1/jobs/{fired[0]}"), client.post(f"/v1/jobs/{quote(fired[0])}:cancel")

    assert ":" in fired[0]
    assert (found.status_code, found.json()["schedule"]) == (200, EACH_SECOND)
    assert cancelled.status_code in (200, 409)  # it may have ended
    assert client.get(f"/v1/jobs/{fired[0]}:cancel").status_code == 405


def test_a_body_that_is_no_json_is_told_as_such(client: TestClient) -> None:
    answer = client.post("/v1/jobs", content=b'{"sectors": ', headers={"Content-Type": "application/json"})

    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"], fault["in"]) == (422, "", "body")
    assert fault["message"].startswith("is no JSON at character 12 (")


def request_for(path: str, secret: str, *further: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {secret}", *further, "", "")
    return "\r\n".join(lines).encode()


def events_in(text: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each event of a body that was sent in chunks."""
    lines = [line for line in text.decode().splitlines() if line.startswith(("event: ", "data: "))]
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def read_until(connection: socket.socket, sign: bytes) -> bytes:
    text = b""
    while sign not in text:
        part = connection.recv(65536)
        assert part, text
        text += part
    return text


def test_whoever_follows_a_job_sees_it_to_its_end(
    app: FastAPI, client: TestClient, secret: str, address: str, tmp_path: Path
) -> None:
    job_id = client.post("/v1/jobs", json={"experiment": "slow"}).json()["job_id"]
    with (
        serving(app) as port,
        Worker(address, folder=tmp_path),
        begin(port, request_for(f"/v1/jobs/{job_id}/events", secret)) as following,
    ):
        text = read_until(following, b"1 of 3")
        meanwhile = job_of(client, job_id)
        (tmp_path / "go").touch()
        text += read_until(following, b"event: end")
        again = say(port, request_for(f"/v1/jobs/{job_id}/events", secret, "Last-Event-ID: 3", "Connection: close"))

    head = text.partition(b"\r\n\r\n")[0].lower()
    told = events_in(text[: text.index(b"event: end")])
    assert b"content-type: text/event-stream" in head
    assert [data["state"] for name, data in told if name == "state"][-1] == "succeeded"
    lines = [data for name, data in told if name == "progress"]
    assert [data["step"] for data in lines] == ["snapshot", None, "backtest"]
    assert (lines[-1]["line"], lines[-1]["done"], lines[-1]["total"]) == ("1 of 3", 1, 3)
    JobOneOut.model_validate(meanwhile)
    assert meanwhile["state"] == "running"
    assert [(step["step"], step["done"], step["total"], step["failed"]) for step in meanwhile["steps"]] == [
        ("snapshot", None, None, 0),
        ("backtest", 1, 3, 1),
    ]
    assert meanwhile["failures"] == [lines[-1]["failed"]]
    assert [name for name, _ in events_in(again)] == ["state", "end"]


def test_head_of_the_events_of_a_job_does_not_wait_for_its_end(client: TestClient) -> None:
    job_id = client.post("/v1/jobs", json={}).json()["job_id"]

    answer = client.head(f"/v1/jobs/{job_id}/events")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


def test_a_follower_who_goes_away_leaves_job_and_service_as_they_are(
    app: FastAPI, client: TestClient, secret: str, address: str, tmp_path: Path
) -> None:
    job_id = client.post("/v1/jobs", json={"experiment": "slow"}).json()["job_id"]
    with serving(app) as port, Worker(address, folder=tmp_path):
        with begin(port, request_for(f"/v1/jobs/{job_id}/events", secret)) as following:
            read_until(following, b"event: progress")
        (tmp_path / "go").touch()
        job = wait_for(lambda: ended(client, job_id))
        answer = say(port, request_for("/v1/sectors", secret, "Connection: close"))

    assert job["state"] == "succeeded"
    assert answer.startswith(b"HTTP/1.1 200 ")
