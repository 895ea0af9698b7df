"""MLflow's client, without what it says and draws of its own accord."""

import logging
import os
from pathlib import Path

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from forecaster.adapters.mlflow_alias import MISSING
from forecaster.adapters.mlflow_faults import reaching
from forecaster.adapters.recorded_before import RUN_TAG
from forecaster.domain.errors import NotReproducible, UnknownRun

WHOLE = "attributes.status = 'FINISHED' and tags.vintage LIKE '%'"
"""What finds whole runs that ended well: parts of them have no vintage."""

PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""MLflow's own would hold up a run for minutes, and retry what may be done already, such as opening a run."""


def quiet_client(address: str) -> MlflowClient:
    """A client of a tracking store; what it says at every run is of no use to a person who waits for it."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # a server's client prints where answers are read
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    return MlflowClient(tracking_uri=address, registry_uri=address)


def run_of(client: MlflowClient, run_id: str) -> Run:
    """A run by its id: MLflow's, or ours where it was begun while MLflow was out of reach.

    Raises:
        UnknownRun: there is none.
        MlflowFault: MLflow can't be reached, or fails.
    """
    with reaching(client.tracking_uri):
        try:
            return client.get_run(run_id)
        except MlflowException as error:
            if error.error_code not in MISSING:
                raise
            experiments = [one.experiment_id for one in client.search_experiments()]
            found = client.search_runs(experiments, f"tags.`{RUN_TAG}` = '{run_id}'") if run_id.isalnum() else []
            for run in found:
                return run
            raise UnknownRun(run_id) from error


def artifact_of(client: MlflowClient, run_id: str, path: str, *, folder: Path, why_not: str) -> Path:
    """A file of a run's record, brought into a folder.

    Raises:
        NotReproducible: the record lacks it, and why that may be.
    """
    try:
        return Path(client.download_artifacts(run_id, path, str(folder)))
    except (MlflowException, OSError) as error:
        raise NotReproducible(run_id, why=f"its record lacks {path}: {why_not}") from error
