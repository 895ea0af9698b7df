"""The shapes of alerts and of what is asked about them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from api.queries import CURSOR, INSTANT, NoQuery
from api.schemas import PERIOD, Shape
from forecaster.domain.alerts import Raised, Wanted
from forecaster.domain.instants import FORMS, beginning

Kind = Literal[
    "job-failed",
    "champion-changed",
    "champion-kept",
    "release-overdue",
    "habit-changed",
    "data-anomaly",
    "accuracy-drift",
    "disk-low",
    "vintage-damaged",
]


class AlertsQuery(NoQuery):
    """Which alerts."""

    kind: Kind | None = None
    since: str | None = Field(
        None, description=f"raised since: {FORMS}", max_length=40, examples=["2026-06-30"], json_schema_extra=INSTANT
    )
    open: bool | None = Field(None, description="only those that nobody sees to and that last, or only the others")
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, pattern=CURSOR, description="`next_cursor` of the page before", max_length=500)

    def wanted(self) -> Wanted:
        """Which alerts are asked for. Raises BadParameter: `since` is neither a day nor an instant."""
        since = None if self.since is None else beginning(self.since, name="since")
        return Wanted(self.kind, since, self.open)


class AlertOut(Shape):
    """One fact to hear of."""

    alert_id: str = Field(description="the same fact, the same id: webhooks carry it as `webhook-id`")
    kind: Kind
    severity: Literal["info", "warning", "error"]
    at: datetime = Field(description="of the fact")
    about: Mapping[str, str] = Field(description="what it concerns: series, sector, source, job, vintage, …")
    text: str
    evidence: Mapping[str, Any] = Field(description="the figures behind it")
    link: str = Field(description="where the service tells more")
    state: Literal["open", "acknowledged", "closed"]
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None = Field(description="when it had ended; news are closed as they are raised")


class AlertsOut(Shape):
    """Alerts, the latest first."""

    items: list[AlertOut]
    next_cursor: str | None


class NextReleaseOut(Shape):
    """When a body's next figures usually come."""

    source: str
    name: str
    series: int = Field(description="that it reports")
    period: str = PERIOD
    due: date = Field(description="its usual day; in the past where it is late")


class SectorCoverageOut(Shape):
    """How often figures fell outside an interval, beside what it promised."""

    sector: str
    level: int = Field(description="of the interval, in percent")
    windows: int = Field(description="disjoint spans of forecasts, the latest twelve at most")
    figures: int
    outside: float = Field(description="share, windows alike")
    promised: float = Field(description="the share that the level allows, or that the backtest had where it was more")
    p_value: float = Field(description="probability, at most, of as large a share by chance; 1 below three windows")


class CoverageOut(Shape):
    """Realised against nominal coverage, when last the worker looked."""

    at: datetime
    sectors: list[SectorCoverageOut]


def alert_body(raised: Raised) -> dict[str, Any]:
    """An alert as it is answered."""
    own = {name: value for name, value in asdict(raised).items() if name != "alert"}
    return {**asdict(raised.alert), "state": raised.state, **own}
