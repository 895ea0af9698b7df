"""Releases of official figures, taken in."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from api.answers import fresh
from api.auth import scope
from api.intake import CONTENT, Intake, content_type, kept
from api.operating import announce
from api.queries import ReleaseQuery
from api.schemas import TakenOut
from forecaster.domain.news import News

router = APIRouter(prefix="/v1", tags=["series"])

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself; its columns are those of `sectorcast ingest`.",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in CONTENT},
    }
}


@router.post("/observations", response_model=TakenOut, dependencies=[scope("write")], openapi_extra=BODY)
async def take_in(request: Request, query: Annotated[ReleaseQuery, Query()]) -> Response:
    """Take a release in: CSV, XLSX, Parquet or JSON, validated whole before anything is stored; all of it or nothing.

    Sending it again stores nothing; schedules that could not be told of it are told then. Forecasts take the figures up
    with the next run.
    """
    content = content_type(request)
    intake: Intake = request.app.state.intake
    async with kept(request) as file:
        taken = await intake.take(file, content=content, options=query.options(), dry_run=query.dry_run)
    news = [News.read(told) for told in taken.pop("news")]
    schedules = await to_thread.run_sync(lambda: announce(request, news=news)) if news else []
    return fresh({**taken, "schedules": schedules})
