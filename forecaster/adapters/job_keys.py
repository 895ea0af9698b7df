"""Which job whoever named an order was answered with: the first answer stays, also after the job has ended."""

import sqlalchemy as sa

from forecaster.adapters.own_tables import engine_of, make_tables
from forecaster.domain.errors import JobsUnreachable

_DATA = sa.MetaData()

KEYS = sa.Table(
    "sectorcast_job_keys",
    _DATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("job_id", sa.Text(), nullable=False),
)


class JobKeys:
    """Keys and their jobs, for several processes at once.

    Args:
        address: of the jobs database; the table is made where it is not.
        engine: of that database, if the caller has one; it stays the caller's.
    """

    def __init__(self, address: str, *, engine: sa.Engine | None = None) -> None:
        self._is_own = engine is None
        self._engine = engine_of(address, data=_DATA, unreachable=JobsUnreachable) if engine is None else engine
        if engine is not None:
            make_tables(engine, data=_DATA)

    def close(self) -> None:
        """Let the database go."""
        if self._is_own:
            self._engine.dispose()

    def find(self, key: str) -> str | None:
        """The job of a key; None if it has none yet."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(KEYS.c.job_id).where(KEYS.c.key == key)).scalar()

    def keep(self, key: str, *, job_id: str) -> str:
        """Keep the job of a key unless it has one; returns the one that is kept."""
        known = self.find(key)
        if known is not None:
            return known
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(KEYS).values(key=key, job_id=job_id))
        except sa.exc.IntegrityError:  # another process kept one at the same moment
            return self.find(key) or job_id
        return job_id
