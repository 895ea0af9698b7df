"""A PostgreSQL of the tests' own: made, started and removed by them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.adapters.working import wait_for

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


def program(name: str) -> str:
    """Where a program of PostgreSQL lies; Debian keeps them off the path.

    Without one the test is skipped, and fails where CI=true promises that nothing is skipped.
    """
    found = shutil.which(name) or next(
        (str(file) for root in PLACES for file in Path(root).glob(f"*/bin/{name}")), None
    )
    if found is None:
        told = f"PostgreSQL's {name} is not installed; on Debian: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, for the time of the block; it refuses root, under whom it runs as `nobody`."""
    initdb, server = program("initdb"), program("postgres")
    user = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # a test's own folder is closed to other users
    if user is not None:
        os.chown(folder, user, -1)
    words = [
        initdb,
        "-D",
        str(folder / "data"),
        "-U",
        "tester",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--no-locale",
    ]
    try:
        subprocess.run(words, user=user, cwd=folder, check=True, capture_output=True)
        port = free_port()
        listening = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [server, "-D", str(folder / "data"), *listening], user=user, cwd=folder, stdout=log, stderr=log
            ) as running,
        ):
            wait_for(lambda: accepts(port))
            yield f"postgresql://tester@127.0.0.1:{port}/jobs"
            running.send_signal(signal.SIGINT)  # its fast shutdown: it waits for no client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def accepts(port: int) -> bool:
    """Whether the server there takes connections yet."""
    try:
        psycopg.connect(f"postgresql://tester@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
