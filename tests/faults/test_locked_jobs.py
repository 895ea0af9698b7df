"""The jobs database held by another process for some seconds, while the service runs and a job is carried out."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from forecaster.adapters.published_vintages import PublishedVintages
from tests.adapters.working import Worker, wait_for
from tests.faults.living import Answer, Api, sectorcast, settings
from tests.vintages import EV, tiny_vintage


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Nobody else reads or writes the database within the block."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as holding:
        holding.execute("BEGIN EXCLUSIVE")
        yield
        holding.execute("ROLLBACK")


class Locked:
    """What was answered while the database was locked, and what became of the job that ran meanwhile."""

    def __init__(self, home: Path) -> None:
        environment, file = settings(home), home / "jobs.db"
        PublishedVintages(home / "vintages").publish(tiny_vintage(), by="hand")
        program = ["-m", "tests.faults.publishing_run"]
        with Api(environment) as api, Worker(f"sqlite:///{file}", folder=home, program=program):
            self.job_id = api.post("/v1/jobs", {})[2]["job_id"]
            wait_for((home / "starts").exists)
            with locked(file):
                (home / "go").touch()
                wait_for((home / "vintages" / f"v-{self.job_id}").exists)  # its end can't be kept yet
                self.refused = [api.get("/v1/jobs"), api.post("/v1/jobs", {}, Idempotency_Key="twice")]
                self.forecast = api.get(f"/v1/forecasts/{EV}")
                self.status = api.get("/v1/status")
                self.told = sectorcast(environment, "schedule", "list")
            self.job = wait_for(lambda: self._succeeded(api))
            self.again = [api.post("/v1/jobs", {}, Idempotency_Key="twice") for _ in range(2)]
            wait_for(lambda: self._succeeded(api, job_id=self.again[0][2]["job_id"]))
        self.starts = (home / "starts").read_text().splitlines()

    def _succeeded(self, api: Api, *, job_id: str | None = None) -> Answer | None:
        found = api.get(f"/v1/jobs/{job_id or self.job_id}")
        return found if found[0] == 200 and found[2]["state"] == "succeeded" else None


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Locked:
    return Locked(tmp_path_factory.mktemp("locked"))


def test_jobs_are_refused_with_when_to_ask_again(found: Locked) -> None:
    for status, headers, body in found.refused:
        assert (status, body["type"]) == (503, "/problems/jobs-unreachable")
        assert int(headers["Retry-After"]) > 0
        assert "another process keeps their database to itself" in body["detail"]


def test_forecasts_and_the_status_are_answered_meanwhile(found: Locked) -> None:
    assert found.forecast[0] == 200
    assert (found.status[0], found.status[2]["jobs"]) == (200, None)


def test_a_command_says_what_is_wrong(found: Locked) -> None:
    assert found.told.returncode == 1
    assert found.told.stderr.startswith("sectorcast: Jobs and schedules can't be reached: another process keeps")


def test_the_job_that_ran_meanwhile_ends_well_and_ran_once(found: Locked) -> None:
    assert found.job[2]["vintage"] == f"v-{found.job_id}"
    assert found.starts.count(found.job_id) == 1


def test_an_order_that_was_refused_is_taken_once_when_it_is_sent_again(found: Locked) -> None:
    first, second = found.again

    assert first[0] == second[0] == 202
    assert first[2]["job_id"] == second[2]["job_id"]
    assert len(found.starts) == 2
