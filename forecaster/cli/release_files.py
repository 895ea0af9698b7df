"""Files of a release, from wherever they come to sound reports."""

import re
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from forecaster.cli import output, wiring
from forecaster.domain.errors import BadParameter, BadReportFile

if TYPE_CHECKING:
    from datetime import datetime

    from forecaster.domain.catalogue import Catalogue
    from forecaster.releases import Sound
    from forecaster.settings import Settings

STDIN = "-"
IN_MEMORY = 32 << 20  # bytes of standard input; more goes to disk


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of files beside them."""

    source: str | None = None
    released: str | None = None
    layout: str | None = None
    period: str | None = None


def sound_file(file: str, said: Said, *, catalogue: "Catalogue", now: "datetime", held: ExitStack) -> "Sound":
    """The reports of one file, kept on disk until `held` is left.

    Raises:
        BadReportFile: it can't be read.
        RefusedRelease: a line is in error.
    """
    name = "standard input" if file == STDIN else file
    return sound_stream(held.enter_context(_opened(file)), said, name=name, catalogue=catalogue, now=now, held=held)


def sound_stream(
    stream: BinaryIO, said: Said, *, name: str, catalogue: "Catalogue", now: "datetime", held: ExitStack
) -> "Sound":
    """The reports of an open file, kept on disk until `held` is left. Raises as `sound_file` does."""
    from forecaster.adapters.readers import read_file
    from forecaster.adapters.spool import spooled
    from forecaster.releases import Release, sound

    folder = Path(held.enter_context(TemporaryDirectory(prefix="sectorcast-")))
    read = read_file(stream, file=name, layouts=catalogue.layouts, layout=said.layout, period=said.period)
    release = Release(name, read.rows, source=said.source, released=said.released, left_out=read.left_out)
    return sound(release, catalogue=catalogue, now=now, spool=lambda parts: spooled(parts, folder=folder))


def month(period: str | None, *, name: str) -> str | None:
    """A month as it was given under a name, checked.

    Raises:
        BadParameter: it is none.
    """
    if period is not None and not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", period):
        raise BadParameter(name=name, what=f"{period!r} is no month; write it as 2026-08.")
    return period


def forecasts_in_service(settings: "Settings") -> Any:
    """What is in service, to compare figures with; None where nothing is."""
    from forecaster.domain.errors import BrokenVintage

    try:
        vintage = wiring.vintages(settings).whole_in_service()
    except BrokenVintage as error:
        output.progress(f"Figures are not compared with forecasts: {error}")
        return None
    return vintage.forecasts if vintage else None


def _opened(file: str) -> BinaryIO:
    if file == STDIN:
        # A pipe is read once, and a table twice.
        kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- whoever opened it closes it
        shutil.copyfileobj(sys.stdin.buffer, kept)
        return cast("BinaryIO", kept)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise BadReportFile(file=file, what=f"can't be read: {error.strerror}.") from error
