"""Whether MLflow answers, found out within seconds and without 200 MB of MLflow."""

import http.client
import urllib.error
import urllib.request

import sqlalchemy
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from forecaster.adapters.mlflow_address import is_server, without_user
from forecaster.domain.errors import MlflowFault

SECONDS = 5.0
"""That an answer may take; a run that can't be recorded now goes on and is recorded later."""


def check_answers(address: str) -> None:
    """Ask MLflow's server, or its database, whether it is there; a SQLite file always is.

    MLflow itself would try a database that does not answer for minutes before it gave up.

    Raises:
        MlflowFault: it is not, or says that it fails.
    """
    if is_server(address):
        _ask_server(address)
    elif not address.startswith("sqlite"):
        _ask_database(address)


def shown(address: str) -> str:
    """An address without its password."""
    return make_url(address).render_as_string(hide_password=True)


def _ask_server(address: str) -> None:
    health = f"{without_user(address)}/health"  # urllib would look for a host `user:…@host`
    try:
        with urllib.request.urlopen(health, timeout=SECONDS):  # noqa: S310  # http, see is_server
            return
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= 500:  # else somebody is there, if only to say that this is no address of his
                raise MlflowFault(address=shown(address), why=f"it answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise MlflowFault(address=shown(address), why=str(getattr(error, "reason", error))) from error


def _ask_database(address: str) -> None:
    limits = {"connect_timeout": int(SECONDS)} if address.startswith("postgres") else {}
    try:
        engine = sqlalchemy.create_engine(address, connect_args=limits)
        try:
            engine.connect().close()
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise MlflowFault(address=shown(address), why=why) from error
