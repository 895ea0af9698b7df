"""The pointer to the vintage in service, and the history of what went there and what was refused.

The pointer is the truth. It names the vintage and, in its second line, why it was moved there. Each move is copied into
the history after it was made, with the time at which the pointer's file was written; a move whose writer was killed in
between is told from the pointer itself, and written down with the next change.
"""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from forecaster.adapters.vintage_files import draft_of, replace_whole
from forecaster.domain.history import PUBLISHED, Cause, Event

POINTER = "CURRENT"
HISTORY = "HISTORY"
UNKNOWN = Cause(PUBLISHED, reason="", by="")
"""Of moves from before causes were written down."""

log = logging.getLogger(__name__)

State = tuple[int, int, int]


class VintagePointer:
    """CURRENT names the vintage in service; HISTORY has a line of JSON for each event, the last one at the end."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / POINTER
        self._path = str(self._file)  # looked at for each request: a Path takes as long as the look
        self._history = root / HISTORY

    def state(self) -> State:
        """Another one after each move.

        Raises:
            FileNotFoundError: nothing is in service.
        """
        found = os.stat(self._path)  # noqa: PTH116  # see above
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self) -> str | None:
        """The id of the vintage in service; None without one."""
        latest = self._latest()
        return latest.vintage_id if latest else None

    def move_to(self, vintage_id: str, *, cause: Cause) -> None:
        """Point to a vintage and write down when and why; for one writer at a time."""
        self._write_down()
        if self.read() != vintage_id:
            replace_whole(self._file, f"{vintage_id}\n{orjson.dumps(cause).decode()}\n")
            try:
                self._write_down()
            except OSError as error:  # it is moved, and the next change writes it down
                log.warning("The move to %s is not in %s yet: %s", vintage_id, HISTORY, error)

    def note(self, vintage_id: str, *, cause: Cause) -> Event:
        """Write down what did not move the pointer; for one writer at a time."""
        self._write_down()
        draft = draft_of(self._history)
        draft.touch()  # so that one clock, that of the folder, dates every event
        event = Event(_modified(draft), vintage_id, cause)
        replace_whole(self._history, "\n".join([*self._lines(), _line(event), ""]))
        return event

    def events(self) -> list[Event]:
        """Everything that is known, the oldest first."""
        written = self._written()  # before the pointer is read, which is then as new or newer
        return [*written, *self._unwritten(written)]

    def _unwritten(self, written: list[Event]) -> list[Event]:
        """The move that made the pointer what it is, unless it is written."""
        latest = self._latest()
        moves = [event for event in written if event.moved]
        return [] if latest is None or (moves and moves[-1].vintage_id == latest.vintage_id) else [latest]

    def _latest(self) -> Event | None:
        try:
            with self._file.open(encoding="utf-8", errors="replace") as opened:
                at = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, tz=UTC)
                vintage_id, _, told = opened.read().partition("\n")
        except FileNotFoundError:
            return None
        return Event(at, vintage_id.strip(), _told(told))

    def _written(self) -> list[Event]:
        return [event for event in map(_parsed, self._lines()) if event]

    def _lines(self) -> list[str]:
        try:
            return self._history.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _write_down(self) -> None:
        """Copy the latest move into the history; a kill leaves the file old or new."""
        more = self._unwritten(self._written())
        if more:
            replace_whole(self._history, "\n".join([*self._lines(), *map(_line, more), ""]))


def _modified(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)


def _line(event: Event) -> str:
    return orjson.dumps(event).decode()


def _cause(content: dict[str, Any]) -> Cause:
    return Cause(**{name: str(content[name]) for name in ("kind", "reason", "by", "model_version")})


def _told(text: str) -> Cause:
    """The second line of the pointer; one that is missing or damaged tells nothing, and the first still counts."""
    try:
        return _cause(orjson.loads(text)) if text.strip() else UNKNOWN
    except (ValueError, KeyError, TypeError):
        log.warning("Why %s was moved last can't be read: %r", POINTER, text)
        return UNKNOWN


def _parsed(line: str) -> Event | None:
    """An event from a line of JSON, or from `instant vintage` as lines were before."""
    try:
        if line.startswith("{"):
            content = orjson.loads(line)
            event = Event(datetime.fromisoformat(content["at"]), content["vintage_id"], _cause(content["cause"]))
        else:
            at, _, vintage_id = line.partition(" ")
            event = Event(datetime.fromisoformat(at), vintage_id, UNKNOWN)
    except (ValueError, KeyError, TypeError):
        event = None
    if event is None or event.at.tzinfo is None:
        log.warning("A line of %s can't be read and is passed over: %r", HISTORY, line)
        return None
    return event
