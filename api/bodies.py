"""Rows of a vintage as the bodies of answers: plain values for JSON, lines for CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from io import StringIO
from typing import Any

import orjson
import polars as pl

from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.adapters.vintage_totals import INCLUDES_ESTIMATED
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.months import month_from_number
from forecaster.domain.published_basis import MONTH, Observation, bases_of
from forecaster.domain.vintage import Issue, quantile_column

EPOCH = date(1970, 1, 1).toordinal()
SERIES_FIELDS = (
    "series_id", "name", "name_zh", "sector", "measure", "region", "segment", "source", "leading", "unit", "kind",
    "derived", "parents", "children", "last_release", "stale",
)  # fmt: skip  # a list of names reads best filled
OBSERVATION_COLUMNS = ("series_id", "period", "unit", "basis", "value", "obtained", "vintage")


def series_body(row: Row) -> dict[str, Any]:
    """A series with its metadata."""
    forecast = row["row_count"] > 0
    return {
        **{field: row[field] for field in SERIES_FIELDS},
        "basis": bases_of(row["kind"]),
        "first_period": _period(row["first_period"]),
        "last_period": _period(row["last_period"]),
        "status": "forecast" if forecast else "no-forecast",
        "reason": None if forecast else row["status"],
    }


def issued_body(issue: Issue, *, sector: str | None = None) -> dict[str, Any]:
    """Which vintage an answer comes from; where it is about a sector, as of when that one's figures are."""
    made = issue if sector is None else issue.of(sector)
    return {"id": issue.vintage_id, "issued_at": issue.issued_at, "data_as_of": made.data_as_of}


def vintage_body(issue: Issue) -> dict[str, Any]:
    """A vintage with the run and the decision behind it."""
    return {
        **issued_body(issue),
        "experiment": issue.experiment,
        "run_id": issue.run_id,
        "model_version": issue.model_version,
        "decision": issue.decision,
        "code_version": issue.code_version,
        "carried": [
            {"sector": sector, **issued_body(origin), "run_id": origin.run_id, "model_version": origin.model_version}
            for sector, origin in issue.carried.items()
        ],
        "reconciliation": issue.reconciliation,
        "apart": issue.all_apart(),
    }


def forecast_body(
    vintage: OpenVintage,
    row: Row,
    *,
    points: dict[str, list[Any]],
    levels: Sequence[float],
    quantiles: Sequence[float] | None,
    basis: str,
) -> dict[str, Any]:
    """A forecast with its points.

    Args:
        vintage: that the row is of.
        row: of the series.
        points: columns of its forecasts, as `OpenVintage.points` gives them.
        levels: intervals in percent, each with stored quantiles.
        quantiles: instead of intervals; None for intervals.
        basis: of the points.
    """
    made = vintage.issue.of(row["sector"])
    return {
        "series_id": row["series_id"],
        "name": row["name"],
        "unit": row["unit"],
        "basis": basis,
        "vintage": issued_body(vintage.issue, sector=row["sector"]),
        "cutoff": _period(row["last_period"]),
        "stale": row["stale"],
        "model": {
            "name": "combination",
            "version": made.model_version,
            "run_id": made.run_id,
            "weights": orjson.loads(row["weights"]),
        },
        "failed": orjson.loads(row["failed"]),
        "backtest": {"mase": row["mase"], "coverage_80": row["coverage_80"], "folds": row["folds"]},
        "points": list(_points(points, levels=levels, quantiles=quantiles)),
    }


def forecast_columns(*, levels: Sequence[float], quantiles: Sequence[float] | None, basis: str) -> list[str]:
    """The header of a CSV of forecasts."""
    if quantiles is not None:
        uncertain = [f"q{quantile:g}" for quantile in quantiles]
    else:
        uncertain = [f"{end}_{level:g}" for level in levels for end in ("lower", "upper")]
    return [
        "series_id",
        "name",
        "period",
        "unit",
        "basis",
        "mean",
        *uncertain,
        "cutoff",
        "vintage",
        *_sum_columns(basis),
    ]


def forecast_lines(
    vintage: OpenVintage,
    row: Row,
    *,
    points: dict[str, list[Any]],
    levels: Sequence[float],
    quantiles: Sequence[float] | None,
    basis: str,
) -> Iterator[list[Any]]:
    """Lines of a CSV under `forecast_columns`; the same figures as `forecast_body`."""
    chosen = quantiles if quantiles is not None else [end for level in levels for end in ends(level)]
    columns = [points["mean"], *[points[quantile_column(quantile)] for quantile in chosen]]
    before = (row["series_id"], row["name"])
    after = (_period(row["last_period"]), vintage.issue.vintage_id)
    flags = [points[name] for name in _sum_columns(basis)]
    for at, days in enumerate(points["period"]):
        figures, marks = [column[at] for column in columns], [str(flag[at]).lower() for flag in flags]
        yield [*before, month(days), row["unit"], basis, *figures, *after, *marks]


def _sum_columns(basis: str) -> list[str]:
    return [] if basis == MONTH else [INCLUDES_ESTIMATED]


def observation_body(figure: Observation, *, with_reports: bool) -> dict[str, Any]:
    """A figure that is known, with how it was obtained and, if wanted, from which reports."""
    body = {
        "period": _period(month_from_number(figure.number)),
        "value": figure.value,
        "obtained": figure.obtained,
    }
    return {**body, "reports": figure.reports} if with_reports else body


def report_bodies(reports: pl.DataFrame) -> list[dict[str, Any]]:
    """Reports as they were published; spans in months."""
    return reports.with_columns(pl.col("period_start", "period_end").dt.strftime("%Y-%m")).to_dicts()


def contradiction_bodies(contradictions: pl.DataFrame, *, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Contradictions with their size."""
    rows = contradictions.with_columns(
        pl.col("period_start", "period_end").dt.strftime("%Y-%m"), size=pl.col("stated") - pl.col("other")
    )
    return [{**row, "unit": catalogue.find(row["series_id"]).unit} for row in rows.iter_rows(named=True)]


def csv_bytes(lines: Iterable[Sequence[Any]]) -> bytes:
    """Lines of a CSV (RFC 4180)."""
    buffer = StringIO()
    csv.writer(buffer).writerows(lines)
    return buffer.getvalue().encode()


def ends(level: float) -> tuple[float, float]:
    """The quantiles at the ends of a level in percent: 80 -> 0.1, 0.9."""
    low = round((1 - level / 100) / 2, 6)
    return low, round(1 - low, 6)


@lru_cache(maxsize=4096)
def month(days: int) -> str:
    """`YYYY-MM` of a date counted in days since 1970-01-01."""
    return date.fromordinal(EPOCH + days).strftime("%Y-%m")


def _period(day: date | datetime | None) -> str | None:
    return None if day is None else day.strftime("%Y-%m")


def _points(
    points: dict[str, list[Any]], *, levels: Sequence[float], quantiles: Sequence[float] | None
) -> Iterator[dict[str, Any]]:
    marked = points.get(INCLUDES_ESTIMATED)
    for at, uncertain in enumerate(_uncertain(points, levels=levels, quantiles=quantiles)):
        point = {"period": month(points["period"][at]), "mean": points["mean"][at], **uncertain}
        yield point if marked is None else {**point, INCLUDES_ESTIMATED: marked[at]}


def _uncertain(
    points: dict[str, list[Any]], *, levels: Sequence[float], quantiles: Sequence[float] | None
) -> Iterator[dict[str, Any]]:
    count = len(points["period"])
    if quantiles is not None:
        named = {f"{quantile:g}": points[quantile_column(quantile)] for quantile in quantiles}
        for at in range(count):
            yield {"quantiles": {name: column[at] for name, column in named.items()}}
        return
    bounds = {f"{level:g}": [points[quantile_column(end)] for end in ends(level)] for level in levels}
    for at in range(count):
        yield {"intervals": {name: [low[at], high[at]] for name, (low, high) in bounds.items()}}
