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
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from dbos import DBOS, DBOSConfig, SetWorkflowID

from forecaster.adapters.dbos_jobs import APPLICATION, QUEUE, VERSION, WORKFLOW, context, migrate
from forecaster.adapters.tether import tethered
from forecaster.domain.ports import Schedule

EXECUTOR = "worker"  # stable: a restarted worker takes its own unfinished jobs up again
SHOWN = 20  # last lines of a failed run that are given as its reason

Command = Callable[[str, str], Sequence[str]]
"""Makes the command line of a run from experiment and job id."""

DEFAULT = Schedule(
    name="monthly-retraining",
    cron="0 10 18 * *",  # the bureaus' mid-month figures are out by then
    zone="Asia/Shanghai",
    experiment="production",
    paused=False,
    next_run_at=None,
    last_outcome=None,
)


def run_worker(address: str, *, command: Command, ready: Callable[[], None], poll_seconds: float = 2.0) -> None:
    """Work until SIGTERM or SIGINT, then end the process.

    Args:
        address: of the jobs database; migrated if it is not.
        command: the command line of a run. It prints one JSON object with vintage (null where the champion
            stays), decision and run_id;
            a failure is an exit code other than 0 and the reason on standard error.
        ready: called once jobs are taken.
        poll_seconds: how soon changed schedules and new jobs are noticed.
    """
    stopped, runs = threading.Event(), _Runs(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    migrate(address)
    DBOS(config=_config(address, poll_seconds=poll_seconds))

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=5)
    def retrain(scheduled_at: datetime, given: dict[str, str]) -> dict[str, str | None]:
        return runs.retrain(scheduled_at, given)

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
    if DBOS.get_schedule(DEFAULT.name) is None:
        DBOS.create_schedule(
            schedule_name=DEFAULT.name,
            workflow_fn=retrain,
            schedule=DEFAULT.cron,
            cron_timezone=DEFAULT.zone,
            context=context(experiment=DEFAULT.experiment, schedule=DEFAULT.name),
            queue_name=QUEUE,
        )


class _Runs:
    """Runs as child processes; `stop` ends the one that is going on."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def retrain(self, _scheduled_at: datetime, given: dict[str, str]) -> dict[str, str | None]:
        """One job from start to end; returns what the run printed.

        Raises:
            RuntimeError: the run failed; its text is the reason.
        """
        assert DBOS.workflow_id is not None, "jobs have ids"
        print(f"Job {DBOS.workflow_id} runs experiment {given['experiment']}.", file=sys.stderr, flush=True)
        with tempfile.TemporaryFile() as answer:
            self._process = subprocess.Popen(  # noqa: S603  # the command is this program's own
                tethered(self._command(given["experiment"], DBOS.workflow_id)),
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
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


def _echo(process: subprocess.Popen[str]) -> list[str]:
    """Pass on what a run says, for the worker's log; returns the last lines."""
    assert process.stderr is not None, "it was asked for"
    last: deque[str] = deque(maxlen=SHOWN)
    for line in process.stderr:
        sys.stderr.write(line)
        sys.stderr.flush()
        last.append(line.rstrip())
    return list(last)


def _reason(last: Sequence[str]) -> str:
    """The paragraph that a failing command ends with: from its `sectorcast: ` on, else all there is."""
    starts = [at for at, line in enumerate(last) if line.startswith("sectorcast: ")]
    return "\n".join(last[starts[-1] if starts else 0 :]).removeprefix("sectorcast: ").strip()


def _result(answer: bytes) -> dict[str, str | None]:
    try:
        given = orjson.loads(answer)
        return {key: given[key] for key in ("vintage", "decision", "run_id")}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RuntimeError(f"the run's answer can't be read: {answer[:200]!r}") from error
