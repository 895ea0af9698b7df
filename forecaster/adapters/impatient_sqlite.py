"""Connections to SQLite for whoever must answer soon: a database that another process holds is told, not waited for.

DBOS waits half a minute for a locked file, and then again without end: right for a worker, whose job must not be lost,
and wrong for a request, which would hold a thread for as long.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from forecaster.domain.errors import JobsUnreachable

PATIENCE = 3.0
"""Seconds: writers hold the file for milliseconds each."""

LOCKED = "database is locked"


def locked() -> JobsUnreachable:
    """What is told of a file that another process holds."""
    return JobsUnreachable(why="another process keeps their database to itself")  # DBOS retries what says `locked`


def impatient_engine(address: str) -> sa.Engine:
    """An engine for one SQLite file; what finds it locked for longer than PATIENCE raises JobsUnreachable."""
    engine = sa.create_engine(address, pool_timeout=PATIENCE)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # this and the keys as DBOS has them
        connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "handle_error")
    def _tell(context: Any) -> None:
        if LOCKED in str(context.original_exception):
            raise locked() from context.original_exception

    return engine


def look_in(engine: sa.Engine) -> None:
    """Read something, to find out whether the file can be read at all.

    Raises:
        JobsUnreachable: another process keeps it to itself.
        OperationalError: it can't be opened.
    """
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT count(*) FROM sqlite_master"))
