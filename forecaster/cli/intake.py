"""`sectorcast intake`: takes in what the HTTP service was sent, in a process of its own.

What is sent may be anything, and may need gigabytes to be looked at; it must not be the service that is killed then.
The file is standard input, an anonymous one: no path that a caller names is ever opened. The answer is one JSON object
on standard output, of a release that was refused too; exit code 0 says that there is one.
"""

import sys
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, told, wiring
from forecaster.cli.release_alerts import tell_of_release
from forecaster.cli.release_files import Said, forecasts_in_service, month, sound_stream
from forecaster.domain.errors import BadReportFile, ForecasterError
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.releases import Taken

NAME = "the body"
SHOWN = 1000
"""So many warnings and changes are listed; all are counted."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(hidden=True)(intake)


def intake(
    *,
    content: Annotated[str, typer.Option(help="what the file is said to be: csv, xlsx, parquet or json")],
    source: str | None = None,
    released: str | None = None,
    layout: str | None = None,
    period: str | None = None,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
) -> None:
    """Take in the file that standard input is, and tell the service what became of it."""
    try:
        said = Said(source=source, released=released, layout=layout, period=month(period, name="period"))
        taken = _taken(said, content=content, dry_run=dry_run)
        answer: dict[str, Any] = {"taken": _told(taken, dry_run=dry_run)}
    except ForecasterError as error:
        answer = {"error": {"type": type(error).__name__, "facts": vars(error)}}
    output.show_json(answer)


def _taken(said: Said, *, content: str, dry_run: bool) -> "Taken":
    from forecaster.adapters.readers import content_of
    from forecaster.releases import take_in

    settings = load_settings()
    catalogue, store, now = wiring.catalogue(settings), wiring.report_store(settings), wiring.now()
    found = content_of(sys.stdin.buffer.read(64))
    if found != content:
        raise BadReportFile(file=NAME, what=f"looks like {found}, and Content-Type says {content}. Mend either.")
    with ExitStack() as held:
        sound = sound_stream(sys.stdin.buffer, said, name=NAME, catalogue=catalogue, now=now, held=held)
        forecasts = forecasts_in_service(settings)
        taken = take_in(sound, store=store, catalogue=catalogue, now=now, forecasts=forecasts, dry_run=dry_run)
    if not dry_run:
        tell_of_release(settings, taken, now=now)
    return taken


def _told(taken: "Taken", *, dry_run: bool) -> dict[str, Any]:
    (seen,) = taken.files
    counts = {name: getattr(taken, name) for name in ("release_id", *told.COUNTS)}
    changes = [] if seen.changes is None else seen.changes.head(SHOWN).to_dicts()
    return {
        "dry_run": dry_run,
        **counts,
        "news": [] if dry_run else [asdict(one) for one in taken.news],
        "reports": seen.reports,
        "assumed": seen.assumed,
        "doubtful": seen.doubtful,
        "warnings": [
            {"line": one.line, "column": one.column, "what": one.what, "mild": one.mild}
            for one in seen.warnings[:SHOWN]
        ],
        "unforeseen": [told.outside_as_json(one) for one in seen.unforeseen[:SHOWN]],
        "left_out": list(seen.left_out),
        "changes": changes if dry_run else None,
    }
