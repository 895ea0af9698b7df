"""MLflow goes away in the middle of a run and stays away: nothing is lost, and nobody who is served notices."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.kept_vintages import kept_under
from forecaster.adapters.lasting_run_log import LastingRunLog
from forecaster.adapters.late_records import LateRecords
from forecaster.adapters.mlflow_client_alias import MlflowClientAlias
from forecaster.adapters.mlflow_run_log import MlflowRunLog
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.recorded_before import PARENT_TAG, RUN_TAG, own_id
from forecaster.adapters.unrecorded_runs import UnrecordedRuns
from forecaster.catching_up import catch_up
from forecaster.domain.experiment import Gate
from forecaster.domain.ports import Engine
from forecaster.domain.unrecorded import Caught
from forecaster.training import Order, Ports, Result, run
from tests.catalogues import catalogue
from tests.faults.serving import Server
from tests.homes import Homes
from tests.running import EXPERIMENT, NOW, figures

pytestmark = pytest.mark.long

EV = "ev.production.CN"
FIRST = Order(experiment=EXPERIMENT, as_of=NOW, issued_at=NOW)
SECOND = replace(
    FIRST,
    experiment=replace(EXPERIMENT, gate=Gate("always")),
    issued_at=NOW + timedelta(days=1),
    sectors=["ev"],
    job_id="job-b",
    resumes=True,
)
CHILDREN = 4  # of a sector: its candidates and their combination


class Clock:
    """An instant that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class DyingLog(MlflowRunLog):
    """The real run log; MLflow is killed when all of a record is written but the model."""

    die: Callable[[], None]

    def _keep_model(self, run_id: str, folder: Path, *, registered_as: str | None) -> str:
        self.die()
        return super()._keep_model(run_id, folder, registered_as=registered_as)


class Outage:
    """Two runs without MLflow, requests to the service meanwhile, and how MLflow caught up."""

    def __init__(self, home: Path, *, engine: Engine, mlflow: Server, service: Server) -> None:
        self.home, self.mlflow, self.clock = home, mlflow, Clock()
        self.runs = UnrecordedRuns(home / "unrecorded")
        self.told: list[str] = []
        DeltaReports(str(home / "reports")).append(figures(), ingested_at=NOW)
        self.ports = Ports(
            reports=DeltaReports(str(home / "reports")),
            engine=engine,
            run_log=self.log(),
            vintages=PublishedVintages(home / "vintages"),
        )
        self.first = self.run(FIRST)
        self.second = self.run(SECOND)
        self.waiting = self.runs.waiting()
        with service:
            self.answers = self.requests(service)
            with mlflow:
                self.halfway = self.caught_up()
            with mlflow:
                self.by_command = self.record()
                self.client = MlflowClient(mlflow.address, registry_uri=mlflow.address)
                self.seen: dict[str, Any] = {
                    "runs": self.recorded(),
                    "points": {run_id: self.points(run_id) for run_id in self.recorded()},
                    "versions": {one.run_id: one.version for one in self.client.search_model_versions()},
                    "champion": self.client.get_model_version_by_alias("sectorcast", "champion").version,
                }
                self.again = self.record()
            self.after = service.ask("/v1/status")[1]

    def open_log(self) -> DyingLog:
        log = DyingLog(self.mlflow.address, artifacts=None, reports="reports", now_ms=1)
        log.die = self.mlflow.kill
        return log

    def log(self) -> LastingRunLog:
        return LastingRunLog(
            self.mlflow.address,
            open_log=self.open_log,
            runs=self.runs,
            reports="reports",
            beside=ThreadPoolExecutor(1),
            clock=self.clock,
            told=self.told.append,
        )

    def run(self, order: Order) -> Result:
        """A run of ten minutes by its clock."""
        self.clock.at = order.issued_at

        def progress(line: str) -> None:
            if line == "recording the run":
                self.clock.at = order.issued_at + timedelta(minutes=10)

        return run(order, ports=self.ports, catalogue=catalogue(), progress=progress)

    def requests(self, service: Server) -> dict[str, tuple[int, dict[str, Any]]]:
        key = (self.home / "api-key").read_text().strip()
        answers = {
            path: service.ask(path)
            for path in (f"/v1/forecasts/{EV}?horizon=6", f"/v1/series/{EV}/observations", "/v1/status", "/v1/models")
        }
        back = {"reason": "while MLflow is away"}
        return {**answers, "rollback": service.ask("/v1/models:rollback", body=back, key=key)}

    def caught_up(self) -> Caught:
        late = LateRecords(self.mlflow.address, open_log=self.open_log, runs=self.runs)
        kept, aliases = kept_under(self.home / "vintages"), MlflowClientAlias(self.mlflow.address)
        return catch_up(records=late, kept=kept, aliases=aliases, progress=lambda _: None)

    def record(self) -> dict[str, Any]:
        """What `sectorcast record` answers, in a process of its own."""
        given = {"SECTORCAST_HOME": str(self.home), "SECTORCAST_MLFLOW_URI": self.mlflow.address}
        command = [sys.executable, "-m", "forecaster", "record", "--json"]
        done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def recorded(self) -> dict[str, Run]:
        experiment = self.client.get_experiment_by_name("sectorcast/tiny")
        return {found.info.run_id: found for found in self.client.search_runs([experiment.experiment_id])}

    def points(self, run_id: str) -> list[tuple[str, int]]:
        keys = self.client.get_run(run_id).data.metrics
        return [(one.key, one.step) for key in keys for one in self.client.get_metric_history(run_id, key)]

    def parent(self, result: Result) -> Run:
        """The run of MLflow that a result is found by."""
        (found,) = (
            one
            for one in self.seen["runs"].values()
            if PARENT_TAG not in one.data.tags and result.run_id in (one.info.run_id, one.data.tags[RUN_TAG])
        )
        assert isinstance(found, Run)
        return found


@pytest.fixture(scope="module")
def outage(homes: Homes, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    home = homes.begin(tmp_path_factory.mktemp("outage"))
    mlflow = Server("mlflow", home=home, ready="/health", port_setting="MLFLOW_PORT")
    service = Server("serve", home=home, ready="/healthz", port_setting="PORT", MLFLOW_URI=mlflow.address)
    with mlflow:
        yield Outage(home, engine=engine, mlflow=mlflow, service=service)


def test_a_run_whose_mlflow_dies_in_the_middle_of_its_record_is_published_and_waits(outage: Outage) -> None:
    issue = outage.ports.vintages.whole(outage.first.vintage_id or "")

    assert issue is not None
    assert (outage.first.recorded, issue.issue.model_version, issue.issue.run_id) == (False, "", outage.first.run_id)
    assert any("recorded there later" in line for line in outage.told)


def test_a_run_without_mlflow_from_its_start_is_decided_on_as_ever(outage: Outage) -> None:
    assert outage.second.vintage_id is not None
    assert (outage.second.recorded, outage.second.run_id) == (False, own_id("job-b"))
    assert outage.second.decision.by_sector["sector"].to_list() == ["ev", "all"]
    assert [one.run_id for one in outage.waiting] == [outage.first.run_id, outage.second.run_id]


def test_nobody_who_asks_the_service_notices(outage: Outage) -> None:
    status = outage.answers["/v1/status"][1]

    assert {name: code for name, (code, _) in outage.answers.items() if code != 200} == {}
    assert (status["unrecorded"], status["vintage"]["recorded"]) == (2, False)
    assert outage.answers["rollback"][1]["vintage"] == outage.first.vintage_id


def test_recording_that_breaks_off_halfway_leaves_both_runs_waiting(outage: Outage) -> None:
    assert outage.halfway.recorded == ()
    assert len(outage.halfway.left) == 2


def test_each_run_is_recorded_once_and_whole_when_mlflow_is_back(outage: Outage) -> None:
    first, second = outage.parent(outage.first), outage.parent(outage.second)
    children: dict[str, list[str]] = {}
    for found in outage.seen["runs"].values():
        if PARENT_TAG in found.data.tags:
            children.setdefault(found.data.tags[PARENT_TAG], []).append(found.info.run_name)

    assert outage.by_command["recorded"] == [outage.first.run_id, outage.second.run_id]
    assert {found.info.status for found in outage.seen["runs"].values()} == {"FINISHED"}
    assert {key: len(set(names)) for key, names in children.items()} == {
        first.info.run_id: 2 * CHILDREN,
        second.info.run_id: CHILDREN,
    }
    assert sum(len(names) for names in children.values()) == 3 * CHILDREN
    assert len(outage.seen["runs"]) == 2 + 3 * CHILDREN
    assert all(len(points) == len(set(points)) > 0 for points in outage.seen["points"].values())
    assert set(outage.seen["versions"]) == {first.info.run_id, second.info.run_id}
    assert len(first.inputs.dataset_inputs) == len(second.inputs.dataset_inputs) == 1


def test_a_run_that_is_recorded_late_began_and_ended_when_it_did(outage: Outage) -> None:
    second, begun = outage.parent(outage.second).info, int(SECOND.issued_at.timestamp() * 1000)
    parts = [one.info for one in outage.seen["runs"].values() if one.data.tags.get(PARENT_TAG) == second.run_id]

    assert {(one.start_time, one.end_time) for one in (second, *parts)} == {(begun, begun + 600_000)}
    assert outage.parent(outage.second).data.tags["sectorcast.job_id"] == "job-b"


def test_a_choice_that_was_made_meanwhile_is_not_undone(outage: Outage) -> None:
    versions = {issue.vintage_id: issue.model_version for issue in kept_under(outage.home / "vintages").issues()}

    assert outage.after["vintage"]["id"] == outage.first.vintage_id
    assert outage.seen["champion"] == outage.seen["versions"][outage.parent(outage.first).info.run_id]
    assert versions == {
        outage.first.vintage_id: outage.seen["versions"][outage.parent(outage.first).info.run_id],
        outage.second.vintage_id: outage.seen["versions"][outage.parent(outage.second).info.run_id],
    }


def test_nothing_waits_any_more_and_asking_again_does_nothing(outage: Outage) -> None:
    assert outage.after["unrecorded"] == 0
    assert outage.again == {"recorded": [], "left": [], "waiting": 0}
    assert [path.name for path in outage.runs.root.iterdir()] == [".lock"]
