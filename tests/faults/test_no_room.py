"""A disk without room while a vintage is published, while a hand puts one in service, while figures come in."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import PlaceUnusable
from forecaster.domain.history import PROMOTED, Cause
from forecaster.domain.ports import Job
from tests.adapters.test_published_vintages import FIRST, SECOND
from tests.adapters.working import Worker, ended, wait_for
from tests.faults.living import sectorcast, settings
from tests.homes import Homes
from tests.running import NOW, figures
from tests.vintages import tiny_vintage

pytestmark = pytest.mark.long

HEAD = "series_id,period_start,period_end,basis,value,unit,released_at,url"


class Crowded:
    """A job that found no room to publish, and the one after it, which did."""

    def __init__(self, home: Path) -> None:
        self.vintages = PublishedVintages(home / "vintages")
        DeltaReports(str(home / "reports")).append(figures(), ingested_at=NOW)
        address = f"sqlite:///{home / 'jobs.db'}"
        program = ["-m", "tests.faults.crowded_run"]
        with DbosJobs(address, clock=lambda: NOW) as jobs, Worker(address, folder=home, program=program):
            self.failed = self._done(jobs)
            self.left = sorted(os.listdir(self.vintages.root))  # noqa: PTH208  # names are what is compared
            (home / "room").touch()
            self.succeeded = self._done(jobs)
        mlflow = MlflowClient(f"sqlite:///{home / 'mlflow.db'}", registry_uri=f"sqlite:///{home / 'mlflow.db'}")
        experiment = mlflow.get_experiment_by_name("sectorcast/tiny").experiment_id
        self.runs = {
            run.data.tags["sectorcast.job_id"]: run.info.status
            for run in mlflow.search_runs([experiment])
            if "mlflow.parentRunId" not in run.data.tags
        }

    @staticmethod
    def _done(jobs: DbosJobs) -> Job:
        job_id = jobs.start("production")
        return wait_for(lambda: ended(jobs.job(job_id)), seconds=180)


@pytest.fixture(scope="module")
def crowded(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> Crowded:
    return Crowded(homes.begin(tmp_path_factory.mktemp("crowded")))


def test_the_job_fails_with_the_place_the_reason_and_what_to_do(crowded: Crowded) -> None:
    told = crowded.failed.detail or ""

    assert crowded.failed.state == "failed"
    assert f"The folder of vintages {crowded.vintages.root} can't be used: File too large." in told
    assert "ulimit -f" in told


def test_nothing_half_written_is_left(crowded: Crowded) -> None:
    assert crowded.left == [".lock"]


def test_the_next_job_publishes_where_there_is_room(crowded: Crowded) -> None:
    assert crowded.succeeded.state == "succeeded"
    assert [issue.vintage_id for issue in crowded.vintages.issues()] == [crowded.succeeded.vintage]


def test_mlflow_shows_the_one_as_failed_and_the_other_as_finished(crowded: Crowded) -> None:
    assert crowded.runs == {crowded.failed.job_id: "FAILED", crowded.succeeded.job_id: "FINISHED"}


def test_a_pointer_without_room_leaves_service_as_it_was(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    for vintage_id in (FIRST, SECOND):
        store.publish(tiny_vintage(vintage_id))
    full = tmp_path / f".CURRENT-{os.getpid()}"
    full.symlink_to("/dev/full")  # where the next pointer is written

    with pytest.raises(PlaceUnusable, match=r"No space left on device\. .*Free some room there"):
        KeptVintages(store).serve(FIRST, cause=Cause(PROMOTED, "by hand", "ana"))

    assert store.current().issue.vintage_id == SECOND
    assert not full.is_symlink()
    KeptVintages(store).serve(FIRST, cause=Cause(PROMOTED, "by hand", "ana"))
    assert store.current().issue.vintage_id == FIRST


def test_a_history_without_room_is_written_by_the_next_change(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    for vintage_id in (FIRST, SECOND):
        store.publish(tiny_vintage(vintage_id))
    (tmp_path / f".HISTORY-{os.getpid()}").symlink_to("/dev/full")

    KeptVintages(store).serve(FIRST, cause=Cause(PROMOTED, "by hand", "ana"))

    in_between = [event.vintage_id for event in KeptVintages(store).events()]
    KeptVintages(store).serve(SECOND, cause=Cause(PROMOTED, "by hand", "ana"))
    assert in_between == [FIRST, SECOND, FIRST]
    assert len((tmp_path / "HISTORY").read_text().splitlines()) == 4


@pytest.mark.parametrize("blocks", [32, 100])  # of 1024 bytes: less than the probe takes, and than the table's file
def test_a_release_that_finds_no_room_is_stored_not_at_all(tmp_path: Path, blocks: int) -> None:
    environment, chance = settings(tmp_path / "home"), random.Random(5)
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    line = "ev.production.CN,2024-03,2024-03,month,{},vehicles,2024-04-16,https://bureau.example/{}"
    small.write_text("\n".join([HEAD, line.format(151, "a")]) + "\n")
    rows = [line.format(151 + at, f"{chance.getrandbits(400):x}") for at in range(3000)]
    large.write_text("\n".join([HEAD, *rows]) + "\n")
    assert sectorcast(environment, "ingest", str(small)).returncode == 0
    store = DeltaReports(str(tmp_path / "home" / "reports"))
    before = store.version()

    command = f'ulimit -f {blocks}; exec "{sys.executable}" -m forecaster ingest "{large}"'
    refused = subprocess.run(["/bin/bash", "-c", command], env=environment, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert "can't be used: File too large. Nothing was stored." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert store.version() == before
    again = sectorcast(environment, "ingest", str(large))
    assert again.returncode == 0, again.stderr
    assert store.read(as_of=NOW.replace(year=2027)).height > 1
