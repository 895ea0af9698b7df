"""Forecasts, one and many."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.answers import answer, begun, json_bytes, vintage_of, vintages_of
from api.bodies import forecast_body, forecast_json, issued_body
from api.cursors import make_cursor
from api.filters import columns
from api.forecast_tables import Points, forecast_frames
from api.formats import TABLES, attachment, choose_format
from api.queries import ForecastQuery, ForecastsPage
from api.routes.series import SeriesId
from api.schemas import ForecastOut, ForecastsOut
from api.shapes import Shape
from api.tables import table_parts
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.domain.errors import HorizonTooLong
from forecaster.domain.published_basis import MONTH, bases_of

router = APIRouter(prefix="/v1", tags=["forecasts"])


@router.get("/forecasts/{series_id}", response_model=ForecastOut)
async def forecast(request: Request, series_id: SeriesId, query: Annotated[ForecastQuery, Query()]) -> Response:
    """The latest forecast of a series, or the one in service at an instant."""
    if _is_quick(request, series_id, query):  # in threads, sixteen at a time take twice as long: each waits for Python
        return _forecast(request, series_id, query)
    return await run_in_threadpool(_forecast, request, series_id, query)


def _is_quick(request: Request, series_id: str, query: ForecastQuery) -> bool:
    """Whether an answer takes no file to be opened and no id to be guessed: some hundred microseconds."""
    vintage = vintages_of(request).unmoved()
    return query.as_of is None and query.basis == MONTH and vintage is not None and vintage.has(series_id)


def _forecast(request: Request, series_id: str, query: ForecastQuery) -> Response:
    vintage = vintage_of(request, at=query.instant())
    row = vintage.find(series_id)
    shape = query.shape()
    points = vintage.points(row, horizon=query.horizon, basis=query.basis, quantiles=shape.uncertain().values())
    media = choose_format(request, asked=query.format)

    def build() -> bytes:
        if media in TABLES:
            frames = forecast_frames(vintage, [(row, points)], shape=shape)
            return b"".join(table_parts(frames, schema=shape.schema(), media=media))
        return json_bytes(forecast_body(vintage, row, points=points, shape=shape))

    return answer(request, vintage=vintage, build=build, media=media, headers=attachment(media, name=series_id))


@router.get("/forecasts", response_model=ForecastsOut)
def forecasts(request: Request, query: Annotated[ForecastsPage, Query()]) -> Response:
    """The latest forecasts of many series; JSON names the series without one, with the reason.

    CSV, Parquet, Arrow and NDJSON without `limit` and `cursor` hold every series of the filter, and are streamed.
    """
    vintage, after = begun(request, query.cursor, at=None if query.cursor else query.instant())
    check_horizon(vintage, query.horizon)
    equal = columns(query, series=vintage.series, catalogue=request.app.state.catalogue)
    shape = query.shape()
    media = choose_format(request, asked=query.format)
    headers = dict(attachment(media, name="forecasts"))

    def table(rows: Iterator[Row]) -> Iterator[bytes]:
        found = _with_points(vintage, rows, horizon=query.horizon, shape=shape)
        return table_parts(forecast_frames(vintage, found, shape=shape), schema=shape.schema(), media=media)

    if media in TABLES and query.is_whole():
        everything = vintage.every(equal=equal, words=query.q)
        return answer(request, vintage=vintage, build=lambda: table(everything), media=media, headers=headers)
    rows = vintage.select(equal=equal, words=query.q, after=after, limit=query.limit + 1)
    page, cursor = rows[: query.limit], None
    if len(rows) > query.limit:
        cursor = make_cursor(vintage.issue.vintage_id, after=page[-1]["series_id"])
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'

    def build() -> bytes:
        if media in TABLES:
            return b"".join(table(iter(page)))
        return json_bytes({**_page(vintage, page, query, shape), "next_cursor": cursor})

    return answer(request, vintage=vintage, build=build, media=media, headers=headers)


def check_horizon(vintage: OpenVintage, horizon: int) -> None:
    """Refuse a horizon that no series of a vintage has.

    Raises:
        HorizonTooLong: more months than any series was forecast for.
    """
    available = vintage.horizon
    if available and horizon > available:
        raise HorizonTooLong(asked=horizon, available=available)


def missing(row: Row, *, basis: str) -> str | None:
    """Why a series has no forecast in a basis; None where it has one."""
    if not row["row_count"]:
        return str(row["status"])
    return None if basis in bases_of(row["kind"]) else f"A {row['kind']} is not added up over months."


def _with_points(
    vintage: OpenVintage, rows: Iterator[Row], *, horizon: int, shape: Shape
) -> Iterator[tuple[Row, Points]]:
    basis, needed = shape.basis, shape.uncertain().values()
    for row in rows:
        if missing(row, basis=basis) is None:
            months = min(horizon, row["row_count"])
            yield row, vintage.points(row, horizon=months, basis=basis, quantiles=needed)


def _page(vintage: OpenVintage, rows: list[dict[str, Any]], query: ForecastsPage, shape: Shape) -> dict[str, Any]:
    found = _with_points(vintage, iter(rows), horizon=query.horizon, shape=shape)
    reasons = [(row["series_id"], missing(row, basis=query.basis)) for row in rows]
    return {
        "vintage": issued_body(vintage.issue),
        "items": [forecast_json(vintage, row, points=points, shape=shape) for row, points in found],
        "missing": [{"series_id": series_id, "reason": why} for series_id, why in reasons if why is not None],
    }
