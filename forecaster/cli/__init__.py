"""The command `sectorcast`: the composition root of everything but the HTTP service."""

import os
import sys

import typer

from forecaster.cli import (
    accuracy,
    alerts,
    experiments,
    figures,
    intake,
    keys,
    look,
    models,
    output,
    predict,
    pruning,
    recording,
    runs,
    schedules,
    services,
    status,
)
from forecaster.domain.errors import BadInput, ForecasterError

app = typer.Typer(
    name="sectorcast",
    help="Forecasts of industrial output from official statistics as they are published.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(*, debug: bool = typer.Option(default=False, help="show tracebacks")) -> None:
    output.debug = debug


COMMANDS = (
    services, runs, models, experiments, look, accuracy, status, alerts, figures, intake, schedules, keys, predict,
    pruning, recording,
)  # fmt: skip  # a list of names reads best filled
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run the command; errors become one paragraph on standard error, 2 for bad input, 1 for a failure."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit is quiet
        raise SystemExit(141) from None
    except Exception as error:  # the last door: whatever comes out here is told without a traceback
        if output.debug:
            raise
        print(f"sectorcast: {_told(error)}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, BadInput) else 1) from None


def _told(error: Exception) -> str:
    """The error, and behind it what failed besides."""
    return " ".join([_first(error), *getattr(error, "__notes__", ())])


def _first(error: Exception) -> str:
    if isinstance(error, ForecasterError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"this command needs {error.name}, which a serving install lacks. Install sectorcast[train]."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return f"an unexpected failure, {type(error).__name__}: {error}. `sectorcast --debug …` shows where."
