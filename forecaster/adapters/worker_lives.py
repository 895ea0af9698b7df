"""Which workers of a PostgreSQL jobs database are alive: each holds a lock there for as long as it is connected.

PostgreSQL lets the lock go when the process ends, however it ends, and when its host falls silent. A worker that is
alive but slow, or stopped for a while, keeps it: no clock of its own has to tick in time.
"""

import hashlib
import time
from collections.abc import Collection
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from forecaster.domain.errors import WorkerNameInUse

KIND = 7_361_092  # sets these locks apart from those of other programs on the database
CLAIM_SECONDS = 40.0
"""What a killed predecessor's connection may take to be given up."""

TRY_SECONDS = 0.5
SILENCE = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
"""After 25 s without a sign of life from its host PostgreSQL takes a worker for gone."""


class WorkerLives:
    """The lock of one worker, and a look at those of the others.

    Args:
        address: postgresql://… of the jobs database.
        name: of this worker, stable over restarts and its own.
    """

    def __init__(self, address: str, *, name: str) -> None:
        url = make_url(address).set(drivername="postgresql+psycopg")
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._name = name
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            WorkerNameInUse: another worker of this name lives.
        """
        end = time.monotonic() + CLAIM_SECONDS
        while not self.keep():
            if time.monotonic() > end:
                self._close()
                raise WorkerNameInUse(self._name)
            time.sleep(TRY_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def keep(self) -> bool:
        """See to it that the lock is held, also after a lost connection; False while another connection has it."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                for setting in SILENCE.split("; "):
                    self._connection.execute(text(setting))
            elif _key(self._name) in self._held(self._connection, own=True):
                return True
            asked = text("SELECT pg_try_advisory_lock(:kind, :key)").bindparams(kind=KIND, key=_key(self._name))
            return bool(self._connection.execute(asked).scalar())
        except SQLAlchemyError:
            self._close()
            raise

    def living(self, names: Collection[str]) -> frozenset[str]:
        """Those of some workers that are alive."""
        assert self._connection is not None, "the lock is held"
        held = self._held(self._connection)
        return frozenset(name for name in names if _key(name) in held)

    def _held(self, connection: Connection, *, own: bool = False) -> frozenset[int]:
        """The locks of all workers, or only those that this very connection has."""
        asked = text(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = :kind AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (NOT :own OR pid = pg_backend_pid())"
        )
        return frozenset(connection.execute(asked.bindparams(kind=KIND, own=own)).scalars())

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1  # PostgreSQL's int is signed
