"""Forecasts of a vintage as tables: the same rows and names in every format that holds rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl

from api.bodies import month, period
from api.shapes import Shape
from forecaster.adapters.open_vintage import OpenVintage, Row
from forecaster.adapters.vintage_totals import INCLUDES_ESTIMATED

AT_A_TIME = 500  # series in a part of a table

Points = dict[str, list[Any]]
"""What `OpenVintage.points` gives."""


def forecast_frames(
    vintage: OpenVintage, found: Iterable[tuple[Row, Points]], *, shape: Shape
) -> Iterator[pl.DataFrame]:
    """Forecasts in frames of `Shape.schema`, some hundred series each; one row a point.

    Args:
        vintage: that the rows are of.
        found: rows of SERIES, each with its points.
        shape: what is asked for.
    """
    rest = iter(found)
    while part := list(islice(rest, AT_A_TIME)):
        yield _frame(vintage, part, shape=shape)


def _frame(vintage: OpenVintage, part: Sequence[tuple[Row, Points]], *, shape: Shape) -> pl.DataFrame:
    schema = shape.schema()
    stored = {"mean": "mean", **shape.uncertain()}
    columns: dict[str, list[Any]] = {name: [] for name in schema}
    for row, points in part:
        count = len(points["period"])
        columns["period"] += [month(days) for days in points["period"]]
        for name, column in stored.items():
            columns[name] += points[column]
        for name in ("series_id", "name", "unit"):
            columns[name] += [row[name]] * count
        columns["cutoff"] += [period(row["last_period"])] * count
        columns["basis"] += [shape.basis] * count
        columns["vintage"] += [vintage.issue.vintage_id] * count
        if INCLUDES_ESTIMATED in schema:
            columns[INCLUDES_ESTIMATED] += points[INCLUDES_ESTIMATED]
    return pl.DataFrame(columns, schema=schema)
