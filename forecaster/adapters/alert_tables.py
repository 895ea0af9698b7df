"""The tables of alerts, of what was noted beside them and of their deliveries."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from forecaster.adapters import own_tables
from forecaster.domain.errors import AlertsUnreachable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DATA = sa.MetaData()
_ID, _AT = sa.String(100), sa.BigInteger()  # instants are microseconds since 1970: SQLite keeps no zones

ALERTS = sa.Table(
    "sectorcast_alerts",
    _DATA,
    # SQLite numbers rows by themselves in a column of INTEGER alone.
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("alert_id", _ID, unique=True, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("severity", sa.String(20), nullable=False),
    sa.Column("subject", sa.Text(), nullable=False),  # kind and about, as one text
    sa.Column("at", _AT, nullable=False),
    sa.Column("about", sa.Text(), nullable=False),  # JSON, as evidence is
    sa.Column("text", sa.Text(), nullable=False),
    sa.Column("evidence", sa.Text(), nullable=False),
    sa.Column("link", sa.Text(), nullable=False),
    sa.Column("raised_at", _AT, nullable=False),
    sa.Column("acknowledged_at", _AT),
    sa.Column("acknowledged_by", sa.Text()),
    sa.Column("closed_at", _AT),
)

NOTES = sa.Table(
    "sectorcast_notes",
    _DATA,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("told", sa.Text(), nullable=False),
    sa.Column("at", _AT, nullable=False),
)

RECEIVERS = sa.Table(
    "sectorcast_webhooks",
    _DATA,
    sa.Column("address", sa.String(500), primary_key=True),
    sa.Column("after", sa.BigInteger(), nullable=False),  # number of the last alert before: those up to it are not sent
)

DELIVERIES = sa.Table(
    "sectorcast_deliveries",
    _DATA,
    sa.Column("alert_id", _ID, primary_key=True),
    sa.Column("address", sa.String(500), primary_key=True),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("next_at", _AT),  # null: delivered, or given up
    sa.Column("delivered_at", _AT),
    sa.Column("fault", sa.Text()),  # of the last attempt
)


def engine_of(address: str, *, patience: float) -> sa.Engine:
    """A database with the tables, which are made where they are not; `patience` is in seconds, for a locked file."""
    return own_tables.engine_of(address, data=_DATA, unreachable=AlertsUnreachable, patience=patience)


def stamp(at: datetime) -> int:
    """An instant as tables keep it."""
    return (at - EPOCH) // timedelta(microseconds=1)


def instant(kept: int) -> datetime:
    """And back."""
    return EPOCH + timedelta(microseconds=kept)
