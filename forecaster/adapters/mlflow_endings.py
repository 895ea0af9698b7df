"""Runs that a job has left open in MLflow, and nobody goes on with."""

from mlflow.entities import RunStatus

from forecaster.adapters.mlflow_client import quiet_client
from forecaster.adapters.mlflow_run_log import EXPERIMENTS
from forecaster.adapters.recorded_before import JOB_TAG


def end_runs(address: str, *, job_id: str) -> int:
    """End what a job has left open, child runs included, as killed; returns how many runs that were.

    Args:
        address: of the tracking store.
        job_id: of a job that no worker goes on with.
    """
    client = quiet_client(address)
    experiments = [one.experiment_id for one in client.search_experiments(filter_string=f"name LIKE '{EXPERIMENTS}/%'")]
    if not experiments:
        return 0
    left = client.search_runs(experiments, f"tags.`{JOB_TAG}` = '{job_id}' and attributes.status = 'RUNNING'")
    for run in left:
        client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
        client.set_tag(run.info.run_id, "mlflow.note.content", f"Job {job_id} was ended while no run of it went on.")
    return len(left)
