"""A run of a job, with real parts, that stops for good at a chosen place: to be killed there."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from forecaster.adapters.fit_store import fit_store
from forecaster.adapters.kept_fits import KeptFits
from forecaster.adapters.told_lines import written
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.instants import instant
from forecaster.domain.ports import Recorded, RunLog
from forecaster.training import Order, run
from tests.catalogues import catalogue
from tests.running import EXPERIMENT, NOW, ports

PROGRAM = ("-c", "from tests.interrupting import started; started()")
"""Not `-m`: each process of the engine would import what that module does, 4 s of CPU, before its first fit."""

ORDER = Order(experiment=EXPERIMENT, as_of=NOW, issued_at=NOW, resumes=True)


class Stop:
    """Stops the process when it comes to a place; called with each line of progress, as with other places."""

    def __init__(self, home: Path, place: str) -> None:
        self._home, self._place = home, place

    def __call__(self, line: str) -> None:
        """Say where the run is and, at the place, stay there."""
        print(written(line), file=sys.stderr, flush=True)
        if self._place and line.startswith(self._place):
            (self._home / "stopped").write_text(str(os.getpid()))
            time.sleep(600)


class StoppingLog:
    """The real run log, with a place of its own to stop at: all is published, and the alias is still to be moved."""

    def __init__(self, real: RunLog, *, stop: Stop) -> None:
        self._real, self._stop = real, stop
        self.begin, self.fail, self.get_ready, self.record = real.begin, real.fail, real.get_ready, real.record

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Stop after the publication."""
        self._stop("crown")
        self._real.crown(recorded, alias=alias)


def main(home: Path, *, job: dict[str, Any]) -> None:
    """Run, or go on with, a job."""
    place = home / "stop-at"
    stop = Stop(home, place.read_text() if place.exists() else "")
    at, version = instant(job["fixed"]["issued_at"], name="issued_at"), job["fixed"]["reports_version"]
    order = replace(ORDER, job_id=job["job_id"], issued_at=at, version=version)
    with (
        stopped_by_signals(),
        ports(home) as real,
        fit_store(home / "fits.db", today=NOW.date(), most_bytes=10**7, told=print) as store,
    ):
        engine, log = KeptFits(real.engine, store=store), StoppingLog(real.run_log, stop=stop)
        stopping = replace(real, engine=engine, run_log=log)
        result = run(order, ports=stopping, catalogue=catalogue(), progress=stop)
    print(json.dumps({"vintage": result.vintage_id, "decision": result.decision.reason, "run_id": result.run_id}))


def started() -> None:
    """Run the job that a worker names on the command line."""
    main(Path(sys.argv[1]), job=json.loads(sys.argv[2]))
