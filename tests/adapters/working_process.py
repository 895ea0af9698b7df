"""What the process of a test's worker does: take jobs, with a stand-in for the command that trains."""

import json
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from forecaster.adapters.child_runs import Fixed
from forecaster.adapters.dbos_worker import run_worker
from forecaster.adapters.delta_reports import DeltaReports

END = "import sys; print(sys.argv[2], file=open(sys.argv[1] + '/closed', 'a'))"


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # workers run by it


def work(
    address: str,
    *,
    name: str,
    folder: Path,
    program: Sequence[str],
    environment: Mapping[str, str],
    told: Connection,
) -> None:
    """Take jobs until the process ends; `told` is sent something once they are taken.

    Args:
        address: of the jobs database.
        name: under which it works.
        folder: for its log, and for what its runs leave behind.
        program: what Python is to run for a job, with the folder and the order.
        environment: of the process, and of what it starts.
        told: where whoever started it listens.
    """
    os.environ.clear()
    os.environ.update(environment)
    if environment.get("PYTHONWARNINGS") == "error":  # read where Python starts, and this process is forked
        warnings.simplefilter("error")
    with (folder / "worker.log").open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    reports = DeltaReports(str(folder / "reports"))
    run_worker(
        address,
        name=name,
        command=lambda order: [sys.executable, *program, str(folder), json.dumps(asdict(order))],
        end=lambda job_id: [sys.executable, "-c", END, str(folder), job_id],
        fix=lambda: Fixed(now().isoformat(), reports.version()),
        ready=lambda: told.send("ready"),
        clock=now,
        poll_seconds=0.1,
    )
