"""Tables of our own in a database that others may use too: opened, and made where they are not."""

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from forecaster.adapters.impatient_sqlite import PATIENCE, Unreachable, impatient_engine


def engine_of(address: str, *, data: sa.MetaData, unreachable: Unreachable, patience: float = PATIENCE) -> sa.Engine:
    """A database with some tables.

    Args:
        address: sqlite:///… or postgresql://….
        data: the tables; they are made where they are not.
        unreachable: what is raised where another process keeps a SQLite file locked for longer.
        patience: seconds.
    """
    url = sa.make_url(address)
    if url.get_backend_name() == "sqlite":
        engine = impatient_engine(address, unreachable=unreachable, patience=patience)
    else:
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    make_tables(engine, data=data)
    return engine


def make_tables(engine: sa.Engine, *, data: sa.MetaData, again: bool = True) -> None:
    """Make the tables that are not there. Of two that do so at once PostgreSQL refuses one: by then the other has."""
    try:
        with engine.begin() as connection:
            for table in data.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
        if not again:
            raise
        make_tables(engine, data=data, again=False)
