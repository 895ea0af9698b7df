"""A job whose worker is killed at one place after the other: it ends as if nothing had happened."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from forecaster.adapters.dbos_jobs import DbosJobs
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.recorded_before import JOB_TAG, PARENT_TAG
from forecaster.domain.ports import Engine, Job
from forecaster.domain.vintage import Vintage
from forecaster.training import run
from tests.adapters.working import Worker, alive, ended, wait_for
from tests.catalogues import catalogue
from tests.homes import Homes
from tests.interrupting import ORDER, PROGRAM
from tests.reports import report, reports
from tests.running import NOW, LogInMemory, figures, ports

pytestmark = pytest.mark.long

PLACES = ("ev: 4 of 4", "decision:", "crown")
"""Within the fits, after the record, after the publication."""


class Interrupted:
    """A job that was killed at each place, and how it ended."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.address = f"sqlite:///{home / 'jobs.db'}"
        store = DeltaReports(str(home / "reports"))
        store.append(figures(), ingested_at=NOW)
        with DbosJobs(self.address, clock=lambda: NOW) as jobs:
            self.job_id = jobs.start("production")
            self.kill_at_once()
            for place in PLACES:
                self.kill_at(place)
            store.append(reports(report("ev.production.CN", "2024-03", "2024-03", 9e9)), ingested_at=NOW)
            with self.worker():
                self.job = wait_for(lambda: ended(jobs.job(self.job_id)), seconds=120)
            self.lines = jobs.progress(self.job_id)

    def worker(self) -> Worker:
        return Worker(self.address, folder=self.home, program=PROGRAM)

    def kill_at_once(self) -> None:
        """Kill the worker as soon as the run is a process: the snapshot is taken, and nothing else."""
        with self.worker() as worker:
            wait_for(lambda: f"Job {self.job_id} runs" in (self.home / "worker.log").read_text())
            worker.process.kill()

    def kill_at(self, place: str) -> None:
        """Kill the worker when the run has come to a place."""
        with self.stopped_at(place) as (worker, pid):
            worker.process.kill()
            wait_for(lambda: not alive(pid))

    @contextmanager
    def stopped_at(self, place: str) -> Iterator[tuple[Worker, int]]:
        """A worker whose run, of this process id, has come to a place and stays there."""
        stopped, stop_at = self.home / "stopped", self.home / "stop-at"
        stop_at.write_text(place)
        with self.worker() as worker:
            wait_for(stopped.exists, seconds=120)
            yield worker, int(stopped.read_text())
        for file in (stopped, stop_at):
            file.unlink()


@pytest.fixture(scope="module")
def interrupted(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    return Interrupted(homes.begin(tmp_path_factory.mktemp("interrupted")))


@pytest.fixture(scope="module")
def client(interrupted: Interrupted) -> MlflowClient:
    address = f"sqlite:///{interrupted.home / 'mlflow.db'}"
    return MlflowClient(address, registry_uri=address)


def vintage_of(job: Job, home: Path) -> Vintage:
    found = PublishedVintages(home / "vintages").whole(job.vintage or "")
    assert found is not None
    return found


def runs_of(client: MlflowClient, job_id: str) -> list[Run]:
    found = client.search_runs([client.get_experiment_by_name("sectorcast/tiny").experiment_id])
    return [run for run in found if run.data.tags[JOB_TAG] == job_id]


def test_the_job_succeeds_and_says_where_it_was_resumed(interrupted: Interrupted) -> None:
    assert interrupted.job.state == "succeeded"
    assert interrupted.job.decision == "Nothing was in service."
    assert interrupted.lines[-1].line == "settled before this job was interrupted: Nothing was in service."


def test_no_chunk_that_was_finished_is_done_again(interrupted: Interrupted) -> None:
    finished = [re.match(r"(ev|solar): (\d+) of \2 cutoffs", line.line) for line in interrupted.lines]

    counted = Counter(found[1] for found in finished if found)
    assert counted["ev"] <= counted["solar"] == 1  # of a killed worker the last line may be lost


def test_its_forecasts_are_those_of_an_undisturbed_run_on_the_figures_of_its_start(
    interrupted: Interrupted, engine: Engine, tmp_path: Path
) -> None:
    disturbed = vintage_of(interrupted.job, interrupted.home)
    at = disturbed.issue.issued_at
    with ports(tmp_path, engine=engine) as real:
        order = replace(ORDER, issued_at=at, resumes=False)

        run(order, ports=replace(real, run_log=LogInMemory()), catalogue=catalogue(), progress=lambda _: None)

        undisturbed = real.vintages.whole_in_service()
    assert undisturbed is not None
    for name, frame in undisturbed.frames().items():
        assert disturbed.frames()[name].equals(frame), name


def test_it_has_one_vintage_one_line_of_history_and_one_model_version(
    interrupted: Interrupted, client: MlflowClient
) -> None:
    vintages = PublishedVintages(interrupted.home / "vintages")

    lines = (interrupted.home / "vintages" / "HISTORY").read_text().splitlines()

    assert [issue.vintage_id for issue in vintages.issues()] == [interrupted.job.vintage]
    assert len(lines) == 1
    versions = client.search_model_versions("name = 'sectorcast'")
    assert [version.run_id for version in versions] == [interrupted.job.run_id]
    assert client.get_model_version_by_alias("sectorcast", "champion").version == versions[0].version


def test_a_job_that_is_cancelled_within_its_backtest_ends_its_run_and_leaves_what_is_in_service(
    interrupted: Interrupted, client: MlflowClient
) -> None:
    vintages, history = interrupted.home / "vintages", interrupted.home / "vintages" / "HISTORY"
    before = history.read_bytes()
    with DbosJobs(interrupted.address, clock=lambda: NOW) as jobs:
        job_id = jobs.start("production")
        with interrupted.stopped_at("solar: ") as (_, pid):
            jobs.cancel(job_id)
            wait_for(lambda: not alive(pid))
        job = jobs.job(job_id)

    assert job is not None
    assert job.state == "cancelled"
    assert [found.info.status for found in runs_of(client, job_id)] == ["KILLED"]
    assert PublishedVintages(vintages).current().issue.vintage_id == interrupted.job.vintage
    assert history.read_bytes() == before
    assert client.get_model_version_by_alias("sectorcast", "champion").run_id == interrupted.job.run_id


def test_it_has_one_run_in_mlflow_with_nothing_doubled(interrupted: Interrupted, client: MlflowClient) -> None:
    runs = runs_of(client, interrupted.job_id)
    (parent,) = [found for found in runs if PARENT_TAG not in found.data.tags]
    children = [found.info.run_name for found in runs if PARENT_TAG in found.data.tags]
    points = [
        (point.key, point.step)
        for found in runs
        for key in found.data.metrics
        for point in client.get_metric_history(found.info.run_id, key)
        if found.info.run_id == parent.info.run_id
    ]

    assert parent.info.run_id == interrupted.job.run_id
    assert {found.info.status for found in runs} == {"FINISHED"}
    assert len(children) == len(set(children)) > 0
    assert len(points) == len(set(points)) > 0
    assert len(client.search_logged_models([parent.info.experiment_id])) == 1
    assert len(parent.inputs.dataset_inputs) == 1
