"""Real servers on free ports: MLflow's, which a test kills and starts again, and the service."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.adapters.working import wait_for
from tests.cli.test_services import free_port


class Server:
    """A part of the product in a process of its own, ready within the block; it can be killed and started again.

    Args:
        command: of `sectorcast`.
        home: its home folder.
        ready: the path that it answers once it is ready.
        settings: SECTORCAST_* variables besides.
    """

    def __init__(self, command: str, *, home: Path, ready: str, port_setting: str, **settings: str) -> None:
        self._command, self._ready, self._log = command, ready, home / f"{command}.log"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        given = {"HOME": str(home), port_setting: str(self.port), **settings}
        self._environ = {**os.environ, **{f"SECTORCAST_{name}": value for name, value in given.items()}}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "forecaster", self._command]
            self.process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)
        wait_for(self._is_ready, seconds=120)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As the kernel would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ask(self, path: str, *, body: dict[str, Any] | None = None, key: str = "") -> tuple[int, dict[str, Any]]:
        """Status and answer of a request; of a POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address + path, data, headers)) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()
        try:
            with urllib.request.urlopen(self.address + self._ready, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
