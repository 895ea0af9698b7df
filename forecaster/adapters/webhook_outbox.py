"""Which alert is still to be sent where: kept in the database, so that a sender may die at any moment.

An attempt is written down before it is made, with the time of the next one. A sender that is killed while it sends
leaves an attempt that nobody knows the end of: it is made again, under the same id, so that each alert arrives at
least once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
import sqlalchemy as sa

from forecaster.adapters.alert_store import AlertStore, raised_of
from forecaster.adapters.alert_tables import ALERTS, DELIVERIES, RECEIVERS, stamp
from forecaster.adapters.webhooks import Webhooks
from forecaster.domain.alerts import Raised
from forecaster.domain.ports import Progress

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (15, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 28800)
)  # 22 hours in all
"""From one attempt to the next, the first longer than an attempt takes; after the last one an alert is given up."""

AT_ONCE = 100  # alerts of an address that are sent in one go


@dataclass(frozen=True, slots=True)
class Due:
    """An alert to be sent now."""

    raised: Raised
    address: str
    attempts: int  # made before
    next_at: int


class WebhookOutbox:
    """Sends alerts to webhooks.

    Args:
        store: where alerts are kept.
        webhooks: where they go.
        clock: tells the time.
        progress: told of alerts that are given up.
    """

    def __init__(
        self, store: AlertStore, *, webhooks: Webhooks, clock: Callable[[], datetime], progress: Progress
    ) -> None:
        self._engine, self._webhooks, self._clock, self._progress = store.engine, webhooks, clock, progress

    def deliver(self) -> int:
        """Send what is due; returns how many arrived. After a failure its address rests until the next call."""
        arrived = 0
        for address in self._webhooks.addresses:
            self._fill(address)
            for due in self._due(address):
                if not self._claim(due):
                    continue  # another worker sends it
                if not self._sent(due):
                    break
                arrived += 1
        return arrived

    def _fill(self, address: str) -> None:
        """Write down for an address every alert that was raised since it is known and is not written down yet."""
        now = stamp(self._clock())
        with self._engine.begin() as connection:
            after = connection.execute(sa.select(RECEIVERS.c.after).where(RECEIVERS.c.address == address)).scalar()
        if after is None:
            self._greet(address)
            return
        known = sa.exists().where(DELIVERIES.c.alert_id == ALERTS.c.alert_id, DELIVERIES.c.address == address)
        missing = sa.select(ALERTS.c.alert_id, sa.literal(address), sa.literal(0), sa.literal(now, sa.BigInteger()))
        fresh = missing.where(ALERTS.c.number > after, ~known)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    sa.insert(DELIVERIES).from_select(["alert_id", "address", "attempts", "next_at"], fresh)
                )
        except sa.exc.IntegrityError:
            return  # another worker wrote them down at the same moment

    def _greet(self, address: str) -> None:
        last = sa.select(sa.func.coalesce(sa.func.max(ALERTS.c.number), 0)).scalar_subquery()
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(RECEIVERS).values(address=address, after=last))
        except sa.exc.IntegrityError:
            return  # another worker was first

    def _due(self, address: str) -> Sequence[Due]:
        columns = (ALERTS, DELIVERIES.c.attempts, DELIVERIES.c.next_at)
        joined = sa.select(*columns).join(DELIVERIES, DELIVERIES.c.alert_id == ALERTS.c.alert_id)
        now = self._clock()
        # What is to come later than any wait was put off before the clock was set back.
        come = (DELIVERIES.c.next_at <= stamp(now)) | (DELIVERIES.c.next_at > stamp(now + WAITS[-1]))
        wanted = joined.where(DELIVERIES.c.address == address, come)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(ALERTS.c.number).limit(AT_ONCE)).mappings().all()
        return [Due(raised_of(row), address, row["attempts"], row["next_at"]) for row in rows]

    def _claim(self, due: Due) -> bool:
        """Write an attempt down before it is made; False if another worker did."""
        wait = WAITS[min(due.attempts, len(WAITS) - 1)]
        later = {"attempts": due.attempts + 1, "next_at": stamp(self._clock() + wait)}
        own = _own(due) & (DELIVERIES.c.attempts == due.attempts) & (DELIVERIES.c.next_at == due.next_at)
        with self._engine.begin() as connection:
            return bool(connection.execute(sa.update(DELIVERIES).where(own).values(**later)).rowcount)

    def _sent(self, due: Due) -> bool:
        try:
            self._webhooks.send(due.raised, address=due.address, now=self._clock())
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            self._failed(due, fault=f"{type(error).__name__}: {error}"[:500])
            return False
        self._write(due, delivered_at=stamp(self._clock()), next_at=None, fault=None)
        return True

    def _failed(self, due: Due, *, fault: str) -> None:
        if due.attempts < len(WAITS):
            self._write(due, fault=fault)
            return
        self._write(due, next_at=None, fault=fault)
        tries = due.attempts + 1
        self._progress(f"alert {due.raised.alert.alert_id} is given up after {tries} attempts to send it: {fault}")

    def _write(self, due: Due, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(DELIVERIES).where(_own(due)).values(**values))


def _own(due: Due) -> sa.ColumnElement[bool]:
    return (DELIVERIES.c.alert_id == due.raised.alert.alert_id) & (DELIVERIES.c.address == due.address)
