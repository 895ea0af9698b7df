"""Forecasts of a vintage as sums from January on, in the columns in which its months are read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from forecaster.domain.bridges import Month
from forecaster.domain.months import month_from_number, month_number
from forecaster.domain.paths import Place
from forecaster.domain.published_basis import Observation, forecast_totals
from forecaster.domain.vintage import FORECASTS, QUANTILE_COLUMNS

EPOCH = date(1970, 1, 1).toordinal()

INCLUDES_ESTIMATED = "includes_estimated"
"""The column that sums have beside those of months."""


def points_frame(points: Mapping[str, list[Any]]) -> pl.DataFrame:
    """What `OpenVintage.points` gives as a frame with dates; perhaps without rows."""
    flags = {INCLUDES_ESTIMATED: pl.Boolean()} if INCLUDES_ESTIMATED in points else {}
    kinds = {name: FORECASTS.get(name) or flags[name] for name in points} | {"period": pl.Int32()}
    return pl.DataFrame(points, schema=kinds).with_columns(pl.col("period").cast(pl.Date))


def known_frame(figures: Iterable[Observation]) -> pl.DataFrame:
    """Known figures in the columns in which the history of a series is drawn: ds, y, obtained."""
    rows = [(month_from_number(one.number), one.value, one.obtained) for one in figures]
    return pl.DataFrame(rows, schema={"ds": pl.Date, "y": pl.Float64, "obtained": pl.String}, orient="row")


def total_columns(
    points: Mapping[str, list[Any]], *, known: Sequence[Month], paths: Sequence[Sequence[Place]], basis: str
) -> dict[str, list[Any]]:
    """The sums of the months that `OpenVintage.points` gives.

    Args:
        points: of the months 1 to a horizon.
        known: the months before them, of the running year at least.
        paths: of the pool, a month each.
        basis: ytd or jan-feb.

    Returns:
        The same columns and INCLUDES_ESTIMATED, one row a sum; perhaps none.
    """
    first = month_number(date.fromordinal(EPOCH + points["period"][0]))
    totals = forecast_totals(
        first=first,
        means=points["mean"],
        quantiles=list(zip(*(points[name] for name in QUANTILE_COLUMNS), strict=True)),
        known={month.number: month for month in known},
        paths=paths,
        basis=basis,
    )
    return {
        "period": [month_from_number(total.number).toordinal() - EPOCH for total in totals],
        "step": [total.number - first + 1 for total in totals],
        "mean": [total.mean for total in totals],
        **{name: [total.quantiles[at] for total in totals] for at, name in enumerate(QUANTILE_COLUMNS)},
        INCLUDES_ESTIMATED: [total.includes_estimated for total in totals],
    }
