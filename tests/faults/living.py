"""The API as a process of its own, as `sectorcast serve` starts it: to be asked, and to be killed."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, Self

from forecaster.adapters.tether import tethered
from tests.adapters.working import PATIENCE, wait_for
from tests.catalogues import DECLARED
from tests.cli.test_services import free_port

Answer = tuple[int, Message, Any]
"""Status, headers and what the JSON says."""


def settings(home: Path, **more: object) -> dict[str, str]:
    """The environment of a service that keeps everything under a folder; it knows the series of `tests.vintages`."""
    home.mkdir(exist_ok=True)
    catalogue = home / "catalogue.toml"
    catalogue.write_text(DECLARED, encoding="utf-8")
    given = {"HOME": home, "CATALOGUE": catalogue, "PORT": free_port(), **more}
    return {**os.environ, **{f"SECTORCAST_{key}": str(value) for key, value in given.items()}}


def sectorcast(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command, carried out to its end."""
    command = [sys.executable, "-m", "forecaster", *words]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)


class Api:
    """The API of an environment within the block."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._home = Path(environment["SECTORCAST_HOME"])
        self.address = f"http://127.0.0.1:{environment['SECTORCAST_PORT']}"

    def __enter__(self) -> Self:
        with (self._home / "api.log").open("ab") as log:
            command = tethered([sys.executable, "-m", "forecaster", "serve"])
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        wait_for(self._is_alive)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def log(self) -> str:
        """What it has said, in every life."""
        return (self._home / "api.log").read_text(encoding="utf-8")

    def get(self, path: str) -> Answer:
        """What it answers. Raises URLError or ConnectionError where nobody answers."""
        return self._asked(urllib.request.Request(self.address + path))

    def post(self, path: str, content: object, **headers: str) -> Answer:
        """What it answers to JSON, sent with the key of the first start."""
        key = (self._home / "api-key").read_text().strip()
        named = {"X-API-Key": key, "Content-Type": "application/json"}
        named.update({name.replace("_", "-"): value for name, value in headers.items()})
        body = json.dumps(content).encode()
        return self._asked(urllib.request.Request(self.address + path, data=body, headers=named))

    def _asked(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, json.load(error)

    def _is_alive(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/healthz")[0] == 200
        except (urllib.error.URLError, ConnectionError):
            return False
