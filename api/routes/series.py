"""Sectors, series and their observations."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import CSV, answer, choose_format, csv_attachment, json_bytes, vintages_of
from api.bodies import OBSERVATION_COLUMNS, csv_bytes, issued_body, observation_bodies, series_body
from api.cursors import make_cursor, read_cursor
from api.queries import NoQuery, ObservationsQuery, SeriesPage
from api.schemas import ObservationsOut, SectorsOut, SeriesOneOut, SeriesPageOut
from api.sectors import sector_bodies
from forecaster.domain.errors import BadParameter

router = APIRouter(prefix="/v1", tags=["series"])

SeriesId = Annotated[str, Path(max_length=200, examples=["ev.production.CN"])]


@router.get("/sectors", response_model=SectorsOut)
def sectors(request: Request, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """Sectors with their measures, units, sources, regions, number of series and freshness."""
    vintage = vintages_of(request).current()

    def build() -> bytes:
        items = sector_bodies(vintage.series, catalogue=request.app.state.catalogue)
        return json_bytes({"vintage": issued_body(vintage.issue), "items": items})

    return answer(request, vintage=vintage, build=build)


@router.get("/series", response_model=SeriesPageOut)
def series(request: Request, query: Annotated[SeriesPage, Query()]) -> Response:
    """Series with their metadata, by id; those without a forecast say why."""
    began, after = read_cursor(query.cursor) if query.cursor else (None, "")
    vintage = vintages_of(request).find(began) if began else vintages_of(request).current()

    def build() -> bytes:
        rows = vintage.select(equal=query.equal(), words=query.q, after=after, limit=query.limit + 1)
        page = rows[: query.limit]
        more = len(rows) > query.limit
        return json_bytes(
            {
                "vintage": issued_body(vintage.issue),
                "items": [series_body(row) for row in page],
                "next_cursor": make_cursor(vintage.issue.vintage_id, after=page[-1]["series_id"]) if more else None,
            }
        )

    return answer(request, vintage=vintage, build=build)


@router.get("/series/{series_id}", response_model=SeriesOneOut)
def one_series(request: Request, series_id: SeriesId, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """One series."""
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    return answer(
        request,
        vintage=vintage,
        build=lambda: json_bytes({**series_body(row), "vintage": issued_body(vintage.issue)}),
    )


@router.get("/series/{series_id}/observations", response_model=ObservationsOut)
def observations(request: Request, series_id: SeriesId, query: Annotated[ObservationsQuery, Query()]) -> Response:
    """The panel of a series: each month's value with how it was obtained. JSON or CSV."""
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    media = choose_format(request, asked=query.format)
    months = _between(query)

    def build() -> bytes:
        items = observation_bodies(vintage.history(row).filter(*months))
        if media == CSV:
            before, vintage_id = (series_id, row["unit"], query.basis), vintage.issue.vintage_id
            lines = (
                (series_id, item["period"], *before[1:], item["value"], item["obtained"], vintage_id) for item in items
            )
            return csv_bytes([OBSERVATION_COLUMNS, *lines])
        head = {key: row[key] for key in ("series_id", "name", "name_zh", "unit")}
        return json_bytes({**head, "basis": query.basis, "vintage": issued_body(vintage.issue), "items": items})

    return answer(request, vintage=vintage, build=build, media=media, headers=csv_attachment(media, name=series_id))


def _between(query: ObservationsQuery) -> Iterator[pl.Expr]:
    first, last = (date.fromisoformat(f"{end}-01") if end else None for end in (query.from_, query.to))
    if first and last and first > last:
        raise BadParameter(name="from", what=f"{query.from_} lies behind `to`, {query.to}.")
    return iter([*([pl.col("ds") >= first] if first else []), *([pl.col("ds") <= last] if last else [])])
