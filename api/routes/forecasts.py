"""Forecasts, one and many, and the fan chart."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.answers import CSV, answer, choose_format, csv_attachment, json_bytes, vintages_of
from api.bodies import csv_bytes, forecast_body, forecast_columns, forecast_lines, issued_body
from api.cursors import make_cursor, read_cursor
from api.filters import columns
from api.queries import ChartQuery, ForecastQuery, ForecastShape, ForecastsPage
from api.routes.series import SeriesId
from api.schemas import ForecastOut, ForecastsOut
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.adapters.vintage_totals import points_frame
from forecaster.charts import fan_chart
from forecaster.domain.errors import HorizonTooLong
from forecaster.domain.published_basis import bases_of

router = APIRouter(prefix="/v1", tags=["forecasts"])

STREAMED = 500  # series a part of a streamed CSV


@router.get("/forecasts/{series_id}", response_model=ForecastOut)
def forecast(request: Request, series_id: SeriesId, query: Annotated[ForecastQuery, Query()]) -> Response:
    """The latest forecast of a series, or the one in service at an instant. JSON or CSV."""
    instant = query.instant()
    vintage = vintages_of(request).in_service_at(instant) if instant else vintages_of(request).current()
    row = vintage.find(series_id)
    points = vintage.points(row, horizon=query.horizon, basis=query.basis)
    shape = _shape(query)
    media = choose_format(request, asked=query.format)

    def build() -> bytes:
        if media == CSV:
            return csv_bytes([forecast_columns(**shape), *forecast_lines(vintage, row, points=points, **shape)])
        return json_bytes(forecast_body(vintage, row, points=points, **shape))

    return answer(request, vintage=vintage, build=build, media=media, headers=csv_attachment(media, name=series_id))


@router.get("/forecasts", response_model=ForecastsOut)
def forecasts(request: Request, query: Annotated[ForecastsPage, Query()]) -> Response:
    """The latest forecasts of many series; series without one are named with the reason.

    A CSV without `limit` and `cursor` holds every series of the filter.
    """
    began, after = read_cursor(query.cursor) if query.cursor else (None, "")
    vintage = vintages_of(request).find(began) if began else vintages_of(request).current()
    _check_horizon(vintage, query)
    equal = columns(query, series=vintage.series, catalogue=request.app.state.catalogue)
    shape = _shape(query)
    media = choose_format(request, asked=query.format)
    if media == CSV and not query.model_fields_set & {"limit", "cursor"}:
        headers = csv_attachment(media, name="forecasts")
        return answer(
            request, vintage=vintage, build=lambda: _all_csv(vintage, query, equal, shape), media=media, headers=headers
        )
    rows = vintage.select(equal=equal, words=query.q, after=after, limit=query.limit + 1)
    page = rows[: query.limit]
    cursor = None
    if len(rows) > query.limit:
        cursor = make_cursor(vintage.issue.vintage_id, after=page[-1]["series_id"])

    def build() -> bytes:
        if media == CSV:
            return csv_bytes([forecast_columns(**shape), *_lines(vintage, page, query, shape)])
        return json_bytes({**_page(vintage, page, query, shape), "next_cursor": cursor})

    headers = dict(csv_attachment(media, name="forecasts"))
    if cursor:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
    return answer(request, vintage=vintage, build=build, media=media, headers=headers)


@router.get("/forecasts/{series_id}/chart.json")
def chart(request: Request, series_id: SeriesId, query: Annotated[ChartQuery, Query()]) -> Response:
    """The fan chart as a Vega-Lite specification: history, mean, 80 and 95 % band, in a basis."""
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    points = vintage.points(row, basis=query.basis)

    def build() -> bytes:
        history = vintage.known(row, basis=query.basis, catalogue=request.app.state.catalogue)
        drawn = fan_chart(history, points_frame(points), title="", unit=row["unit"], basis=query.basis)
        return orjson.dumps(drawn.to_dict(validate=False))  # validated by a test; checking takes 60 ms of 75

    return answer(request, vintage=vintage, build=build)


def _shape(query: ForecastShape) -> dict[str, Any]:
    return {"quantiles": query.asked_quantiles(), "levels": query.asked_levels(), "basis": query.basis}


def _check_horizon(vintage: OpenVintage, query: ForecastsPage) -> None:
    available = int(vintage.series["row_count"].max() or 0)  # type: ignore[arg-type]  # a column of UInt32
    if available and query.horizon > available:
        raise HorizonTooLong(asked=query.horizon, available=available)


def _forecast_rows(
    vintage: OpenVintage, rows: list[dict[str, Any]], query: ForecastsPage
) -> Iterator[tuple[Row, dict[str, list[Any]]]]:
    for row in rows:
        if _missing(row, basis=query.basis) is None:
            yield row, vintage.points(row, horizon=min(query.horizon, row["row_count"]), basis=query.basis)


def _missing(row: Row, *, basis: str) -> str | None:
    """Why a series has no forecast in a basis; None where it has one."""
    if not row["row_count"]:
        return str(row["status"])
    return None if basis in bases_of(row["kind"]) else f"A {row['kind']} is not added up over months."


def _page(
    vintage: OpenVintage, rows: list[dict[str, Any]], query: ForecastsPage, shape: dict[str, Any]
) -> dict[str, Any]:
    return {
        "vintage": issued_body(vintage.issue),
        "items": [
            forecast_body(vintage, row, points=points, **shape) for row, points in _forecast_rows(vintage, rows, query)
        ],
        "missing": [
            {"series_id": row["series_id"], "reason": reason}
            for row in rows
            if (reason := _missing(row, basis=query.basis)) is not None
        ],
    }


def _lines(
    vintage: OpenVintage, rows: list[dict[str, Any]], query: ForecastsPage, shape: dict[str, Any]
) -> Iterator[list[Any]]:
    for row, points in _forecast_rows(vintage, rows, query):
        yield from forecast_lines(vintage, row, points=points, **shape)


def _all_csv(
    vintage: OpenVintage, query: ForecastsPage, equal: dict[str, str], shape: dict[str, Any]
) -> Iterator[bytes]:
    yield csv_bytes([forecast_columns(**shape)])
    after = ""
    while rows := vintage.select(equal=equal, words=query.q, after=after, limit=STREAMED):
        yield csv_bytes(_lines(vintage, rows, query, shape))
        after = rows[-1]["series_id"]
