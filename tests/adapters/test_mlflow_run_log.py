"""Runs that do not end well, in a real MLflow store."""

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from forecaster.adapters.mlflow_endings import end_runs
from forecaster.adapters.mlflow_run_log import MlflowRunLog
from forecaster.adapters.recorded_before import JOB_TAG, PARENT_TAG
from tests.homes import Homes


@pytest.fixture(scope="module")
def store(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{homes.begin(tmp_path_factory.mktemp('mlflow')) / 'mlflow.db'}"


@pytest.fixture
def log(store: str, tmp_path: Path) -> MlflowRunLog:
    return MlflowRunLog(store, artifacts=tmp_path, reports="reports", now_ms=1)


def child(client: MlflowClient, parent: str, *, job_id: str = "") -> str:
    """A child run that is going on."""
    tags = {PARENT_TAG: parent, **({JOB_TAG: job_id} if job_id else {})}
    return str(client.create_run(client.get_run(parent).info.experiment_id, tags=tags).info.run_id)


@pytest.mark.parametrize(("killed", "status"), [(True, "KILLED"), (False, "FAILED")])
def test_a_run_that_fails_is_closed_with_its_children_and_its_reason(
    log: MlflowRunLog, store: str, killed: bool, status: str
) -> None:
    client = MlflowClient(store)
    run_id, other = log.begin("one", job_id=None), log.begin("one", job_id=None)
    children = [child(client, run_id), child(client, other)]
    client.set_terminated(ended := child(client, run_id))

    log.fail(run_id, reason="No: there was none.", killed=killed)

    found = [client.get_run(name).info.status for name in (run_id, children[0], ended, other, children[1])]
    assert found == [status, status, "FINISHED", "RUNNING", "RUNNING"]
    assert client.get_run(run_id).data.tags["mlflow.note.content"] == "No: there was none."


def test_what_a_killed_job_left_is_closed_with_its_children_when_it_begins_again(log: MlflowRunLog, store: str) -> None:
    client = MlflowClient(store)
    left = log.begin("two", job_id="job-1")
    its_child, another = child(client, left, job_id="job-1"), log.begin("two", job_id="job-2")

    again = log.begin("two", job_id="job-1")

    found = [client.get_run(name).info.status for name in (left, its_child, another, again)]
    assert found == ["KILLED", "KILLED", "RUNNING", "RUNNING"]


def test_what_a_job_left_open_is_ended_as_killed_and_nothing_else(log: MlflowRunLog, store: str) -> None:
    client = MlflowClient(store)
    finished = log.begin("three", job_id="job-3")
    client.set_terminated(finished)
    left = log.begin("three", job_id="job-3")
    its_child, another = child(client, left, job_id="job-3"), log.begin("four", job_id="job-4")

    ended, again = (end_runs(store, job_id="job-3") for _ in range(2))

    assert (ended, again) == (2, 0)
    found = [client.get_run(name).info.status for name in (finished, left, its_child, another)]
    assert found == ["FINISHED", "KILLED", "KILLED", "RUNNING"]
