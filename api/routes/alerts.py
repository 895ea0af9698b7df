"""Alerts: read them, say that somebody sees to one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.alert_schemas import AlertOut, AlertsOut, AlertsQuery, alert_body
from api.alerting import alerts_of
from api.answers import fresh
from api.auth import scope
from api.cursors import make_cursor, read_cursor
from api.plain import install_plain
from api.queries import NoQuery
from forecaster.domain.errors import UnknownCursor

install_plain()

router = APIRouter(prefix="/v1", tags=["alerts"])

AlertId = Annotated[str, Path(max_length=100, examples=["alert-7d0f2a9c51e84b36d2c0aa17"])]
ALERTS = "alerts"  # what a cursor of theirs begins with


@router.get("/alerts", response_model=AlertsOut, dependencies=[scope("read")])
def list_alerts(request: Request, query: Annotated[AlertsQuery, Query()]) -> Response:
    """What an operator should hear of, the latest first; one alert a fact.

    Kinds: job failed, champion changed or kept, release overdue, habit of a source changed, data anomaly (also
    doubtful figures of a release), accuracy drift, disk low. Webhooks get the same.
    """
    wanted = query.wanted()
    after = _after(query.cursor)
    with alerts_of(request) as alerts:
        found = alerts.alerts(wanted, limit=query.limit + 1, after=after)
    page = found[: query.limit]
    cursor = make_cursor(ALERTS, after=page[-1].alert.alert_id) if len(found) > query.limit else None
    return fresh({"items": [alert_body(one) for one in page], "next_cursor": cursor})


@router.post("/alerts/{alert_id:plain}:acknowledge", response_model=AlertOut, dependencies=[scope("operate")])
def acknowledge(request: Request, alert_id: AlertId, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """Say that somebody sees to an alert: it is open no longer. A second time, the first one stays."""
    with alerts_of(request) as alerts:
        kept = alerts.acknowledge(alert_id, by=f"key {request.state.key}", now=request.app.state.clock())
    return fresh(alert_body(kept))


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    list_of, after = read_cursor(cursor)
    if list_of != ALERTS:
        raise UnknownCursor
    return after
