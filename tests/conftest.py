"""What all tests rest on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecaster.domain.ports import Engine
from tests.homes import Homes

# Whoever runs the tests may ignore these signals (nohup, a script's job in the background), and so would the programs
# that tests start and stop.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: else one of them runs last, and two cores wait for one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """Homes whose database of MLflow is migrated once in a session: that takes 5 s of CPU, a copy none."""
    own = tmp_path_factory.getbasetemp()  # under pytest-xdist each worker's, below one that they share
    return Homes((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "migrated")


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Path:
    """A home of the test's own."""
    return homes.begin(tmp_path)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """An engine of one process, which takes 6 s of CPU to come up; for tests that do not look at how."""
    from forecaster.adapters.statsforecast_engine import statsforecast_engine  # noqa: PLC0415  # as commands do

    with statsforecast_engine(workers=1) as running:
        yield running
