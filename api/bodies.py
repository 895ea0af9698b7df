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
from forecaster.domain.vintage import Issue, quantile_column

EPOCH = date(1970, 1, 1).toordinal()
BASES = ("month",)

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
        "basis": BASES,
        "first_period": _period(row["first_period"]),
        "last_period": _period(row["last_period"]),
        "status": "forecast" if forecast else "no-forecast",
        "reason": None if forecast else row["status"],
    }


def issued_body(issue: Issue) -> dict[str, Any]:
    """Which vintage an answer comes from."""
    return {"id": issue.vintage_id, "issued_at": issue.issued_at, "data_as_of": issue.data_as_of}


def vintage_body(issue: Issue) -> dict[str, Any]:
    """A vintage with the run and the decision behind it."""
    return {
        **issued_body(issue),
        "experiment": issue.experiment,
        "run_id": issue.run_id,
        "model_version": issue.model_version,
        "decision": issue.decision,
        "code_version": issue.code_version,
    }


def forecast_body(
    vintage: OpenVintage,
    row: Row,
    *,
    points: dict[str, list[Any]],
    levels: Sequence[float],
    quantiles: Sequence[float] | None,
) -> dict[str, Any]:
    """A forecast with its points.

    Args:
        vintage: that the row is of.
        row: of the series.
        points: columns of its forecasts, as `OpenVintage.points` gives them.
        levels: intervals in percent, each with stored quantiles.
        quantiles: instead of intervals; None for intervals.
    """
    return {
        "series_id": row["series_id"],
        "name": row["name"],
        "unit": row["unit"],
        "basis": "month",
        "vintage": issued_body(vintage.issue),
        "cutoff": _period(row["last_period"]),
        "stale": row["stale"],
        "model": {
            "name": "combination",
            "version": vintage.issue.model_version,
            "run_id": vintage.issue.run_id,
            "weights": orjson.loads(row["weights"]),
        },
        "failed": orjson.loads(row["failed"]),
        "backtest": {"mase": row["mase"], "coverage_80": row["coverage_80"], "folds": row["folds"]},
        "points": list(_points(points, levels=levels, quantiles=quantiles)),
    }


def forecast_columns(*, levels: Sequence[float], quantiles: Sequence[float] | None) -> list[str]:
    """The header of a CSV of forecasts."""
    if quantiles is not None:
        uncertain = [f"q{quantile:g}" for quantile in quantiles]
    else:
        uncertain = [f"{end}_{level:g}" for level in levels for end in ("lower", "upper")]
    return ["series_id", "name", "period", "unit", "basis", "mean", *uncertain, "cutoff", "vintage"]


def forecast_lines(
    vintage: OpenVintage,
    row: Row,
    *,
    points: dict[str, list[Any]],
    levels: Sequence[float],
    quantiles: Sequence[float] | None,
) -> Iterator[list[Any]]:
    """Lines of a CSV under `forecast_columns`; the same figures as `forecast_body`."""
    chosen = quantiles if quantiles is not None else [end for level in levels for end in ends(level)]
    columns = [points["mean"], *[points[quantile_column(quantile)] for quantile in chosen]]
    before = (row["series_id"], row["name"])
    after = (_period(row["last_period"]), vintage.issue.vintage_id)
    for at, days in enumerate(points["period"]):
        yield [*before, month(days), row["unit"], "month", *[column[at] for column in columns], *after]


def observation_bodies(history: pl.DataFrame) -> list[dict[str, Any]]:
    """Months of the panel, each with how its value was obtained."""
    return [
        {"period": _period(ds), "value": value, "obtained": obtained} for ds, value, obtained in history.iter_rows()
    ]


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
    if quantiles is not None:
        named = {f"{quantile:g}": points[quantile_column(quantile)] for quantile in quantiles}
        for at, (days, mean) in enumerate(zip(points["period"], points["mean"], strict=True)):
            values = {name: column[at] for name, column in named.items()}
            yield {"period": month(days), "mean": mean, "quantiles": values}
        return
    bounds = {f"{level:g}": [points[quantile_column(end)] for end in ends(level)] for level in levels}
    for at, (days, mean) in enumerate(zip(points["period"], points["mean"], strict=True)):
        intervals = {name: [low[at], high[at]] for name, (low, high) in bounds.items()}
        yield {"period": month(days), "mean": mean, "intervals": intervals}
