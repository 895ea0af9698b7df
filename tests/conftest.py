"""What all tests rest on."""

import os
import signal
from pathlib import Path

import pytest

from tests.homes import Homes

# Whoever runs the tests may ignore these signals (nohup, a script's job in the background), and so would the programs
# that tests start and stop.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """Homes whose database of MLflow is migrated once in a session: that takes 5 s of CPU, a copy none."""
    own = tmp_path_factory.getbasetemp()  # under pytest-xdist each worker's, below one that they share
    return Homes((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "migrated")


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Path:
    """A home of the test's own."""
    return homes.begin(tmp_path)
