"""`sectorcast record`, and the worker's watch that calls it: runs that ended while MLflow was out of reach."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event, Thread
from typing import Annotated

import typer

from forecaster.cli import mlflow_wiring, output
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.errors import MlflowFault
from forecaster.domain.unrecorded import Caught
from forecaster.settings import Settings, load_settings

SECONDS = 15.0
"""Between two looks; one look is at a folder, and where something waits there, whether MLflow answers."""

AGAIN = 20
"""Looks that are passed over after one came to nothing though MLflow answered: trying takes seconds of CPU."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(record)


def record(*, as_json: Annotated[bool, typer.Option("--json", help="answer in JSON")] = False) -> None:
    """Record in MLflow what ended while it was out of reach; the worker and the next run do so by themselves."""
    settings = load_settings()
    runs = mlflow_wiring.unrecorded(settings)
    found = Caught((), ())
    if runs.count():
        with stopped_by_signals():
            found = mlflow_wiring.caught_up(settings)
    waiting = runs.count()
    if as_json:
        output.show_json({**asdict(found), "waiting": waiting})
    else:
        print(f"{len(found.recorded)} runs are recorded in MLflow now, {waiting} still wait.")
        for why in dict.fromkeys(found.left):
            output.progress(why)
    if waiting:
        raise typer.Exit(1)


@contextmanager
def records_watched(settings: Settings, *, seconds: float = SECONDS) -> Iterator[None]:
    """Look every so many seconds whether a run waits and MLflow is back, until the block ends."""
    ended = Event()

    def watch() -> None:
        _watch(settings, pause=lambda: ended.wait(seconds))

    Thread(target=watch, name="unrecorded runs", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _watch(settings: Settings, *, pause: Callable[[], bool]) -> None:
    passed_over = 0
    while not pause():
        passed_over -= 1
        try:
            if (
                passed_over <= 0
                and mlflow_wiring.unrecorded(settings).count()
                and _answers(settings)
                and not _recorded()
            ):
                passed_over = AGAIN
        except Exception as error:  # noqa: BLE001  # jobs go on; it is looked at again
            output.progress(f"worker: unrecorded runs: {type(error).__name__}: {error}")
            passed_over = AGAIN


def _answers(settings: Settings) -> bool:
    from forecaster.adapters.mlflow_reach import check_answers

    try:
        check_answers(settings.mlflow_address)
    except MlflowFault:
        return False  # it was told when the run ended, and the status counts what waits
    return True


def _recorded() -> bool:
    """Record in a process of its own, since MLflow takes 200 MB; what it says goes to the worker's log."""
    from forecaster.adapters.tether import tethered

    command = tethered([sys.executable, "-m", "forecaster", "record"])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)  # noqa: S603  # our own
    return done.returncode == 0
