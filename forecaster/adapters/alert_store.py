"""Alerts in a database: a file of their own beside SQLite's jobs, or tables beside the jobs of a server."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forecaster.adapters.alert_tables import ALERTS, NOTES, engine_of, instant, stamp
from forecaster.adapters.impatient_sqlite import PATIENCE
from forecaster.domain.alerts import INFO, KINDS, STANDING, Alert, Raised, Wanted
from forecaster.domain.errors import UnknownAlert


class AlertStore:
    """Keeps alerts, for several processes at once; implements `domain.alerts.Alerts`.

    Args:
        address: sqlite:///… or postgresql://…; tables are made where they are not.
        patience: seconds that a SQLite file is waited for which another process holds.

    Raises:
        AlertsUnreachable: it holds it for longer; so does each method.
    """

    def __init__(self, address: str, *, patience: float = PATIENCE) -> None:
        self.engine = engine_of(address, patience=patience)

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()

    def raise_alert(self, alert: Alert, *, now: datetime) -> bool:
        """Keep an alert unless it is kept already; whether it was new.

        One of a kind that lasts is new only while none about the same is unended.
        """
        row = _row(alert, now=now)
        is_known = ALERTS.c.alert_id == alert.alert_id
        if alert.kind in STANDING:
            is_known |= (ALERTS.c.subject == row["subject"]) & ALERTS.c.closed_at.is_(None)
        columns = list(row)
        literals = sa.select(*(sa.literal(row[name], ALERTS.c[name].type) for name in columns))
        given = literals.where(~sa.exists().where(is_known))
        try:
            with self.engine.begin() as connection:
                kept = sa.insert(ALERTS).from_select(columns, given).execution_options(preserve_rowcount=True)
                return connection.execute(kept).rowcount == 1  # it is -1 on PostgreSQL unless asked for
        except sa.exc.IntegrityError:  # another process kept it at the same moment
            return False

    def close_others(self, kind: str, *, standing: Sequence[Alert], now: datetime) -> int:
        """Close the unended alerts of a kind that are about nothing that still stands; returns how many."""
        kept = [_subject(alert) for alert in standing]
        ended = (ALERTS.c.kind == kind) & ALERTS.c.closed_at.is_(None) & ALERTS.c.subject.not_in(kept)
        with self.engine.begin() as connection:
            return connection.execute(sa.update(ALERTS).where(ended).values(closed_at=stamp(now))).rowcount

    def alerts(self, wanted: Wanted, *, limit: int = 100, after: str | None = None) -> list[Raised]:
        """The latest first; `after`: those that follow it in the list.

        Raises:
            UnknownAlert: there is no such alert to follow.
        """
        query = sa.select(ALERTS).where(*_conditions(wanted))
        with self.engine.connect() as connection:
            if after is not None:
                before = connection.execute(sa.select(ALERTS.c.number).where(ALERTS.c.alert_id == after)).scalar()
                if before is None:
                    raise UnknownAlert(after)
                query = query.where(ALERTS.c.number < before)
            rows = connection.execute(query.order_by(ALERTS.c.number.desc()).limit(limit)).mappings().all()
        return [raised_of(row) for row in rows]

    def acknowledge(self, alert_id: str, *, by: str, now: datetime) -> Raised:
        """Somebody sees to it; done twice, the first one stays.

        Raises:
            UnknownAlert: there is none of that id.
        """
        own = ALERTS.c.alert_id == alert_id
        first = sa.update(ALERTS).where(own & ALERTS.c.acknowledged_at.is_(None))
        with self.engine.begin() as connection:
            connection.execute(first.values(acknowledged_at=stamp(now), acknowledged_by=by))
            row = connection.execute(sa.select(ALERTS).where(own)).mappings().one_or_none()
        if row is None:
            raise UnknownAlert(alert_id)
        return raised_of(row)

    def open_by_kind(self) -> dict[str, int]:
        """How many are open, by kind; each of KINDS is there."""
        counted = sa.select(ALERTS.c.kind, sa.func.count()).where(*_conditions(Wanted(is_open=True)))
        with self.engine.connect() as connection:
            rows = connection.execute(counted.group_by(ALERTS.c.kind)).all()
        return dict.fromkeys(KINDS, 0) | {row[0]: row[1] for row in rows}

    def note(self, name: str, *, told: Mapping[str, Any], now: datetime) -> None:
        """Keep a fact by name, instead of what was kept of it before."""
        text = json.dumps(told)
        changed = sa.update(NOTES).where(NOTES.c.name == name).values(told=text, at=stamp(now))
        try:
            with self.engine.begin() as connection:
                if not connection.execute(changed).rowcount:
                    connection.execute(sa.insert(NOTES).values(name=name, told=text, at=stamp(now)))
        except sa.exc.IntegrityError:  # another process kept the first one at the same moment
            with self.engine.begin() as connection:
                connection.execute(changed)

    def noted(self, name: str) -> Mapping[str, Any] | None:
        """What was kept by a name; None where nothing was."""
        with self.engine.connect() as connection:
            told = connection.execute(sa.select(NOTES.c.told).where(NOTES.c.name == name)).scalar()
        found: Mapping[str, Any] | None = None if told is None else json.loads(told)
        return found


def raised_of(row: sa.RowMapping) -> Raised:
    """An alert as it stands in the table."""
    alert = Alert(
        alert_id=row["alert_id"],
        kind=row["kind"],
        severity=row["severity"],
        at=instant(row["at"]),
        about=json.loads(row["about"]),
        text=row["text"],
        evidence=json.loads(row["evidence"]),
        link=row["link"],
    )
    acknowledged, closed = row["acknowledged_at"], row["closed_at"]
    return Raised(
        alert,
        raised_at=instant(row["raised_at"]),
        acknowledged_at=None if acknowledged is None else instant(acknowledged),
        acknowledged_by=row["acknowledged_by"],
        closed_at=None if closed is None else instant(closed),
    )


def _row(alert: Alert, *, now: datetime) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "subject": _subject(alert),
        "at": stamp(alert.at),
        "about": json.dumps(alert.about),
        "text": alert.text,
        "evidence": json.dumps(alert.evidence),
        "link": alert.link,
        "raised_at": stamp(now),
        "closed_at": stamp(now) if alert.severity == INFO else None,
    }


def _subject(alert: Alert) -> str:
    """What an alert is about, as one text; two facts about the same have the same."""
    return json.dumps([alert.kind, sorted(alert.about.items())])


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    seen_to = ALERTS.c.acknowledged_at.is_not(None) | ALERTS.c.closed_at.is_not(None)
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(ALERTS.c.kind == wanted.kind)
    if wanted.since is not None:
        found.append(ALERTS.c.raised_at >= stamp(wanted.since))
    if wanted.is_open is not None:
        found.append(~seen_to if wanted.is_open else seen_to)
    return found
