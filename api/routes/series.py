"""Sectors and series."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import answer, begun, json_bytes, vintages_of
from api.bodies import issued_body, series_body
from api.cursors import make_cursor
from api.filters import columns
from api.formats import TABLES, attachment, choose_format
from api.queries import NoQuery, SeriesPage
from api.schemas import SectorsOut, SeriesOneOut, SeriesPageOut
from api.sectors import sector_bodies
from api.series_tables import series_parts

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
    """Series with their metadata, by id; those without a forecast say why.

    CSV, Parquet, Arrow and NDJSON without `limit` and `cursor` hold every series of the filter, and are streamed.
    """
    vintage, after = begun(request, query.cursor)
    equal = columns(query, series=vintage.series, catalogue=request.app.state.catalogue)
    media = choose_format(request, asked=query.format)
    headers = attachment(media, name="series")
    if media in TABLES and query.is_whole():
        everything = vintage.every(equal=equal, words=query.q)
        return answer(
            request, vintage=vintage, build=lambda: series_parts(everything, media=media), media=media, headers=headers
        )

    def build() -> bytes:
        rows = vintage.select(equal=equal, words=query.q, after=after, limit=query.limit + 1)
        page = rows[: query.limit]
        if media in TABLES:
            return b"".join(series_parts(page, media=media))
        more = len(rows) > query.limit
        return json_bytes(
            {
                "vintage": issued_body(vintage.issue),
                "items": [series_body(row) for row in page],
                "next_cursor": make_cursor(vintage.issue.vintage_id, after=page[-1]["series_id"]) if more else None,
            }
        )

    return answer(request, vintage=vintage, build=build, media=media, headers=headers)


@router.get("/series/{series_id}", response_model=SeriesOneOut)
def one_series(request: Request, series_id: SeriesId, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """One series."""
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    return answer(
        request,
        vintage=vintage,
        build=lambda: json_bytes({**series_body(row), "vintage": issued_body(vintage.issue, sector=row["sector"])}),
    )
