"""MLflow's failures: those of the way to it and of its server, told apart from what it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from mlflow.exceptions import MlflowException, RestException
from sqlalchemy.exc import OperationalError

from forecaster.adapters.mlflow_reach import shown
from forecaster.domain.errors import MlflowFault

BUSY = 429
FAILED = 500
UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"
"""How MLflow tells that its database does not answer."""

ON_THE_WAY = "API request to"
"""What MLflow's client says of a request that came to no answer, under the code of any other failure of its own."""

LONGEST = 300  # characters of a reason


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Within the block, what may go well at another time is a MlflowFault.

    Raises:
        MlflowFault: MLflow can't be reached, is busy, or fails.
    """
    try:
        yield
    except (MlflowException, requests.RequestException, OperationalError) as error:
        if isinstance(error, MlflowException) and not _may_pass(error):
            raise
        why = " ".join(str(error).split())[:LONGEST]
        raise MlflowFault(address=shown(address), why=why) from error


def _may_pass(error: MlflowException) -> bool:
    status: int = error.get_http_status_code()  # type: ignore[no-untyped-call]  # MLflow's
    told = isinstance(error, RestException) or str(error).startswith(ON_THE_WAY)
    return error.error_code == UNAVAILABLE or (told and (status >= FAILED or status == BUSY))
