"""Anybody's panel -> the frames that the engine takes, and forecasts back into its own dates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

import polars as pl

from forecaster.domain.errors import BadPanel
from forecaster.domain.months import month_after, month_numbers
from forecaster.domain.panel import PANEL

ORIGIN = date(1900, 1, 1)
POOL = "panel"
LONGEST = 90_000
"""Periods of a series: each stands for a month from ORIGIN on, and the calendar ends with the year 9999."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A panel under ids and months of our own."""

    panel: pl.DataFrame  # PANEL columns; unique_id is `panel.<number>`, ds counts months from ORIGIN
    names: pl.DataFrame  # unique_id, name, last (the series' own last ds)
    month_ends: bool  # every ds is the last day of its month
    step: str | timedelta | int  # from one period to the next: months as "3mo", a span of time, or a whole number


def take(frame: pl.DataFrame, *, file: str) -> Taken:
    """Check a panel and bring it into the engine's form.

    Periods follow each other by whole months (on one day of the month, or on its last), by one span of time (an hour,
    a day, a week), or by one whole number; by the same for all series.

    Args:
        frame: unique_id, ds (a date, a date with a time, or a whole number) and y; any order.
        file: named in errors.

    Returns:
        The panel; each period stands for a month.

    Raises:
        BadPanel: a missing column, a value that is no finite number, a period twice, a hole, a series that is too
            long; names the series.
    """
    missing = [name for name in ("unique_id", "ds", "y") if name not in frame.columns]
    if missing:
        raise BadPanel(file=file, what=f"has no column {', '.join(missing)}. It needs unique_id, ds and y.")
    rows = frame.select(
        pl.col("unique_id").cast(pl.String), _dates(frame["ds"]), pl.col("y").cast(pl.Float64, strict=False)
    )
    _check_values(rows, file=file)
    rows = rows.sort("unique_id", "ds")
    _check_length(rows, file=file)
    step = _step(rows, file=file)
    numbered = rows.with_columns(
        id=pl.format(POOL + ".{}", pl.col("unique_id").rle_id()), at=pl.int_range(pl.len()).over("unique_id")
    )
    longest = int(str(numbered["at"].max())) + 1
    months = pl.Series([month_after(ORIGIN, months=at) for at in range(longest)], dtype=pl.Date).gather(numbered["at"])
    names = numbered.group_by("id", maintain_order=True).agg(name=pl.col("unique_id").first(), last=pl.col("ds").last())
    held = numbered.select(unique_id="id", ds=months, y="y", obtained=pl.lit("reported"), block_start=months)
    panel = held.with_columns(block_end="block_start", reports=pl.lit([], pl.List(pl.String())))
    ends = isinstance(step, str) and _month_ends(rows)
    return Taken(panel.select(PANEL.names()).cast(PANEL), names.rename({"id": "unique_id"}), ends, step)


def give_back(forecasts: pl.DataFrame, *, taken: Taken) -> pl.DataFrame:
    """Forecasts under the panel's own names and dates.

    Args:
        forecasts: unique_id and step beside other columns.
        taken: as `take` gave it.

    Returns:
        unique_id, ds, step and the other columns, sorted by unique_id and step.
    """
    joined = forecasts.join(taken.names, on="unique_id")
    if isinstance(taken.step, str):
        count = pl.col("step") * int(taken.step.removesuffix("mo"))
        ds = pl.col("last").dt.offset_by(pl.format("{}mo", count))
        ds = ds.dt.month_end() if taken.month_ends else ds
    else:
        ds = pl.col("last") + pl.col("step").cast(pl.Int64) * taken.step
    named = joined.with_columns(ds=ds, unique_id="name").drop("name", "last")
    return named.select("unique_id", "ds", "step", pl.exclude("unique_id", "ds", "step")).sort("unique_id", "step")


def _dates(ds: pl.Series) -> pl.Series:
    """Text as dates, or as instants where some have a time of day; whole numbers in one type.

    Text must begin with the year: of 01/02/2024 nobody can tell the month.
    """
    if ds.dtype.is_integer():
        return ds.cast(pl.Int64, strict=False)
    if ds.dtype != pl.String:
        return ds
    ds = ds.set(~ds.str.contains(r"^\d{4}\D"), None)
    days = ds.str.to_date(strict=False)
    if days.null_count() == ds.null_count():
        return days
    try:
        return ds.str.to_datetime(strict=False)
    except pl.exceptions.ComputeError:  # it finds no form of an instant in them
        return days


def _check_values(rows: pl.DataFrame, *, file: str) -> None:
    kind = rows.schema["ds"]
    if kind not in (pl.Int64, pl.Date, pl.Datetime):
        raise BadPanel(file=file, what=f"ds is {kind}; it must be dates (YYYY-MM-DD), times, or whole numbers.")
    for what, wrong in (
        ("a ds that is missing or no date", pl.col("ds").is_null()),
        ("a y that is missing or no finite number", pl.col("y").is_null() | ~pl.col("y").is_finite()),
        ("two rows for one ds", pl.struct("unique_id", "ds").is_duplicated()),
    ):
        found = rows.filter(wrong)
        if not found.is_empty():
            name, at = found.row(0)[:2]
            raise BadPanel(file=file, what=f"series {name} has {what} (at {at}), {found.height} rows in all.")
    if rows.is_empty():
        raise BadPanel(file=file, what="has no rows.")


def _check_length(rows: pl.DataFrame, *, file: str) -> None:
    longest = rows.group_by("unique_id").len().sort("len", "unique_id").row(-1)
    if longest[1] > LONGEST:
        what = f"series {longest[0]} has {longest[1]:,} periods, over {LONGEST:,}. Keep the latest, or add some up."
        raise BadPanel(file=file, what=what)


def _month_ends(rows: pl.DataFrame) -> bool:
    ds = rows["ds"]
    return bool((ds == ds.dt.month_end()).all())


def _step(rows: pl.DataFrame, *, file: str) -> str | timedelta | int:
    """The commonest distance of neighbouring periods; every other one is a hole."""
    if rows.schema["ds"].is_integer():
        return _only(rows, pl.col("ds").diff(), file=file, told=str) or 1
    if _by_month(rows):
        return f"{_only(rows, month_numbers('ds').diff(), file=file, told=_months) or 1}mo"
    gap = pl.col("ds").diff().dt.total_microseconds()
    found = _only(rows, gap, file=file, told=_span)
    return timedelta(microseconds=found) if found else timedelta(days=1)


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def _span(microseconds: int) -> str:
    return str(timedelta(microseconds=microseconds)).removesuffix(", 0:00:00")


def _by_month(rows: pl.DataFrame) -> bool:
    """Whether periods lie on one day of the month, or all on its last, at one time of the day, and months apart."""
    ds = pl.col("ds")
    days = rows.select(
        month=ds.dt.month_start().dt.date(),
        time=ds.dt.time() if rows.schema["ds"] == pl.Datetime else pl.lit(time()),
        name="unique_id",
        day=ds.dt.day(),
    )
    apart = not days.select("name", "month").is_duplicated().any()
    return apart and days["time"].n_unique() == 1 and (days["day"].n_unique() == 1 or _month_ends(rows))


def _only(rows: pl.DataFrame, gap: pl.Expr, *, file: str, told: Callable[[int], str]) -> int | None:
    """The distance that all neighbours have; None where no series has two periods."""
    gaps = rows.with_columns(gap=gap.over("unique_id")).drop_nulls("gap")
    if gaps.is_empty():
        return None
    usual = int(gaps["gap"].mode().sort()[0])
    odd = gaps.filter(pl.col("gap") != usual)
    if not odd.is_empty():
        name, at = odd.row(0)[:2]
        what = f"series {name} has a hole before {at}: periods follow each other by {told(usual)}."
        raise BadPanel(file=file, what=f"{what} Fill the missing ones in.")
    return usual
