"""Whether a file is the very one whose checksum was worked out as it was written, told without reading it.

The checksums of a million series take seconds; a writer has just worked them out. It notes which files it read. Who
opens them later trusts the note where the file system says that nobody touched a file since (its change time, which
nobody can set), and reads everything where it does not: after a restore from elsewhere, after an alteration, and for
files as young as the note itself.
"""

from collections.abc import Iterable
from pathlib import Path

import orjson

SEAL = "seal.json"
TICK = 50_000_000
"""Nanoseconds: change times are as coarse as the kernel's clock; one just after the note can look older."""


def seal(folder: Path, *, files: Iterable[Path]) -> None:
    """Note which files were read, and have not changed since."""
    (folder / SEAL).write_bytes(orjson.dumps({file.name: _identity(file) for file in files}))


def is_sealed(file: Path) -> bool:
    """Whether the file system says that a file is the one that was noted; False says nothing."""
    note = file.parent / SEAL
    try:
        noted = orjson.loads(note.read_bytes())
        settled = file.stat().st_ctime_ns + TICK < note.stat().st_mtime_ns
        return bool(settled and noted[file.name] == _identity(file))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _identity(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
