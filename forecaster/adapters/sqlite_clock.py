"""A clock for old SQLite libraries.

On Python 3.12 and later DBOS asks SQLite for `unixepoch('subsec')`. SQLite knows `unixepoch` since 3.38 and `subsec`
since 3.42. Before, as with the library of Debian 12, the answer is null or an error, and DBOS can store nothing.
A newer library is left alone, and so is what an older one knows itself.
"""

import sqlite3
import time
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, event

SINCE = (3, 42, 0)
"""The first version with a clock of its own."""


def give_sqlite_a_clock() -> None:
    """Let every SQLite connection that SQLAlchemy opens from now on answer `unixepoch('subsec')`."""
    if sqlite3.sqlite_version_info < SINCE and not event.contains(Engine, "connect", teach):
        event.listen(Engine, "connect", teach)


def teach(connection: Any, _record: Any = None) -> None:
    """Teach one connection of the driver; whatever else `unixepoch` is asked for is answered as SQLite does."""
    if hasattr(connection, "create_function"):  # SQLite's; other databases have clocks
        connection.create_function("unixepoch", -1, _unixepoch)


def _unixepoch(*asked: Any) -> float | int | None:
    if [str(word).lower() for word in asked] in (["subsec"], ["subsecond"]):
        return time.time()  # noqa: TID251  # the database's clock
    places = ", ".join("?" * (len(asked) + 1))
    with closing(sqlite3.connect(":memory:")) as plain:
        answer: int | None = plain.execute(f"SELECT CAST(strftime({places}) AS INTEGER)", ("%s", *asked)).fetchone()[0]
    return answer
