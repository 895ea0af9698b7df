"""Connections to SQLite for whoever must answer soon: a database that another process holds is told, not waited for.

DBOS waits half a minute for a locked file, and then again without end: right for a worker, whose job must not be lost,
and wrong for a request, which would hold a thread for as long.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from forecaster.domain.errors import ForecasterError

PATIENCE = 3.0
"""Seconds: writers hold the file for milliseconds each."""

LOCKED = "database is locked"
HELD = "another process keeps their database to itself"  # DBOS retries what says `locked`
DAMAGED = ("file is not a database", "disk image is malformed")
BROKEN = (
    "their database is damaged. Put back a copy; or stop the service, move the file away (from the home folder, with"
    " its -wal and -shm) and start again: what it told is lost then, figures and forecasts are not"
)

Unreachable = Callable[..., ForecasterError]
"""The error that tells of a database out of reach: JobsUnreachable or AlertsUnreachable, which take `why`."""


def impatient_engine(address: str, *, unreachable: Unreachable, patience: float = PATIENCE) -> sa.Engine:
    """An engine for one SQLite file.

    Args:
        address: sqlite:///….
        unreachable: what is raised where the file is locked for longer.
        patience: seconds.
    """
    engine = sa.create_engine(address, pool_timeout=patience)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # this and the keys as DBOS has them
        connection.execute(f"PRAGMA busy_timeout={patience * 1000:.0f}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "handle_error")
    def _tell(context: Any) -> None:
        if why := why_unusable(context.original_exception):
            raise unreachable(why=why) from context.original_exception

    return engine


def why_unusable(error: BaseException | None) -> str | None:
    """Why SQLite can't be read, as a caller can use it; None where it is neither held nor damaged."""
    if LOCKED in str(error):
        return HELD
    return BROKEN if any(words in str(error) for words in DAMAGED) else None


def look_in(engine: sa.Engine) -> None:
    """Read something, to find out whether the file can be read at all.

    Raises:
        ForecasterError: the engine's own, since another process keeps it to itself.
        OperationalError: it can't be opened.
    """
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT count(*) FROM sqlite_master"))
