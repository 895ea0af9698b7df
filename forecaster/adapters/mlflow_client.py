"""MLflow's client, without what it says and draws of its own accord."""

import logging
import os

from mlflow.tracking import MlflowClient


def quiet_client(address: str) -> MlflowClient:
    """A client of a tracking store; what it says at every run is of no use to a person who waits for it."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    return MlflowClient(tracking_uri=address, registry_uri=address)
