"""The figures of a series: as the models saw them, as they were known at an instant, as they were published."""

from datetime import datetime
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from api.answers import answer, json_bytes, vintages_of
from api.bodies import (
    contradiction_bodies,
    issued_body,
    observation_body,
    report_bodies,
)
from api.formats import TABLES, attachment, choose_format
from api.queries import ObservationsQuery
from api.routes.series import SeriesId
from api.schemas import ObservationsOut
from api.tables import table_parts
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.derived import rests_on
from forecaster.domain.errors import BadParameter, NotDeclared
from forecaster.domain.months import month_from_number
from forecaster.domain.observed import Derivation, Known, derivation, known_figures
from forecaster.domain.panel import CONTRADICTIONS
from forecaster.domain.published_basis import MONTH, check_basis
from forecaster.domain.reports import known_at

COLUMNS = pl.Schema(
    {name: pl.String() for name in ("series_id", "period", "unit", "basis")}
    | {"value": pl.Float64(), "obtained": pl.String(), "vintage": pl.String()}
)
"""Of a table of figures."""

router = APIRouter(prefix="/v1", tags=["series"])


@router.get("/series/{series_id}/observations", response_model=ObservationsOut)
def observations(request: Request, series_id: SeriesId, query: Annotated[ObservationsQuery, Query()]) -> Response:
    """The figures of a series: each with how it was obtained, now or as known at an instant.

    With `include_history` come the reports behind them as they were published, and where they contradict each other.
    """
    vintage = vintages_of(request).current()
    row = vintage.find(series_id)
    check_basis(query.basis, series_id=series_id, kind=row["kind"])
    query.months()
    media = choose_format(request, asked=query.format)
    if media in TABLES and query.include_history:
        raise BadParameter(name="include_history", what="a table has no place for reports; ask for JSON.")
    known_until = vintage.issue.of(row["sector"]).data_as_of
    as_of = min(query.instant() or known_until, known_until)

    def build() -> bytes:
        known = _known(vintage, row, query, as_of=as_of, catalogue=request.app.state.catalogue)
        if media in TABLES:
            frame = _table(known, row, basis=query.basis, vintage_id=vintage.issue.vintage_id)
            return b"".join(table_parts([frame], schema=COLUMNS, media=media))
        head = {key: row[key] for key in ("series_id", "name", "name_zh", "unit")}
        about = {"basis": query.basis, "vintage": issued_body(vintage.issue, sector=row["sector"]), "as_of": as_of}
        items = [observation_body(one, with_reports=query.include_history) for one in known.figures]
        behind = _behind(known, catalogue=request.app.state.catalogue) if query.include_history else {}
        return json_bytes({**head, **about, "items": items, **behind})

    return answer(request, vintage=vintage, build=build, media=media, headers=attachment(media, name=series_id))


def _known(vintage: OpenVintage, row: Row, query: ObservationsQuery, *, as_of: datetime, catalogue: Catalogue) -> Known:
    """The figures asked for; derived anew only where the vintage does not hold them as they are."""
    series_id = row["series_id"]
    first, last = query.months()
    months = None if query.as_of else vintage.months(row)
    if months is None or query.include_history:
        _check_declared(series_id, query, catalogue=catalogue)
        reports = known_at(vintage.reports(rests_on(series_id, catalogue=catalogue)), as_of=as_of)
        derived = derivation(series_id, reports=reports, catalogue=catalogue)
        derived = derived if months is None else Derivation(months, derived.contradictions)
    else:
        reports = vintage.reports([] if query.basis == MONTH else [series_id])
        derived = Derivation(months, pl.DataFrame(schema=CONTRADICTIONS))
    return known_figures(
        series_id, derived=derived, reports=reports, basis=query.basis, catalogue=catalogue, first=first, last=last
    )


def _check_declared(series_id: str, query: ObservationsQuery, *, catalogue: Catalogue) -> None:
    """Refuse to work figures out anew of a series that the vintage has and the catalogue no longer declares.

    Raises:
        NotDeclared: it is one; the figures that the vintage holds can be had.
    """
    if series_id not in catalogue.series:
        raise NotDeclared(series_id, name="as_of" if query.as_of else "include_history")


def _table(known: Known, row: Row, *, basis: str, vintage_id: str) -> pl.DataFrame:
    rows = [(f"{month_from_number(one.number):%Y-%m}", one.value, one.obtained) for one in known.figures]
    figures = pl.DataFrame(rows, schema={"period": pl.String, "value": pl.Float64, "obtained": pl.String}, orient="row")
    alike = {"series_id": row["series_id"], "unit": row["unit"], "basis": basis, "vintage": vintage_id}
    return figures.with_columns(pl.lit(text).alias(name) for name, text in alike.items()).select(COLUMNS.names())


def _behind(known: Known, *, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "history": report_bodies(known.history),
        "contradictions": contradiction_bodies(known.contradictions, catalogue=catalogue),
    }
