"""Fits by key in one SQLite file: checked as they are read, bounded in size; what is wrong with it costs but time."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TypeVar

from forecaster.domain.ports import Progress

T = TypeVar("T")

SUM_BYTES = 16
AT_ONCE = 500
"""Keys of one question; SQLite takes at least 999."""

ALL = "group_concat(hex(key) || ',' || CAST(used AS INTEGER) || ',' || hex(value), ',')"
"""Of one question, in one row: each row gives up the interpreter's lock, which is dear while another thread imports."""

FILLED = 0.8
"""Of its bound: what is left when old fits are pruned, so that this is seldom."""

WAIT = 60.0
"""Seconds to wait for another process's commit, which takes milliseconds."""

OPENING = (
    "PRAGMA page_size = 8192",  # the values of the longest horizon lie within a page
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",  # readers and a writer at once; a commit stands whenever its process is killed
    "PRAGMA synchronous = NORMAL",  # no fsync a commit: what a power failure takes is fitted again
    "CREATE TABLE IF NOT EXISTS fits (key BLOB PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID",
)


class FitStore:
    """Values by key; several threads may ask, and several processes have the file open."""

    def __init__(self, file: Path, *, today: date, most_bytes: int, told: Progress) -> None:
        """Open or make it.

        Args:
            file: in a folder that exists.
            today: what is found or kept counts as used then.
            most_bytes: of the file when it is closed; values longest unused go first.
            told: of a file that can't be used, or that had to be begun anew.
        """
        self._file, self._today, self._most, self._told = file, today.toordinal(), most_bytes, told
        self._db: sqlite3.Connection | None = None
        self._alone = Lock()  # several sectors are fitted at once, each in a thread
        self._stale: list[bytes] = []  # found, and used last before today
        self._open()

    def find(self, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Values of the keys that are known; a value that is not as it was kept is none."""
        asked = list(keys)
        found: dict[bytes, bytes] = {}
        none: dict[bytes, bytes] = {}
        for at in range(0, len(asked), AT_ONCE):
            found |= self._try(partial(self._find, asked[at : at + AT_ONCE]), otherwise=none)
        return found

    def keep(self, found: Mapping[bytes, bytes]) -> None:
        """Keep values, all at once: a process that is killed next leaves them behind whole."""
        rows = [(key, self._today, _sum(key, value) + value) for key, value in found.items()]
        self._try(lambda db: _write(db, "INSERT OR REPLACE INTO fits VALUES (?, ?, ?)", rows), otherwise=None)

    def close(self) -> None:
        """Note what was used, prune to the bound, and let go of the file."""
        self._try(self._note, otherwise=None)  # once: the keys of each question lie on as many pages
        self._try(self._prune, otherwise=None)
        with self._alone:
            self._let_go()

    def _find(self, keys: list[bytes], db: sqlite3.Connection) -> dict[bytes, bytes]:
        places = ", ".join("?" * len(keys))
        question = f"SELECT {ALL} FROM fits WHERE key IN ({places})"  # noqa: S608  # question marks alone
        (texts,) = db.execute(question, keys).fetchone()
        fields = texts.split(",") if texts else []
        triples = (fields[at : at + 3] for at in range(0, len(fields), 3))
        rows = [(bytes.fromhex(key), int(used), bytes.fromhex(value)) for key, used, value in triples]
        found = {key: value[SUM_BYTES:] for key, _, value in rows if value[:SUM_BYTES] == _sum(key, value[SUM_BYTES:])}
        self._stale += [key for key, used, _ in rows if used < self._today and key in found]
        return found

    def _note(self, db: sqlite3.Connection) -> None:
        if self._stale:
            rows = [(self._today, key) for key in sorted(self._stale)]
            _write(db, "UPDATE fits SET used = ? WHERE key = ?", rows)

    def _prune(self, db: sqlite3.Connection) -> None:
        size = _size(db)
        if size <= self._most:
            return
        (count,) = db.execute("SELECT count(*) FROM fits").fetchone()
        going = int(count * (1 - FILLED * self._most / size)) + 1
        _write(db, "DELETE FROM fits WHERE key IN (SELECT key FROM fits ORDER BY used LIMIT ?)", [(going,)])
        db.executescript("PRAGMA incremental_vacuum")  # `execute` would free the first page alone

    def _try(self, work: Callable[[sqlite3.Connection], T], *, otherwise: T) -> T:
        """What some work on the open file gives; where the file is at fault, that is told and the run goes on."""
        with self._alone:
            if self._db is None:
                return otherwise
            try:
                return work(self._db)
            except sqlite3.DatabaseError as error:
                self._give_up(error)
                return otherwise

    def _open(self) -> None:
        try:
            self._db = sqlite3.connect(self._file, timeout=WAIT, isolation_level=None, check_same_thread=False)
            for statement in OPENING:
                self._db.execute(statement)
        except sqlite3.DatabaseError as error:
            self._give_up(error)

    def _let_go(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def _give_up(self, error: sqlite3.DatabaseError) -> None:
        """A file that is full, locked or read-only is left alone for this run; one that is no store is begun anew."""
        self._let_go()
        if isinstance(error, (sqlite3.OperationalError, sqlite3.ProgrammingError)):
            self._told(f"kept fits can't be used: {self._file}: {error}; this run fits all that it needs")
            return
        self._told(f"kept fits are damaged, and begun anew: {self._file}: {error}")
        for end in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)
        self._open()


@contextmanager
def fit_store(file: Path, *, today: date, most_bytes: int, told: Progress) -> Iterator[FitStore]:
    """A store that is pruned and closed with the block; the arguments are its own."""
    store = FitStore(file, today=today, most_bytes=most_bytes, told=told)
    try:
        yield store
    finally:
        store.close()


def _sum(key: bytes, value: bytes) -> bytes:
    """Of both, so that a value under another key's is found out too."""
    return blake2b(key + value, digest_size=SUM_BYTES).digest()


def _write(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        db.executemany(statement, rows)
    except BaseException:
        db.rollback()
        raise
    db.commit()


def _size(db: sqlite3.Connection) -> int:
    """Bytes in use."""
    pages, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
