"""The alias in a real MLflow server on SQLite."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import pytest
from mlflow.tracking import MlflowClient

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.mlflow_alias import MODEL, MlflowAlias
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.alias_watch import follow_alias
from forecaster.domain.errors import MlflowFault
from forecaster.promoting import rollback
from tests.homes import Homes
from tests.vintages import issue, tiny_vintage


@dataclass(frozen=True)
class Server:
    """A running MLflow server, and a client as its UI is one."""

    address: str
    client: MlflowClient

    @property
    def alias(self) -> MlflowAlias:
        return MlflowAlias(self.address, environ={})

    def point(self, version: str) -> None:
        """Move the alias by hand."""
        self.client.set_registered_model_alias(MODEL, "champion", version)

    def versions(self, count: int) -> list[str]:
        """Register so many versions of the model."""
        with suppress(Exception):  # it may be registered already
            self.client.create_registered_model(MODEL)
        made = [self.client.create_model_version(MODEL, source="s3://nowhere/none") for _ in range(count)]
        return [str(one.version) for one in made]


@pytest.fixture(scope="module")
def server(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = homes.begin(tmp_path_factory.mktemp("home"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {**os.environ, "SECTORCAST_HOME": str(home), "SECTORCAST_MLFLOW_PORT": str(port)}
    address = f"http://127.0.0.1:{port}"
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", "forecaster", "mlflow"]
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        while not _answers(f"{address}/health"):
            assert process.poll() is None, (home / "log").read_text()
            Event().wait(0.2)
        yield Server(address, MlflowClient(address, registry_uri=address))
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def test_a_model_or_an_alias_that_is_not_there_is_no_fault(server: Server) -> None:
    without_model = server.alias.champion()
    server.versions(1)
    without_alias = server.alias.champion()

    assert (without_model, without_alias) == (None, None)


def test_the_alias_is_read_and_moved_as_by_mlflow_itself(server: Server) -> None:
    first, second = server.versions(2)
    server.point(first)

    before = server.alias.champion()
    server.alias.crown(second)

    assert before == first
    assert str(server.client.get_model_version_by_alias(MODEL, "champion").version) == second


def test_a_version_that_is_not_there_is_told_by_mlflow(server: Server) -> None:
    server.versions(1)

    with pytest.raises(MlflowFault, match="9999"):
        server.alias.crown("9999")


def test_a_move_by_hand_is_heeded_and_a_rollback_without_mlflow_is_shown_later(server: Server, tmp_path: Path) -> None:
    versions, store = server.versions(3), PublishedVintages(tmp_path)
    kept = KeptVintages(store)
    for name, version in zip("AB", versions, strict=False):
        store.publish(replace(tiny_vintage(), issue=issue(name, model_version=version)))
    told: list[str] = []

    def look() -> str | None:
        follow_alias(kept=kept, aliases=server.alias, progress=told.append)
        return kept.in_service()

    server.point(versions[1])
    assert look() == "B"
    server.point(versions[0])
    assert look() == "A"
    server.point(versions[2])
    assert look() == "A"
    assert kept.alias_state().refused is not None
    server.point(versions[1])
    assert look() == "B"
    rollback(kept=kept, aliases=None, by="me", waiting=told.append)
    assert look() == "A"
    assert server.alias.champion() == versions[0]


def test_a_server_that_is_not_there_or_is_another_one_is_a_fault() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"

        with pytest.raises(MlflowFault, match="refused"):
            MlflowAlias(nobody, environ={}).champion()
