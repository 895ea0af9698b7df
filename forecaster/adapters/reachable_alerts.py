"""Alerts of a database that may be out of reach: opened when first needed, and again after a failure."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecaster.domain.errors import AlertsUnreachable

if TYPE_CHECKING:
    from forecaster.adapters.alert_store import AlertStore

log = logging.getLogger(__name__)


class ReachableAlerts:
    """Leads to alerts; whoever never asks for them loads none of what they need.

    Args:
        address: of their database.
        patience: seconds that it is waited for if another process holds it; None: as long as a request may.
    """

    def __init__(self, address: str, *, patience: float | None = None) -> None:
        self._address, self._patience = address, patience
        self._opening = threading.Lock()
        self._store: AlertStore | None = None

    @contextmanager
    def open(self) -> Iterator["AlertStore"]:
        """Alerts for the time of a block.

        Raises:
            AlertsUnreachable: the database can't be opened, or fails within the block.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # a fifth of a second that reading needs not

        try:
            yield self._opened()
        except (SQLAlchemyError, OSError) as error:
            log.warning("alerts can't be reached: %s", error)  # it may name host and user: for the log alone
            raise AlertsUnreachable(why=f"their database fails ({type(error).__name__})") from error

    def close(self) -> None:
        """Let the database go."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> "AlertStore":
        from forecaster.adapters.alert_store import AlertStore  # noqa: PLC0415  # as above
        from forecaster.adapters.impatient_sqlite import HELD, PATIENCE  # noqa: PLC0415  # as above

        patience = PATIENCE if self._patience is None else self._patience
        if not self._opening.acquire(timeout=patience):  # one waits for a locked database, not one after the other
            raise AlertsUnreachable(why=HELD)
        try:
            if self._store is None:
                self._store = AlertStore(self._address, patience=patience)
            return self._store
        finally:
            self._opening.release()
