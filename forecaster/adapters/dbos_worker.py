"""The worker: carries out queued and scheduled runs, one at a time, each as a child process.

It has one way to stop, on request as by a kill: at once, its child with it. A job that was running stays
as running in the database and is begun again at the next start.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._error import DBOSAwaitedWorkflowCancelledError  # it is exported nowhere else

from forecaster.adapters.child_runs import ChildRuns, Command, Fixed, keep_line
from forecaster.adapters.dbos_endings import EndCommand, end_runs
from forecaster.adapters.dbos_gathering import gather_releases
from forecaster.adapters.dbos_jobs import migrate
from forecaster.adapters.dbos_rounds import Rounds
from forecaster.adapters.dbos_rows import APPLICATION, QUEUE, VERSION, WORKFLOW, context
from forecaster.adapters.worker_lives import WorkerLives
from forecaster.domain.steps import SNAPSHOT

ATTEMPTS = 20  # of one job whose worker dies each time, before it is given up
DEFAULT = "monthly-retraining"
DEFAULT_CRON, DEFAULT_ZONE = "0 10 18 * *", "Asia/Shanghai"  # the bureaus' mid-month figures are out by then


def run_worker(
    address: str,
    *,
    name: str,
    command: Command,
    end: EndCommand,
    fix: Callable[[], Fixed],
    ready: Callable[[], None],
    clock: Callable[[], datetime],
    poll_seconds: float = 2.0,
) -> None:
    """Work until SIGTERM or SIGINT, then end the process.

    Args:
        address: of the jobs database; migrated if it is not.
        name: by which it takes its own unfinished jobs up again; of several workers on a PostgreSQL, each has its own.
        command: the command line of a run. It prints one JSON object with vintage (null where the champion
            stays), decision, run_id and, where some did, the failures of models by series;
            a failure is an exit code other than 0 and the reason on standard error.
        end: the command line that closes what a job left open which was ended while its run could not.
        fix: what a job is fixed to, asked once for each.
        ready: called once jobs are taken.
        clock: tells the time.
        poll_seconds: how soon changed schedules and new jobs are noticed.

    Raises:
        WorkerNameInUse: another worker of this name is alive.
    """
    stopped, runs = threading.Event(), ChildRuns(command, worker=name, poll_seconds=poll_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    migrate(address)
    lives = WorkerLives(address, name=name).__enter__() if address.startswith("postgresql") else None
    DBOS(config=_config(address, name=name, poll_seconds=poll_seconds))
    logging.getLogger("dbos").addFilter(_is_news)

    @DBOS.step(name="snapshot")
    def snapshot() -> dict[str, str]:
        fixed = fix()
        told = f"the reports as of version {fixed.reports_version}, known on {fixed.known_at or fixed.issued_at}"
        keep_line({"line": told, "step": SNAPSHOT})
        return asdict(fixed)

    @DBOS.step(name="run")  # in a step lines of progress are added, not replayed, when a job is begun again
    def run(given: dict[str, Any], fixed: dict[str, str]) -> dict[str, Any]:
        return runs.retrain(given, fixed=Fixed(**fixed))

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=ATTEMPTS)
    def retrain(_scheduled_at: datetime, given: dict[str, Any]) -> dict[str, Any]:
        return run(given, snapshot())

    open_queues = (gather_releases(retrain, clock=clock), end_runs(end))

    @DBOS.workflow(name="set-up-default-schedule")
    def set_up() -> None:
        _add_default_schedule(retrain, now=clock())

    DBOS.launch()
    DBOS.register_queue(QUEUE, global_concurrency=1, polling_interval_sec=poll_seconds)
    for open_queue in open_queues:
        open_queue(poll_seconds)
    with SetWorkflowID("set-up-default-schedule"):  # runs once ever: a schedule that was removed stays removed
        set_up()
    Rounds(address, clock=clock, lives=lives).start()
    ready()
    stopped.wait()
    runs.stop()
    os._exit(0)  # the thread of a running job must not record an end that was none


def _is_news(record: logging.LogRecord) -> bool:
    """False of a job's cancellation, which DBOS reports like a failure; child_runs tells of it."""
    return not (record.exc_info and isinstance(record.exc_info[1], DBOSAwaitedWorkflowCancelledError))


def _config(address: str, *, name: str, poll_seconds: float) -> DBOSConfig:
    return DBOSConfig(
        name=APPLICATION,
        system_database_url=address,
        application_version=VERSION,
        executor_id=name,
        enable_otlp=False,
        log_level="WARNING",
        scheduler_polling_interval_sec=poll_seconds,
    )


def _add_default_schedule(retrain: Callable[[datetime, Any], Any], *, now: datetime) -> None:
    if DBOS.get_schedule(DEFAULT) is None:
        DBOS.create_schedule(
            schedule_name=DEFAULT,
            workflow_fn=retrain,
            schedule=DEFAULT_CRON,
            cron_timezone=DEFAULT_ZONE,
            context=context(experiment="production", schedule=DEFAULT, since=now),
            queue_name=QUEUE,
        )
