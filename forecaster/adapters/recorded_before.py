"""What a killed attempt of a job has left in MLflow, so that the next one goes on with it and doubles nothing."""

import hashlib
from uuid import uuid4

from mlflow.entities import LifecycleStage, Run, RunStatus
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.tracking import MlflowClient

PARENT_TAG = "mlflow.parentRunId"
JOB_TAG = "sectorcast.job_id"
RUN_TAG = "sectorcast.run_id"
"""By what a run is found that was begun while MLflow was out of reach: MLflow gives ids of its own."""

MISSING = ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)


def own_id(job_id: str | None) -> str:
    """The id of a run that MLflow gave none: always the same of a job that is resumed."""
    return hashlib.sha256(f"run of {job_id}".encode()).hexdigest()[:32] if job_id is not None else uuid4().hex


def run_of_job(client: MlflowClient, experiment_id: str, *, job_id: str) -> str | None:
    """The run that a job has begun, opened again unless it was recorded to its end; None if it has none."""
    found = client.search_runs(
        [experiment_id], f"tags.`{JOB_TAG}` = '{job_id}'", order_by=["attributes.start_time DESC"]
    )
    runs = [run for run in found if PARENT_TAG not in run.data.tags]
    if not runs:
        return None
    run_id = str(runs[0].info.run_id)
    if runs[0].info.status != RunStatus.to_string(RunStatus.FINISHED):
        client.update_run(run_id, status=RunStatus.to_string(RunStatus.RUNNING))
    return run_id


def run_begun_as(client: MlflowClient, experiment_id: str, *, run_id: str, job_id: str | None) -> str | None:
    """The run of an id, MLflow's or ours; else one that still runs for the job; None without either.

    Of a job that is resumed, any: an earlier attempt may have recorded it to its end, and died before it published.
    """
    there = existing(client, run_id)
    if there is None:
        there = next(iter(client.search_runs([experiment_id], f"tags.`{RUN_TAG}` = '{run_id}'")), None)
    if there is None and job_id is not None:
        state = "" if run_id == own_id(job_id) else " and attributes.status = 'RUNNING'"
        of_job = f"tags.`{JOB_TAG}` = '{job_id}'{state}"
        found = client.search_runs([experiment_id], of_job, order_by=["attributes.start_time DESC"])
        there = next((run for run in found if PARENT_TAG not in run.data.tags), None)
        if there is not None:
            client.set_tag(there.info.run_id, RUN_TAG, run_id)  # so that it is found by it the next time
    return None if there is None else str(there.info.run_id)


def existing(client: MlflowClient, run_id: str) -> Run | None:
    """The run of MLflow's id; None where there is none, or it was deleted."""
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != MISSING:
            raise
        return None
    return run if run.info.lifecycle_stage == LifecycleStage.ACTIVE else None


def children_of(client: MlflowClient, run_id: str) -> dict[str, str]:
    """Name -> id of the child runs that are there already."""
    run = client.get_run(run_id)
    found: list[Run] = client.search_runs([run.info.experiment_id], f"tags.`{PARENT_TAG}` = '{run_id}'")
    return {str(child.info.run_name): str(child.info.run_id) for child in found}


def version_of(client: MlflowClient, run_id: str, *, model: str) -> str | None:
    """The version of a model that was registered for a run; None if none was."""
    found = client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
    return str(found[0].version) if found else None


def remove_unregistered(client: MlflowClient, run_id: str) -> None:
    """Remove the models that a run has logged and not come to register."""
    experiment_id = client.get_run(run_id).info.experiment_id
    for logged in client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'"):
        client.delete_logged_model(logged.model_id)
