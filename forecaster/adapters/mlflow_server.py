"""MLflow's database and server; MLflow itself is imported by the process that serves, and by no other."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import uvicorn

from forecaster.adapters.mlflow_address import is_server
from forecaster.adapters.tether import tethered
from forecaster.domain.errors import BadSetting

SQLITE = "sqlite:///"
HOST = "127.0.0.1"  # whatever the API listens on: MLflow knows no keys
GRACE_SECONDS = 3  # open requests may take so long when it stops


def migrate(address: str, *, stamp: Path) -> bool:
    """Create MLflow's database, or bring it up to date, before anything else opens it.

    MLflow's own first start is not safe for two processes at once, and its migration takes 5 to 10 s even
    where there is nothing to do: `stamp` remembers which version of MLflow has looked at which database.

    Args:
        address: of the database; nothing is done for a server, which looks after its own.
        stamp: a file that this function keeps.

    Returns:
        Whether MLflow had to look at the database.

    Raises:
        BadSetting: MLflow can't use the database; says why.
    """
    done = f"{version('mlflow')} {address}\n"
    if is_server(address):
        return False
    stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(stamp.with_suffix(".lock")):
        if _exists(address) and stamp.exists() and stamp.read_text() == done:
            return False
        _upgrade(address)
        stamp.write_text(done)
    return True


def _upgrade(address: str) -> None:
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", address]
    upgrade = subprocess.run(  # noqa: S603  # MLflow's command with an address from the settings
        tethered(command),
        env=environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # a Ctrl-C in the terminal must not leave half a database
    )
    if upgrade.returncode != 0:
        last = upgrade.stderr.strip().splitlines()[-1:]
        what = f"MLflow can't use {address}: {''.join(last) or 'no reason given'}"
        raise BadSetting(name="SECTORCAST_MLFLOW_URI", what=what)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock file for the block; waits while another process holds it."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The variables for MLflow's processes: nothing is sent anywhere, and no job runner starts.

    The job runner takes 2 GB and serves what this product does not use.
    """
    return {
        **base,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }


def serve(address: str, *, port: int, artifacts: Path) -> None:
    """Serve MLflow's UI and API on loopback until a signal comes.

    The app that `mlflow server` starts, with the same variables, in this process: half the memory and
    half the start, and no second process that could outlive this one.

    Runs are recorded by processes that write to database and folder directly, with plain paths as
    artifact locations; the server reads those paths too, so that the UI shows them.

    Args:
        address: of the database, migrated.
        port: where it listens.
        artifacts: the folder for clients that log through the server.

    Raises:
        BadSetting: the address is that of a server already.
    """
    if is_server(address):
        what = f"{address} is a server already; open it instead of starting one."
        raise BadSetting(name="SECTORCAST_MLFLOW_URI", what=what)
    os.environ.update(environment(os.environ))
    from mlflow.server import constants  # noqa: PLC0415  # reads the variables when imported, and takes seconds

    os.environ.update(
        {
            constants.BACKEND_STORE_URI_ENV_VAR: address,
            constants.REGISTRY_STORE_URI_ENV_VAR: address,
            constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
            constants.ARTIFACTS_DESTINATION_ENV_VAR: artifacts.as_uri(),
            constants.SERVE_ARTIFACTS_ENV_VAR: "true",
            # Without a list of its own MLflow also answers to names in private networks.
            "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(f"{name}:{port}" for name in ("localhost", HOST)),
            "_MLFLOW_SGI_NAME": "uvicorn",
        }
    )
    uvicorn.run(
        "mlflow.server.fastapi_app:app",
        host=HOST,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _exists(address: str) -> bool:
    if not address.startswith(SQLITE):
        return True  # a database server: it is there, or MLflow says so when it connects
    file = Path(address.removeprefix(SQLITE))
    return file.exists() and file.stat().st_size > 0
