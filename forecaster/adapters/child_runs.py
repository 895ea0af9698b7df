"""Runs as child processes of the worker: one at a time, what they say kept with their job, ended if it is cancelled."""

import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from forecaster.adapters.dbos_rows import PROGRESS
from forecaster.adapters.tether import tethered
from forecaster.adapters.told_lines import read

MOST_SIGNS = 2000  # of a line that is kept
SHOWN = 20  # last lines of a failed run that are given as its reason
CANCELLED_SECONDS = 20.0  # that a cancelled run has to close what it opened


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a job finds out once, so that it trains on the same figures however often it is begun again."""

    issued_at: str  # an instant
    reports_version: str  # of the report store
    known_at: str = ""  # the instant up to which figures are known; "" of a job that an earlier version has begun


@dataclass(frozen=True, slots=True)
class Order:
    """What a job is to run."""

    job_id: str
    experiment: str
    sectors: tuple[str, ...] | None  # None: all
    as_of: str | None  # an instant
    fixed: Fixed


Command = Callable[[Order], Sequence[str]]
"""Makes the command line of a run."""


class ChildRuns:
    """Runs as child processes; `stop` ends the one that is going on.

    Args:
        command: the command line of a run.
        worker: the name by which DBOS knows whose jobs these are.
        poll_seconds: how soon it is noticed that a job was cancelled, or taken over by another worker.
    """

    def __init__(self, command: Command, *, worker: str, poll_seconds: float) -> None:
        self._command, self._worker, self._poll_seconds = command, worker, poll_seconds
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._one_by_one = threading.Lock()  # the run of a cancelled job may still be ending

    def retrain(self, given: dict[str, Any], *, fixed: Fixed) -> dict[str, Any]:
        """One job from start to end; returns what the run printed.

        Raises:
            RuntimeError: the run failed; its text is the reason.
        """
        assert DBOS.workflow_id is not None, "jobs have ids"
        sectors = given.get("sectors")
        only = tuple(sectors) if sectors else None
        order = Order(DBOS.workflow_id, given["experiment"], only, given.get("as_of"), fixed)
        with self._one_by_one, tempfile.TemporaryFile() as answer:
            print(f"Job {order.job_id} runs experiment {order.experiment}.", file=sys.stderr, flush=True)
            with subprocess.Popen(  # noqa: S603  # the command is this program's own
                tethered(self._command(order)),
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            ) as process:
                self._process = process
                code, last = self._followed(process, job_id=order.job_id)
            if code != 0:
                raise RuntimeError(_reason(last) or f"the run ended with exit code {code} and said nothing")
            answer.seek(0)
            return _result(answer.read())

    def _followed(self, process: subprocess.Popen[str], *, job_id: str) -> tuple[int, list[str]]:
        """The exit code of a run and the last lines that it said."""
        with self._ended_with_its_job(process, job_id=job_id):
            last = _echo(process)
            code = process.wait()
        if self._stopping.is_set():
            threading.Event().wait()  # until the process ends: see dbos_worker
        return code, last

    def stop(self) -> None:
        """Kill the run that is going on; nothing is recorded for it."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()

    @contextmanager
    def _ended_with_its_job(self, process: subprocess.Popen[str], *, job_id: str) -> Iterator[None]:
        """Within the block, a run whose job is cancelled or lost is ended."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(self._poll_seconds):
                if self._end_without_job(process, job_id=job_id):
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        except BaseException as error:  # DBOS refuses with one to keep what a cancelled job says
            if not self._end_without_job(process, job_id=job_id):
                _end(process, why=f"Job {job_id} can't be kept ({type(error).__name__})")
            raise
        finally:
            done.set()
            watching.join()

    def _end_without_job(self, process: subprocess.Popen[str], *, job_id: str) -> bool:
        """End the run of a job that is cancelled, or that another worker carries out by now."""
        status = DBOS.get_workflow_status(job_id)
        if status is not None and status.status == "CANCELLED":
            _end(process, why=f"Job {job_id} is cancelled")
            return True
        if status is not None and status.executor_id != self._worker:
            print(f"Job {job_id} was taken over by {status.executor_id}.", file=sys.stderr, flush=True)
            process.kill()  # it must not close in MLflow what the other goes on with
            return True
        return False


def _end(process: subprocess.Popen[str], *, why: str) -> None:
    """Ask a run to end, so that it closes what it opened; kill it where it does not."""
    print(f"{why}; its run is ended.", file=sys.stderr, flush=True)
    process.terminate()
    try:
        process.wait(CANCELLED_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _echo(process: subprocess.Popen[str]) -> list[str]:
    """Pass on what a run says, to the worker's log and to whoever follows the job; returns the last lines."""
    assert process.stderr is not None, "it was asked for"
    last: deque[str] = deque(maxlen=SHOWN)
    for text in process.stderr:
        told = read(text.rstrip())
        line = told["line"]
        print(line, file=sys.stderr, flush=True)
        last.append(line)
        keep_line({**told, "line": line[:MOST_SIGNS]})
    return list(last)


def keep_line(told: Mapping[str, Any]) -> None:
    """Keep a line, and what else it knows, with its job; a database that fails for a moment costs it, not the run."""
    try:
        DBOS.write_stream(PROGRESS, {"at": _now().isoformat(), **told})
    except SQLAlchemyError as error:
        print(f"The last line is kept in this log alone: {error}", file=sys.stderr, flush=True)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # when a line was said


def _reason(last: Sequence[str]) -> str:
    """The paragraph that a failing command ends with: from its `sectorcast: ` on, else all there is."""
    starts = [at for at, line in enumerate(last) if line.startswith("sectorcast: ")]
    return "\n".join(last[starts[-1] if starts else 0 :]).removeprefix("sectorcast: ").strip()


def _result(answer: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(answer)
        told = {key: given[key] for key in ("vintage", "decision", "run_id")}
        return {**told, "failures": given.get("failures", []), "recorded": given.get("recorded", True)}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RuntimeError(f"the run's answer can't be read: {answer[:200]!r}") from error
