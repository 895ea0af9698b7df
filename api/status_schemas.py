"""The shape of the status: what is in service, how fresh and how good it is, what there is to hear of."""

from datetime import date
from typing import Any

from pydantic import Field

from api.alert_schemas import AlertOut, CoverageOut, NextReleaseOut
from api.schemas import FreshOut, MissedOut, Shape, VintageOut


class BrokenOut(Shape):
    """A vintage whose files are not what its manifest says, so that an earlier one is served."""

    id: str
    reason: str


class StatusOut(Shape):
    """What is in service, and how fresh it is."""

    today: date
    vintage: VintageOut = Field(description="that is served")
    broken: BrokenOut | None = Field(description="what should be served, and why it is refused; null where it is")
    series: int = Field(description="that a body reports")
    overdue: int
    missed: list[MissedOut]
    calendar: list[NextReleaseOut] = Field(description="the next release of each source, the earliest first")
    jobs: list[dict[str, Any]] | None = Field(description="the last ten, as `/v1/jobs` has them; null: out of reach")
    unrecorded: int = Field(
        description="runs of this home that ended while MLflow was out of reach and are not recorded there yet"
    )
    alerts: list[AlertOut] | None = Field(description="the latest twenty that are open; null: out of reach")
    coverage: CoverageOut | None = Field(description="null where nobody looked yet, or alerts are out of reach")
    items: list[FreshOut]
    next_cursor: str | None
