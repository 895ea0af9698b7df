"""Anybody's panel -> the frames that the engine takes, and forecasts back into its own dates."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecaster.domain.months import month_after
from forecaster.domain.panel import PANEL
from forecaster.domain.panel_survey import Form

ORIGIN = date(1900, 1, 1)
POOL = "panel"


@dataclass(frozen=True, slots=True)
class Taken:
    """A panel under ids and months of our own."""

    panel: pl.DataFrame  # PANEL columns; unique_id is `panel.<number>`, ds counts months from ORIGIN
    names: pl.DataFrame  # unique_id, name, last (the series' own last ds)


def as_panel(rows: pl.DataFrame, *, numbers: pl.Series) -> Taken:
    """Some series of a panel in the engine's form.

    Args:
        rows: unique_id, ds, y without faults; sorted by unique_id, ds.
        numbers: of each of these series in the whole panel.
    """
    run = pl.col("unique_id").rle_id()
    number = run.replace_strict(range(len(numbers)), numbers, return_dtype=pl.UInt32)
    numbered = rows.with_columns(id=_id(number), at=pl.int_range(pl.len()).over("unique_id"))
    longest = int(str(numbered["at"].max())) + 1
    months = pl.Series([month_after(ORIGIN, months=at) for at in range(longest)], dtype=pl.Date).gather(numbered["at"])
    names = numbered.group_by("id", maintain_order=True).agg(name=pl.col("unique_id").first(), last=pl.col("ds").last())
    held = numbered.select(unique_id="id", ds=months, y="y", obtained=pl.lit("reported"), block_start=months)
    panel = held.with_columns(block_end="block_start", reports=pl.lit([], pl.List(pl.String())))
    return Taken(panel.select(PANEL.names()).cast(PANEL), names.rename({"id": "unique_id"}))


def ids(count: int) -> pl.Series:
    """What so many series of a panel are called, by their number."""
    return pl.select(unique_id=_id(pl.int_range(count))).to_series()


def _id(number: pl.Expr) -> pl.Expr:
    return pl.format(POOL + ".{}", number)


def with_own_dates(forecasts: pl.DataFrame, *, form: Form) -> pl.DataFrame:
    """Forecasts under the panel's own names and dates.

    Args:
        forecasts: unique_id, name, last (the series' own last ds) and step beside other columns.
        form: of the dates of the panel.

    Returns:
        unique_id, ds, step and the other columns, sorted by unique_id and step.
    """
    if isinstance(form.step, str):
        count = pl.col("step") * int(form.step.removesuffix("mo"))
        ds = pl.col("last").dt.offset_by(pl.format("{}mo", count))
        ds = ds.dt.month_end() if form.month_ends else ds
    else:
        ds = pl.col("last") + pl.col("step").cast(pl.Int64) * form.step
    named = forecasts.with_columns(ds=ds, unique_id="name").drop("name", "last")
    return named.select("unique_id", "ds", "step", pl.exclude("unique_id", "ds", "step")).sort("unique_id", "step")
