"""The fan chart of a forecast: its Vega-Lite specification, and drawn."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import orjson
from altair import LayerChart
from fastapi import APIRouter, Query, Request, Response

from api.answers import answer, vintages_of
from api.encodings import SVG
from api.formats import JSON
from api.queries import ChartQuery
from api.routes.series import SeriesId
from forecaster.adapters.chart_images import as_png, as_svg
from forecaster.adapters.vintage_totals import points_frame
from forecaster.charts import fan_chart
from forecaster.domain.published_basis import MONTH

router = APIRouter(prefix="/v1", tags=["forecasts"])

PNG = "image/png"
DRAWN: Mapping[str, tuple[str, Callable[[LayerChart], bytes]]] = {"svg": (SVG, as_svg), "png": (PNG, as_png)}


@router.get("/forecasts/{series_id}/chart.json")
def specification(request: Request, series_id: SeriesId, query: Annotated[ChartQuery, Query()]) -> Response:
    """The fan chart as a Vega-Lite specification: history, mean, 80 and 95 % band, in a basis."""

    def written(chart: LayerChart) -> bytes:
        return orjson.dumps(chart.to_dict(validate=False))  # validated by a test; checking takes 60 ms of 75

    return _chart(request, series_id, basis=query.basis, titled=False, media=JSON, draw=written)


@router.get("/forecasts/{series_id}/chart.{ending}")
def image(
    request: Request,
    series_id: SeriesId,
    ending: Literal["svg", "png"],
    query: Annotated[ChartQuery, Query()],
) -> Response:
    """The fan chart as an image, SVG or PNG."""
    media, draw = DRAWN[ending]
    return _chart(request, series_id, basis=query.basis, titled=True, media=media, draw=draw)


def _chart(
    request: Request, series_id: str, *, basis: str, titled: bool, media: str, draw: Callable[[LayerChart], bytes]
) -> Response:
    """The chart of a series, drawn unless the caller has it; an image says itself what it shows."""
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    points = vintage.points(row, basis=basis)

    def build() -> bytes:
        history = vintage.known(row, basis=basis, catalogue=request.app.state.catalogue)
        name = row["name"] if basis == MONTH else f"{row['name']}, {basis}"
        title = name if titled else ""
        return draw(fan_chart(history, points_frame(points), title=title, unit=row["unit"], basis=basis))

    return answer(request, vintage=vintage, build=build, media=media)
