"""Rows of a vintage as the bodies of JSON answers: plain values."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
import polars as pl

from api.answers import json_bytes
from api.shapes import Shape, ends
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.adapters.vintage_totals import INCLUDES_ESTIMATED
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.months import month_from_number
from forecaster.domain.published_basis import Observation, bases_of
from forecaster.domain.vintage import Issue, quantile_column

EPOCH = date(1970, 1, 1).toordinal()
SERIES_FIELDS = (
    "series_id", "name", "name_zh", "sector", "measure", "region", "segment", "source", "leading", "unit", "kind",
    "derived", "parents", "children", "last_release", "stale",
)  # fmt: skip  # a list of names reads best filled


def series_body(row: Row) -> dict[str, Any]:
    """A series with its metadata."""
    forecast = row["row_count"] > 0
    return {
        **{field: row[field] for field in SERIES_FIELDS},
        "basis": bases_of(row["kind"]),
        "first_period": period(row["first_period"]),
        "last_period": period(row["last_period"]),
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
        "recorded": bool(issue.model_version),
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
    shape: Shape,
) -> dict[str, Any]:
    """A forecast with its points, for orjson: what a vintage keeps as JSON is passed on as it is.

    Args:
        vintage: that the row is of.
        row: of the series.
        points: columns of its forecasts, as `OpenVintage.points` gives them.
        shape: which intervals or quantiles, and the basis of the points.
    """
    made = vintage.issue.of(row["sector"])
    return {
        "series_id": row["series_id"],
        "name": row["name"],
        "unit": row["unit"],
        "basis": shape.basis,
        "vintage": issued_body(vintage.issue, sector=row["sector"]),
        "cutoff": period(row["last_period"]),
        "stale": row["stale"],
        "model": {
            "name": "combination",
            "version": made.model_version,
            "run_id": made.run_id,
            "weights": orjson.Fragment(row["weights"]),
        },
        "failed": orjson.Fragment(row["failed"]),
        "backtest": {"mase": row["mase"], "coverage_80": row["coverage_80"], "folds": row["folds"]},
        "points": _points(points, shape=shape),
    }


def forecast_json(vintage: OpenVintage, row: Row, *, points: dict[str, list[Any]], shape: Shape) -> orjson.Fragment:
    """`forecast_body` as text already, for answers of many series.

    A thousand bodies at once are some hundred thousand objects, which Python's garbage collector looks through again
    and again: with sixteen such answers under way, that took twice as long as making them.
    """
    return orjson.Fragment(json_bytes(forecast_body(vintage, row, points=points, shape=shape)))


def observation_body(figure: Observation, *, with_reports: bool) -> dict[str, Any]:
    """A figure that is known, with how it was obtained and, if wanted, from which reports."""
    body = {
        "period": period(month_from_number(figure.number)),
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


@lru_cache(maxsize=4096)
def month(days: int) -> str:
    """`YYYY-MM` of a date counted in days since 1970-01-01."""
    return date.fromordinal(EPOCH + days).strftime("%Y-%m")


@lru_cache(maxsize=4096)
def period(day: date | datetime | None) -> str | None:
    """`YYYY-MM` of a date."""
    return None if day is None else day.strftime("%Y-%m")


def _points(points: dict[str, list[Any]], *, shape: Shape) -> list[dict[str, Any]]:
    name, uncertain = _uncertain(points, shape=shape)
    stated = zip(map(month, points["period"]), points["mean"], zip(*uncertain.values(), strict=True), strict=True)
    found: list[dict[str, Any]] = [
        {"period": period, "mean": mean, name: dict(zip(uncertain, values, strict=True))}
        for period, mean, values in stated
    ]
    for point, mark in zip(found, points.get(INCLUDES_ESTIMATED, ()), strict=False):  # months have no such column
        point[INCLUDES_ESTIMATED] = mark
    return found


def _uncertain(points: dict[str, list[Any]], *, shape: Shape) -> tuple[str, dict[str, list[Any]]]:
    """What a point calls its uncertainty, and of each quantile or level, what it is at each point."""
    if shape.quantiles is not None:
        return "quantiles", {f"{quantile:g}": points[quantile_column(quantile)] for quantile in shape.quantiles}
    bounds = {level: [points[quantile_column(end)] for end in ends(level)] for level in shape.levels}
    return "intervals", {f"{level:g}": list(zip(*pair, strict=True)) for level, pair in bounds.items()}
