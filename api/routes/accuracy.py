"""How good published forecasts turned out."""

from collections.abc import Mapping
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from api.answers import begun, digest_of, json_bytes, tagged, vintages_of
from api.bodies import issued_body
from api.cursors import make_cursor
from api.filters import check_known
from api.formats import TABLES, attachment, choose_format
from api.looking_back import LookingBack
from api.queries import AccuracyQuery
from api.schemas import AccuracyOut
from api.tables import table_parts
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.panel import SECTOR
from forecaster.domain.realised import realised_scores

router = APIRouter(prefix="/v1", tags=["accuracy"])

KEYS: Mapping[str, str] = {"horizon": "step", "series": "unique_id", "vintage": "vintage"}
"""What is asked for -> the column of FIGURES that it is."""

NAMES = {"horizon": "horizon", "series": "series_id", "vintage": "vintage"}


@router.get("/accuracy", response_model=AccuracyOut)
def accuracy(request: Request, query: Annotated[AccuracyQuery, Query()]) -> Response:
    """Published forecasts against what came since, of vintages that are or were in service; stated figures alone count.

    MASE, sMAPE (percent), bias, coverage of the 80 and 95 % interval, and skill over the seasonal naive forecast. A
    table without `limit` and `cursor` holds every row.
    """
    current, after = begun(request, query.cursor)
    issues = vintages_of(request).published()
    check_known(query.sector, name="sector", series=current.series, catalogue=request.app.state.catalogue)
    if query.series is not None:
        current.find(query.series)
    media = choose_format(request, asked=query.format)

    def build() -> bytes:
        looking: LookingBack = request.app.state.looking_back
        figures = _wanted(looking.figures(current, issues, against=query.against), query)
        items = realised_scores(figures, by=[KEYS[query.by]]).rename({KEYS[query.by]: NAMES[query.by]})
        start = int(after) if after.isdecimal() else 0
        page = items if media in TABLES and query.is_whole() else items.slice(start, query.limit)
        if media in TABLES:
            return b"".join(table_parts([page], schema=items.schema, media=media))
        end = start + len(page)
        cursor = make_cursor(current.issue.vintage_id, after=str(end)) if end < len(items) else None
        return json_bytes({**_about(current, figures, query), "items": page.to_dicts(), "next_cursor": cursor})

    newest = max([issue.issued_at for issue in issues], default=current.issue.issued_at)
    headers = attachment(media, name="accuracy")
    digest = digest_of(current, issues)
    return tagged(request, digest=digest, changed=newest, build=build, media=media, headers=headers)


def _wanted(figures: pl.DataFrame, query: AccuracyQuery) -> pl.DataFrame:
    wanted = []
    if query.sector is not None:
        wanted.append(pl.col("sector") == query.sector)
    if query.series is not None:
        wanted.append(pl.col("unique_id") == query.series)
    return figures.with_columns(SECTOR).filter(*wanted)


def _about(current: OpenVintage, figures: pl.DataFrame, query: AccuracyQuery) -> dict[str, Any]:
    return {
        "vintage": issued_body(current.issue),
        "by": query.by,
        "against": query.against,
        "vintages": figures["vintage"].unique().sort().to_list(),
        "overall": realised_scores(figures, by=[]).row(0, named=True),
    }
