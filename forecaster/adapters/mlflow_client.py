"""MLflow's client, without what it says and draws of its own accord."""

import logging
import os
from pathlib import Path

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from forecaster.domain.errors import NotReproducible, UnknownRun

WHOLE = "attributes.status = 'FINISHED' and tags.vintage LIKE '%'"
"""What finds whole runs that ended well: parts of them have no vintage."""


def quiet_client(address: str) -> MlflowClient:
    """A client of a tracking store; what it says at every run is of no use to a person who waits for it."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    return MlflowClient(tracking_uri=address, registry_uri=address)


def run_of(client: MlflowClient, run_id: str) -> Run:
    """A run by its id.

    Raises:
        UnknownRun: there is none.
    """
    try:
        return client.get_run(run_id)
    except MlflowException as error:
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
