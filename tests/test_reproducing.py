"""A recorded run again, from nothing but its record."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from forecaster.adapters.recorded_runs import RecordedRuns
from forecaster.adapters.run_artifacts import CATALOGUE, EXPERIMENT
from forecaster.domain.errors import NotReproducible, StoreVersionGone, UnknownRun
from forecaster.domain.experiment_text import experiment_text
from forecaster.domain.ports import Engine
from forecaster.reproducing import RecordedRun, reproduce
from forecaster.training import Order, Ports, run
from tests import catalogues, running
from tests.homes import Homes
from tests.reports import report, reports

ORDER = Order(
    experiment=running.EXPERIMENT,
    as_of=running.NOW,
    issued_at=running.NOW,
    sectors=["ev"],
    code_version="test",
    inputs={EXPERIMENT: experiment_text(running.EXPERIMENT), CATALOGUE: catalogues.DECLARED},
    environment={"python": "3.11"},
)


@dataclass(frozen=True)
class Home:
    """A finished run and what came after it."""

    ports: Ports
    runs: RecordedRuns
    client: MlflowClient
    run_id: str

    @property
    def recorded(self) -> RecordedRun:
        return self.runs.find(self.run_id)


@pytest.fixture(scope="module")
def home(homes: Homes, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = homes.begin(tmp_path_factory.mktemp("home"))
    address = f"sqlite:///{folder / 'mlflow.db'}"
    with running.ports(folder, engine=engine) as real:
        ran = run(ORDER, ports=real, catalogue=catalogues.catalogue(), progress=lambda _: None)
        late = report("ev.production.CN", "2024-04", "2024-04", 1.0, released="2024-05-16")
        real.reports.append(reports(late), ingested_at=running.NOW + timedelta(days=1))
        yield Home(real, RecordedRuns(address), MlflowClient(address), ran.run_id)


def test_the_record_says_how_the_run_came_about(home: Home) -> None:
    recorded = home.recorded

    assert recorded.experiment == running.EXPERIMENT
    assert recorded.catalogue == catalogues.catalogue()
    assert (recorded.as_of, recorded.sectors, recorded.code_version) == (running.NOW, ["ev"], "test")
    assert recorded.environment == {"python": "3.11"}


def test_a_run_gives_the_same_numbers_again_whatever_came_into_the_store_since(home: Home) -> None:
    found = reproduce(home.recorded, reports=home.ports.reports, engine=home.ports.engine, progress=lambda _: None)

    assert found.is_none
    assert (found.series, found.numbers) == (1, 6 * 14)


def test_without_that_version_of_the_store_reports_are_taken_by_when_they_were_stored(home: Home) -> None:
    lines: list[str] = []
    gone = replace(home.recorded, store_version="another-table@1")

    found = reproduce(gone, reports=home.ports.reports, engine=home.ports.engine, progress=lines.append)

    assert found.is_none
    assert "another table" in lines[0]


def test_a_changed_experiment_gives_other_numbers(home: Home) -> None:
    other = replace(running.EXPERIMENT, combination="median", candidates=running.EXPERIMENT.candidates[1:])

    found = reproduce(
        replace(home.recorded, experiment=other),
        reports=home.ports.reports,
        engine=home.ports.engine,
        progress=lambda _: None,
    )

    assert found.differing > 0
    assert found.worst is not None


def test_a_store_that_gives_other_reports_is_refused(home: Home) -> None:
    now = replace(home.recorded, store_version=home.ports.reports.version())

    with pytest.raises(NotReproducible, match="gives other reports"):
        reproduce(now, reports=home.ports.reports, engine=home.ports.engine, progress=lambda _: None)


def test_a_version_that_is_gone_is_told_where_nothing_else_tells_the_reports(home: Home) -> None:
    gone = replace(home.recorded, store_version="another-table@1", ingested_by=None)

    with pytest.raises(StoreVersionGone, match="another table"):
        reproduce(gone, reports=home.ports.reports, engine=home.ports.engine, progress=lambda _: None)


def test_what_is_no_whole_run_is_refused_with_the_reason(home: Home) -> None:
    of_run = f"tags.`mlflow.parentRunId` = '{home.run_id}'"
    child = home.client.search_runs([home.client.get_run(home.run_id).info.experiment_id], of_run)[0].info.run_id
    failed = home.ports.run_log.begin("tiny", job_id=None)
    home.ports.run_log.fail(failed, reason="no", killed=False)

    with pytest.raises(UnknownRun, match="'nope'"):
        home.runs.find("nope")
    with pytest.raises(NotReproducible, match=f"part of run {home.run_id}"):
        home.runs.find(child)
    with pytest.raises(NotReproducible, match="ended as FAILED"):
        home.runs.find(failed)


def test_a_run_that_kept_no_inputs_is_refused(home: Home) -> None:
    order = replace(ORDER, inputs={}, issued_at=running.NOW + timedelta(days=1), as_of=running.NOW - timedelta(days=30))
    ran = run(order, ports=home.ports, catalogue=catalogues.catalogue(), progress=lambda _: None)

    with pytest.raises(NotReproducible, match=r"lacks inputs/experiment\.toml"):
        home.runs.find(ran.run_id)


def test_the_record_keeps_surroundings_and_the_time_of_each_phase(home: Home, tmp_path: Path) -> None:
    data = home.client.get_run(home.run_id).data

    assert data.tags["env.python"] == "3.11"
    phases = ("panel", "variants", "models", "combination", "vintage", "champion")
    assert data.metrics["wall_seconds"] == pytest.approx(sum(data.metrics[f"wall_seconds.{name}"] for name in phases))
    both = data.metrics["cpu_seconds.models"] + data.metrics["cpu_seconds.own"]
    assert data.metrics["cpu_seconds"] == pytest.approx(both)
