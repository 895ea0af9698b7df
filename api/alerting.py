"""What the service needs to tell of alerts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from fastapi import Request

from forecaster.domain.alerts import Alerts
from forecaster.domain.errors import AlertsUnreachable


class AlertsDoor(Protocol):
    """Leads to alerts, which may be out of reach."""

    def open(self) -> AbstractContextManager[Alerts]:
        """Alerts for the time of a block. Raises AlertsUnreachable, at its head or within it."""


class NoAlerts:
    """A service without alerts."""

    def open(self) -> AbstractContextManager[Alerts]:
        """Nothing is there to open."""
        raise AlertsUnreachable(why="this service was started without them")


def alerts_of(request: Request) -> AbstractContextManager[Alerts]:
    """Alerts of the application that a request came to."""
    door: AlertsDoor = request.app.state.alerts
    return door.open()


def open_counter(door: AlertsDoor) -> Callable[[], dict[str, int]]:
    """Counts open alerts by kind."""

    def count() -> dict[str, int]:
        with door.open() as alerts:
            return alerts.open_by_kind()

    return count
