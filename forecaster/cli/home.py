"""The home folder of a running service: one `up` and one worker at a time, its ports."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecaster.domain.errors import BadSetting, HomeInUse, PortInUse
from forecaster.settings import Settings


@contextmanager
def only_one(home: Path, *, lock: str) -> Iterator[None]:
    """Hold a lock of the home folder; it ends with the process, however that ends.

    Args:
        home: the folder, which exists.
        lock: what can run once in it: up, worker.

    Raises:
        HomeInUse: another process has it.
    """
    handle = os.open(home / f"{lock}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeInUse(home=str(home)) from None
        yield
    finally:
        os.close(handle)


def ports_free(settings: Settings, *, mlflow: bool) -> None:
    """Look at the ports before anything starts.

    Args:
        settings: say which ports.
        mlflow: whether the MLflow UI is started too.

    Raises:
        PortInUse: another program listens on one; names the setting that moves it.
        BadSetting: both are the same, one may not be used, or the host is no address of this machine.
        OSError: anything else that the system says.
    """
    wanted = [(settings.host, settings.port, "SECTORCAST_PORT")]
    if mlflow:
        wanted.append(("127.0.0.1", settings.mlflow_port, "SECTORCAST_MLFLOW_PORT"))
        if settings.mlflow_port == settings.port:
            what = f"{settings.port} is SECTORCAST_PORT too. Choose another."
            raise BadSetting(name="SECTORCAST_MLFLOW_PORT", what=what)
    for host, port, setting in wanted:
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            raise _named(error, host=host, port=port, setting=setting) from None


def _named(error: OSError, *, host: str, port: int, setting: str) -> Exception:
    """Why nothing can listen there, as the caller can mend it; what is neither port nor address stays what it is."""
    if error.errno == errno.EADDRINUSE:
        return PortInUse(port=port, setting=setting)
    if error.errno == errno.EACCES:
        what = f"port {port} is only for privileged users ({error.strerror}). Choose one from 1024 on."
        return BadSetting(name=setting, what=what)
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        what = f"{host} is no address of this machine ({error.strerror}). 127.0.0.1 always is one."
        return BadSetting(name="SECTORCAST_HOST", what=what)
    return error
