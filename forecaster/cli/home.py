"""The home folder of a running service: one `up` at a time, its key, its ports."""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecaster.domain.errors import HomeInUse, PortInUse
from forecaster.settings import Settings


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home folder; the lock ends with the process, however it ends.

    Raises:
        HomeInUse: another `up` has it.
    """
    handle = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeInUse(home=str(home)) from None
        yield
    finally:
        os.close(handle)


def make_key(file: Path) -> None:
    """Make the key that changing needs, once; only the owner can read it."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as opened:
        opened.write(secrets.token_urlsafe(32) + "\n")


def ports_free(settings: Settings) -> None:
    """Look at the ports before anything starts.

    Raises:
        PortInUse: another program listens on one; names the setting that moves it.
    """
    wanted = (
        (settings.host, settings.port, "SECTORCAST_PORT"),
        ("127.0.0.1", settings.mlflow_port, "SECTORCAST_MLFLOW_PORT"),
    )
    for host, port, setting in wanted:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                raise PortInUse(port=port, setting=setting) from None
