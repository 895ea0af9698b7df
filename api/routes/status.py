"""What is in service, and how fresh it is."""

import hashlib
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.alert_schemas import alert_body
from api.alerting import alerts_of
from api.answers import begun, json_bytes, tagged, vintages_of
from api.bodies import period, vintage_body
from api.cursors import make_cursor
from api.filters import check_known
from api.operating import jobs_of
from api.queries import StatusQuery
from api.status_schemas import StatusOut
from forecaster import monitoring
from forecaster.domain.alerts import COVERAGE, Wanted
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import AlertsUnreachable, JobsUnreachable
from forecaster.domain.freshness import Freshness
from forecaster.monitoring import MissedRelease, NextRelease

router = APIRouter(prefix="/v1", tags=["accuracy"])

LAST_JOBS = 10
LAST_ALERTS = 20


@router.get("/status", response_model=StatusOut)
def status(request: Request, query: Annotated[StatusQuery, Query()]) -> Response:
    """The vintage in service, how fresh each reported series is, which releases are due and overdue, jobs, alerts.

    Where the files of the vintage that should be served are damaged, `broken` names it, and an earlier one is served. A
    release is overdue 15 days after its usual day. `jobs` and `alerts` are null where they can't be reached.
    """
    vintage, after = begun(request, query.cursor)
    catalogue = request.app.state.catalogue
    check_known(query.sector, name="sector", series=vintage.series, catalogue=catalogue)
    now: datetime = request.app.state.clock()
    broken, jobs, heard = _broken(request), _last_jobs(request), _heard(request)
    unrecorded: int = request.app.state.operations.unrecorded()
    stamp = json_bytes([vintage.digest, now.date(), broken, jobs, heard, unrecorded])

    def build() -> bytes:
        found = monitoring.fresh(vintage.series, catalogue=catalogue, today=now.date())
        wanted = [one for one in found if _is_wanted(one, query)]
        rest = [one for one in wanted if one.series_id > after]
        page = rest[: query.limit]
        cursor = make_cursor(vintage.issue.vintage_id, after=page[-1].series_id) if len(rest) > query.limit else None
        return json_bytes(
            {
                "today": now.date(),
                "vintage": vintage_body(vintage.issue),
                "broken": broken,
                "series": len(wanted),
                "overdue": sum(one.missed > 0 for one in wanted),
                "missed": [_missed_body(one) for one in monitoring.missed_releases(wanted)],
                "calendar": [_next_body(one, catalogue) for one in monitoring.calendar(wanted)],
                "jobs": jobs,
                "unrecorded": unrecorded,
                **heard,
                "items": [_fresh_body(one) for one in page],
                "next_cursor": cursor,
            }
        )

    digest = hashlib.sha256(stamp).hexdigest()
    return tagged(request, digest=digest, changed=vintage.issue.issued_at, build=build)


def _is_wanted(one: Freshness, query: StatusQuery) -> bool:
    of_sector = query.sector is None or one.series_id.split(".", maxsplit=1)[0] == query.sector
    return of_sector and (query.overdue is None or query.overdue == (one.missed > 0))


def _broken(request: Request) -> dict[str, Any] | None:
    found = vintages_of(request).broken()
    return {"id": found.vintage_id, "reason": found.what} if found else None


def _last_jobs(request: Request) -> list[dict[str, Any]] | None:
    try:
        with jobs_of(request) as jobs:
            return [asdict(job) for job in jobs.jobs(limit=LAST_JOBS)]
    except JobsUnreachable:
        return None  # told as null: what is in service can be seen all the same


def _heard(request: Request) -> dict[str, Any]:
    """Open alerts, and the coverage that was found when figures were last looked at."""
    try:
        with alerts_of(request) as alerts:
            found = alerts.alerts(Wanted(is_open=True), limit=LAST_ALERTS)
            return {"alerts": [alert_body(one) for one in found], "coverage": alerts.noted(COVERAGE)}
    except AlertsUnreachable:
        return {"alerts": None, "coverage": None}  # as with jobs


def _next_body(one: NextRelease, catalogue: Catalogue) -> dict[str, Any]:
    return {**asdict(one), "name": catalogue.sources[one.source].name, "period": period(one.period)}


def _missed_body(one: MissedRelease) -> dict[str, Any]:
    return {**asdict(one), "since": period(one.since)}


def _fresh_body(one: Freshness) -> dict[str, Any]:
    due: date | None = one.next_due
    return {**asdict(one), "last_period": period(one.last_period), "next_due": due}
