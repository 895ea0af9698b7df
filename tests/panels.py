"""Panels in a line each, for tests."""

from datetime import date

import polars as pl

from forecaster.domain.months import month_after
from forecaster.domain.panel import PANEL


def panel(values: list[float], *, unique_id: str = "ev.production.CN", start: date = date(2020, 1, 1)) -> pl.DataFrame:
    """A series whose every month was reported."""
    months = [month_after(start, months=at) for at in range(len(values))]
    columns = {
        "unique_id": [unique_id] * len(values),
        "ds": months,
        "y": values,
        "obtained": ["reported"] * len(values),
        "block_start": months,
        "block_end": months,
        "reports": [[] for _ in values],
    }
    return pl.DataFrame(columns, schema=PANEL)


def with_shared(frame: pl.DataFrame, *, first: date, last: date) -> pl.DataFrame:
    """The same panel with the months `first` to `last` known only as a sum."""
    inside = pl.col("ds").is_between(first, last)
    return frame.with_columns(
        obtained=pl.when(inside).then(pl.lit("estimated")).otherwise("obtained"),
        block_start=pl.when(inside).then(first).otherwise("block_start"),
        block_end=pl.when(inside).then(last).otherwise("block_end"),
    )
