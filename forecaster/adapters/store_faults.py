"""What vendors raise where a place can't be read or written, told as what it is."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from forecaster.domain.errors import PlaceUnusable

PROBE = 1 << 16  # bytes: room for the smallest release and its commit
CODE = re.compile(r"\b(?:os error|code:) (\d+)")
COLOURS = re.compile(r"\x1b\[\d*m")
LONGEST = 300  # characters of a cause that no code names

REMEDIES = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "Let this user write there"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some room there"),
    errno.EFBIG: "Allow this user larger files (ulimit -f)",
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), "Move the file in its way"),
}


@contextmanager
def reaching(place: str, *, elsewhere: str, vendor: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Tell failures of the system, and of vendors in between, as PlaceUnusable.

    Args:
        place: what can't be used then, and where it is.
        elsewhere: the variable that names another place.
        vendor: errors of its own in which a vendor wraps the system's.

    Raises:
        PlaceUnusable: the system refused.
    """
    refusals: tuple[type[Exception], ...] = (OSError, pl.exceptions.ComputeError, *vendor)
    try:
        yield
    except refusals as error:
        code = _code(error)
        why = os.strerror(code) if code else " ".join(COLOURS.sub("", str(error)).split())[:LONGEST]
        remedy = f"{REMEDIES.get(code, 'Mend it')}, or set {elsewhere} to another place."
        raise PlaceUnusable(place=place, why=why, remedy=remedy) from error


def make_writable(folder: Path) -> None:
    """Make a folder if it is not there, and write something in it that nobody sees.

    The vendor finds out later and prints the traceback of its thread before it says why.

    Raises:
        OSError: the system refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(PROBE))


def _code(error: Exception) -> int:
    """The number that the system gave; 0 where none is told."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = CODE.search(str(error))
    return int(found.group(1)) if found else 0
