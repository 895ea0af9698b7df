"""Alerts of a database that may be out of reach."""

from typing import TYPE_CHECKING

from forecaster.adapters.reachable import Reachable
from forecaster.domain.errors import AlertsUnreachable

if TYPE_CHECKING:
    from forecaster.adapters.alert_store import AlertStore


class ReachableAlerts(Reachable["AlertStore"]):
    """Leads to alerts.

    Args:
        address: of their database.
        patience: seconds that it is waited for if another process holds it; None: as long as a request may.
    """

    def __init__(self, address: str, *, patience: float | None = None) -> None:
        def make() -> "AlertStore":
            from forecaster.adapters.alert_store import AlertStore  # noqa: PLC0415  # loaded by whoever asks for alerts
            from forecaster.adapters.impatient_sqlite import PATIENCE  # noqa: PLC0415  # as above

            return AlertStore(address, patience=PATIENCE if patience is None else patience)

        super().__init__("alerts", make=make, unreachable=AlertsUnreachable, patience=patience)
