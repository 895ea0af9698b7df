"""Forecasts of the series that a caller names, in one answer."""

from collections.abc import Iterator
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from api.answers import VARY, json_bytes, packed, vintage_of
from api.bodies import forecast_json, issued_body
from api.encodings import choose_encoding
from api.forecast_tables import Points, forecast_frames
from api.formats import TABLES, attachment, choose_format
from api.in_turn import in_turn
from api.problems import problem_body
from api.queries import Batch, BatchQuery
from api.routes.forecasts import check_horizon
from api.schemas import BatchOut
from api.shapes import Shape
from api.tables import table_parts
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.domain.errors import BadInput

router = APIRouter(prefix="/v1", tags=["forecasts"])

SUGGESTED = 5
"""So many ids without a forecast are told what was meant: looking for it takes longer than a thousand forecasts."""

Answered = list[tuple[Row, Points]]
Failed = dict[str, BadInput]
"""Id -> why there is no forecast."""


@router.post("/forecasts:batch", response_model=BatchOut)
async def batch(request: Request, query: Annotated[BatchQuery, Query()], wanted: Batch) -> Response:
    """Forecasts of up to 1,000 series; an id without one is an error entry beside the answers.

    A table has a column `error`: null beside a forecast, else why there is none.
    """
    return await in_turn(request, lambda: _batch(request, query, wanted))


def _batch(request: Request, query: BatchQuery, wanted: Batch) -> Response:
    vintage = vintage_of(request, at=wanted.instant())
    check_horizon(vintage, wanted.horizon)
    shape = wanted.shape()
    media = choose_format(request, asked=query.format)
    answered, failed = _found(vintage, wanted, shape=shape)
    headers = {**attachment(media, name="forecasts"), "Cache-Control": "no-store", "Vary": VARY}
    if media in TABLES:
        schema = pl.Schema({**shape.schema(), "error": pl.String()})
        body = b"".join(table_parts(_frames(vintage, answered, failed, shape), schema=schema, media=media))
    else:
        body = json_bytes(_whole(vintage, answered, failed, shape))
    return packed(body, media=media, encoding=choose_encoding(request, media=media), headers=headers)


def _found(vintage: OpenVintage, wanted: Batch, *, shape: Shape) -> tuple[Answered, Failed]:
    needed = shape.uncertain().values()
    answered: Answered = []
    failed: Failed = {}
    there = vintage.find_many(wanted.series)
    for series_id in dict.fromkeys(wanted.series):
        try:
            row = there.get(series_id) or vintage.find(series_id, suggest=len(failed) < SUGGESTED)
            points = vintage.points(row, horizon=wanted.horizon, basis=wanted.basis, quantiles=needed)
            answered.append((row, points))
        except BadInput as error:
            failed[series_id] = error
    return answered, failed


def _whole(vintage: OpenVintage, answered: Answered, failed: Failed, shape: Shape) -> dict[str, Any]:
    return {
        "vintage": issued_body(vintage.issue),
        "items": [forecast_json(vintage, row, points=points, shape=shape) for row, points in answered],
        "errors": [{"series_id": series_id, **problem_body(error)} for series_id, error in failed.items()],
    }


def _frames(vintage: OpenVintage, answered: Answered, failed: Failed, shape: Shape) -> Iterator[pl.DataFrame]:
    for frame in forecast_frames(vintage, answered, shape=shape):
        yield frame.with_columns(error=pl.lit(None, dtype=pl.String))
    if failed:
        without = pl.DataFrame({"series_id": list(failed), "error": [str(error) for error in failed.values()]})
        absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in shape.schema().items() if name != "series_id"]
        yield without.with_columns(absent).select(*shape.schema(), "error")
