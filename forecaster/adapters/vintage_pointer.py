"""The pointer to the vintage in service, and when it moved.

The pointer is the truth. Each move is written down after it was made, with the time at which the pointer's file was
written; a move whose writer was killed in between is told from the pointer itself, and written down at the next one.
"""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forecaster.adapters.vintage_files import sync

POINTER = "CURRENT"
HISTORY = "HISTORY"

log = logging.getLogger(__name__)

State = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Move:
    """When a vintage went into service."""

    at: datetime
    vintage_id: str


class VintagePointer:
    """CURRENT names the vintage in service; HISTORY has a line for each move of it, the last one at the end."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / POINTER
        self._history = root / HISTORY

    def state(self) -> State:
        """Another one after each move.

        Raises:
            FileNotFoundError: nothing is in service.
        """
        found = self._file.stat()
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self) -> str | None:
        """The id of the vintage in service; None without one."""
        move = self._latest()
        return move.vintage_id if move else None

    def move_to(self, vintage_id: str) -> None:
        """Point to a vintage and write down when; for one writer at a time."""
        self._write_down()
        if self.read() != vintage_id:
            self._replace(self._file, vintage_id + "\n")
            self._write_down()

    def moves(self) -> list[Move]:
        """Every move that is known, the oldest first."""
        written = self._written()  # before the pointer is read, which is then as new or newer
        latest = self._latest()
        if latest is None or (written and written[-1].vintage_id == latest.vintage_id):
            return written
        return [*written, latest]

    def _latest(self) -> Move | None:
        try:
            with self._file.open(encoding="utf-8") as opened:
                at = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, tz=UTC)
                return Move(at=at, vintage_id=opened.read().strip())
        except FileNotFoundError:
            return None

    def _written(self) -> list[Move]:
        return [move for move in map(_parsed, self._lines()) if move]

    def _lines(self) -> list[str]:
        try:
            return self._history.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _write_down(self) -> None:
        """Add the move that made the pointer what it is, unless it is written; a kill leaves the file old or new."""
        moves = self.moves()
        if len(moves) > len(self._written()):
            lines = [*self._lines(), f"{moves[-1].at.isoformat()} {moves[-1].vintage_id}"]
            self._replace(self._history, "\n".join([*lines, ""]))

    def _replace(self, file: Path, text: str) -> None:
        fresh = self._root / f".{file.name}-{os.getpid()}"
        fresh.write_text(text, encoding="utf-8")
        sync(fresh)
        fresh.replace(file)
        sync(self._root)


def _parsed(line: str) -> Move | None:
    at, _, vintage_id = line.partition(" ")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        log.warning("A line of %s can't be read and is passed over: %r", HISTORY, line)
        return None
    return Move(at=instant, vintage_id=vintage_id)
