"""How a vintage comes into the folder of all: whole or not at all, each id once and for good."""

import errno
import re
import shutil
from pathlib import Path

from forecaster.adapters.alias_file import ALIAS
from forecaster.adapters.late_versions import VERSIONS
from forecaster.adapters.vintage_files import WRITING, read_manifest, sync, write_vintage
from forecaster.adapters.vintage_pointer import HISTORY, POINTER
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.vintage import Vintage
from forecaster.domain.vintage_rules import broken_rules

IDS = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")


def check_rules(vintage: Vintage) -> None:
    """Look at a vintage before it is written.

    Raises:
        BrokenVintage: it breaks a rule of `vintage_rules`, or its id is none.
    """
    vintage_id = vintage.issue.vintage_id
    faults = broken_rules(vintage)
    if not IDS.fullmatch(vintage_id):
        faults = (f"its id must match {IDS.pattern}", *faults)
    if faults:
        raise BrokenVintage(vintage_id=vintage_id, what="; ".join(faults))


def place(vintage: Vintage, *, root: Path) -> None:
    """Write a vintage into its folder under `root`, for one writer at a time; the same one again is harmless.

    What was half written when it failed is removed: on a full disk it would take the room of whoever tries again.

    Raises:
        BrokenVintage: another vintage has its id.
        OSError: the system refused.
        ComputeError: it refused Polars.
    """
    _sweep(root)
    try:
        _rename(write_vintage(vintage, root=root), folder=root / vintage.issue.vintage_id)
    finally:
        _sweep(root)


def _sweep(root: Path) -> None:
    """Remove what killed writers left; a live one would hold the lock."""
    for folder in root.glob(f"{WRITING}*"):
        shutil.rmtree(folder)
    for name in (POINTER, HISTORY, ALIAS, VERSIONS):
        for draft in root.glob(f".{name}-*"):
            draft.unlink()


def _rename(written: Path, *, folder: Path) -> None:
    try:
        written.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        # A folder of that id is there: fine if it is this very vintage, published again after a crash.
        if read_manifest(folder) != read_manifest(written):
            raise BrokenVintage(
                vintage_id=folder.name, what="another vintage of this id is published, and none is altered"
            ) from None
    sync(folder.parent)
