"""The worker: carries out queued and scheduled runs, one at a time, each as a child process.

It has one way to stop, on request as by a kill: at once, its child with it. A job that was running stays
as running in the database and is begun again at the next start.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from dbos import DBOS, DBOSConfig, SetWorkflowID

from forecaster.adapters.dbos_jobs import migrate
from forecaster.adapters.dbos_rows import APPLICATION, PROGRESS, QUEUE, VERSION, WORKFLOW, context
from forecaster.adapters.tether import tethered

EXECUTOR = "worker"  # stable: a restarted worker takes its own unfinished jobs up again
MOST_SIGNS = 2000  # of a line that is kept
SHOWN = 20  # last lines of a failed run that are given as its reason

CANCELLED_SECONDS = 20.0  # that a cancelled run has to close what it opened


@dataclass(frozen=True, slots=True)
class Order:
    """What a job is to run."""

    job_id: str
    experiment: str
    sectors: tuple[str, ...] | None  # None: all
    as_of: str | None  # an instant


Command = Callable[[Order], Sequence[str]]
"""Makes the command line of a run."""

DEFAULT = "monthly-retraining"
DEFAULT_CRON, DEFAULT_ZONE = "0 10 18 * *", "Asia/Shanghai"  # the bureaus' mid-month figures are out by then


def run_worker(address: str, *, command: Command, ready: Callable[[], None], poll_seconds: float = 2.0) -> None:
    """Work until SIGTERM or SIGINT, then end the process.

    Args:
        address: of the jobs database; migrated if it is not.
        command: the command line of a run. It prints one JSON object with vintage (null where the champion
            stays), decision, run_id and, where some did, the failures of models by series;
            a failure is an exit code other than 0 and the reason on standard error.
        ready: called once jobs are taken.
        poll_seconds: how soon changed schedules and new jobs are noticed.
    """
    stopped, runs = threading.Event(), _Runs(command, poll_seconds=poll_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    migrate(address)
    DBOS(config=_config(address, poll_seconds=poll_seconds))

    @DBOS.step(name="run")  # in a step lines of progress are added, not replayed, when a job is begun again
    def run(given: dict[str, Any]) -> dict[str, Any]:
        return runs.retrain(given)

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=5)
    def retrain(_scheduled_at: datetime, given: dict[str, Any]) -> dict[str, Any]:
        return run(given)

    @DBOS.workflow(name="set-up-default-schedule")
    def set_up() -> None:
        _add_default_schedule(retrain)

    DBOS.launch()
    DBOS.register_queue(QUEUE, global_concurrency=1, polling_interval_sec=poll_seconds)
    with SetWorkflowID("set-up-default-schedule"):  # runs once ever: a schedule that was removed stays removed
        set_up()
    ready()
    stopped.wait()
    runs.stop()
    os._exit(0)  # the thread of a running job must not record an end that was none


def _config(address: str, *, poll_seconds: float) -> DBOSConfig:
    return DBOSConfig(
        name=APPLICATION,
        system_database_url=address,
        application_version=VERSION,
        executor_id=EXECUTOR,
        enable_otlp=False,
        log_level="WARNING",
        scheduler_polling_interval_sec=poll_seconds,
    )


def _add_default_schedule(retrain: Callable[[datetime, Any], Any]) -> None:
    if DBOS.get_schedule(DEFAULT) is None:
        DBOS.create_schedule(
            schedule_name=DEFAULT,
            workflow_fn=retrain,
            schedule=DEFAULT_CRON,
            cron_timezone=DEFAULT_ZONE,
            context=context(experiment="production", schedule=DEFAULT),
            queue_name=QUEUE,
        )


class _Runs:
    """Runs as child processes; `stop` ends the one that is going on."""

    def __init__(self, command: Command, *, poll_seconds: float) -> None:
        self._command, self._poll_seconds = command, poll_seconds
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._one_by_one = threading.Lock()  # the run of a cancelled job may still be ending

    def retrain(self, given: dict[str, Any]) -> dict[str, Any]:
        """One job from start to end; returns what the run printed.

        Raises:
            RuntimeError: the run failed; its text is the reason.
        """
        assert DBOS.workflow_id is not None, "jobs have ids"
        sectors = given.get("sectors")
        order = Order(DBOS.workflow_id, given["experiment"], tuple(sectors) if sectors else None, given.get("as_of"))
        with self._one_by_one, tempfile.TemporaryFile() as answer:
            print(f"Job {order.job_id} runs experiment {order.experiment}.", file=sys.stderr, flush=True)
            self._process = subprocess.Popen(  # noqa: S603  # the command is this program's own
                tethered(self._command(order)),
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            with self._ended_if_cancelled(self._process, job_id=order.job_id):
                last = _echo(self._process)
                code = self._process.wait()
            if self._stopping.is_set():
                threading.Event().wait()  # until the process ends: see run_worker
            if code != 0:
                raise RuntimeError(_reason(last) or f"the run ended with exit code {code} and said nothing")
            answer.seek(0)
            return _result(answer.read())

    def stop(self) -> None:
        """Kill the run that is going on; nothing is recorded for it."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()

    @contextmanager
    def _ended_if_cancelled(self, process: subprocess.Popen[str], *, job_id: str) -> Iterator[None]:
        """Within the block, a run whose job is cancelled is asked to end, and killed where it does not."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(self._poll_seconds):
                status = DBOS.get_workflow_status(job_id)
                if status is not None and status.status == "CANCELLED":
                    process.terminate()
                    if not done.wait(CANCELLED_SECONDS):
                        process.kill()
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()


def _echo(process: subprocess.Popen[str]) -> list[str]:
    """Pass on what a run says, to the worker's log and to whoever follows the job; returns the last lines."""
    assert process.stderr is not None, "it was asked for"
    last: deque[str] = deque(maxlen=SHOWN)
    for line in process.stderr:
        sys.stderr.write(line)
        sys.stderr.flush()
        last.append(line.rstrip())
        DBOS.write_stream(PROGRESS, {"at": _now().isoformat(), "line": last[-1][:MOST_SIGNS]})
    return list(last)


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
        return {**told, "failures": given.get("failures", [])}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RuntimeError(f"the run's answer can't be read: {answer[:200]!r}") from error
