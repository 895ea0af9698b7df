"""A clock for old SQLite libraries.

On Python 3.12 and later DBOS asks SQLite for `unixepoch('subsec')`, which SQLite knows since 3.42. Before, as with
the library of Debian 12, the answer is null and DBOS can store nothing.
"""

import time
from typing import Any

from sqlalchemy import Engine, event


def give_sqlite_a_clock() -> None:
    """Let every SQLite connection that SQLAlchemy opens from now on answer `unixepoch('subsec')`."""
    if not event.contains(Engine, "connect", _teach):
        event.listen(Engine, "connect", _teach)


def _teach(connection: Any, _record: Any) -> None:
    if hasattr(connection, "create_function"):  # SQLite's; other databases have clocks
        connection.create_function("unixepoch", 1, lambda _subsec: time.time())  # noqa: TID251  # the database's clock
