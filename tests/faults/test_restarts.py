"""Worker and API killed in the same moment, while a job runs and a reader asks on and on; both started again."""

import threading
import urllib.error
from collections import Counter
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from typing import Self

import pytest

from forecaster.adapters.published_vintages import PublishedVintages
from tests.adapters.working import Worker, wait_for
from tests.faults.living import Api, settings
from tests.vintages import EV, LFP, tiny_vintage

LEVELS = {"before": 1_000_000.0}
AFTER = 2_000_000.0
PROGRAM = ["-m", "tests.faults.publishing_run"]


class Reader:
    """Asks for all forecasts without a pause, within the block, and keeps what was wrong with any answer."""

    def __init__(self, api: Api) -> None:
        self._api, self._done = api, threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.refused = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._done.is_set():
            try:
                status, _, body = self._api.get("/v1/forecasts?horizon=1")
            except (urllib.error.URLError, ConnectionError, HTTPException):
                self.refused += 1
                continue
            if status != 200:
                self.wrong.append(f"{status}: {body}")
                continue
            vintage = body["vintage"]["id"]
            figures = {item["series_id"]: item["points"][0]["mean"] for item in body["items"]}
            if figures != {LFP: 90.9, EV: LEVELS.get(vintage, AFTER) * 1.01}:
                self.wrong.append(f"{vintage}: {figures}")
            self.seen[vintage] += 1


class Restarted:
    """The service after both were killed and started again, and the job has ended."""

    def __init__(self, home: Path) -> None:
        environment = settings(home)
        self.store = PublishedVintages(home / "vintages")
        self.store.publish(tiny_vintage("before", level=LEVELS["before"]), by="hand")
        address = f"sqlite:///{home / 'jobs.db'}"
        api, starts = Api(environment), home / "starts"
        with ExitStack() as held, Reader(api) as self.reader:
            with api, Worker(address, folder=home, program=PROGRAM) as worker:
                self.job_id = api.post("/v1/jobs", {}, Idempotency_Key="once")[2]["job_id"]
                wait_for(starts.exists)
                wait_for(lambda: self.reader.seen["before"])
                worker.process.kill()
                api.kill()
            held.enter_context(api)
            held.enter_context(Worker(address, folder=home, program=PROGRAM))
            wait_for(lambda: len(starts.read_text().splitlines()) == 2)
            self.same = api.post("/v1/jobs", {}, Idempotency_Key="once")[2]["job_id"]
            (home / "go").touch()
            self.job = wait_for(lambda: self._ended(api))
            wait_for(lambda: self.reader.seen[f"v-{self.job_id}"])
        self.starts = starts.read_text().splitlines()

    def _ended(self, api: Api) -> dict[str, str] | None:
        job: dict[str, str] = api.get(f"/v1/jobs/{self.job_id}")[2]
        return job if job["state"] not in ("queued", "running") else None


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Restarted:
    return Restarted(tmp_path_factory.mktemp("restarted"))


def test_the_job_is_resumed_and_ends_in_one_vintage(restarted: Restarted) -> None:
    assert restarted.job["state"] == "succeeded"
    assert restarted.starts == [restarted.job_id] * 2
    assert {issue.vintage_id for issue in restarted.store.issues()} == {"before", f"v-{restarted.job_id}"}
    assert restarted.store.current().issue.vintage_id == f"v-{restarted.job_id}"


def test_the_order_sent_again_after_the_restart_is_the_same_job(restarted: Restarted) -> None:
    assert restarted.same == restarted.job_id


def test_a_reader_is_refused_the_connection_or_gets_a_whole_answer_of_one_vintage(restarted: Restarted) -> None:
    assert restarted.reader.wrong == []
    assert restarted.reader.refused > 0
    assert set(restarted.reader.seen) == {"before", f"v-{restarted.job_id}"}
