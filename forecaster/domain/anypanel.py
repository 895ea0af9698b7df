"""Anybody's panel -> the frames that the engine takes, and forecasts back into its own dates."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecaster.domain.errors import BadPanel
from forecaster.domain.months import month_after
from forecaster.domain.panel import PANEL

ORIGIN = date(1900, 1, 1)
POOL = "panel"
DATES = (pl.Date(), pl.Datetime("us"), pl.Datetime("ns"), pl.Datetime("ms"))


@dataclass(frozen=True, slots=True)
class Taken:
    """A panel under ids and months of our own."""

    panel: pl.DataFrame  # PANEL columns; unique_id is `panel.<number>`, ds counts months from ORIGIN
    names: pl.DataFrame  # unique_id, name, last (the series' own last ds)
    month_ends: bool  # every ds is the last day of its month
    step: str | int  # from one period to the next: months as "1mo", days as "7d", or a whole number


def take(frame: pl.DataFrame, *, file: str) -> Taken:
    """Check a panel and bring it into the engine's form.

    Args:
        frame: unique_id, ds (a date or a whole number) and y; any order.
        file: named in errors.

    Returns:
        The panel; each period stands for a month.

    Raises:
        BadPanel: a missing column, a value that is no finite number, a period twice, or a hole; names the series.
    """
    missing = [name for name in ("unique_id", "ds", "y") if name not in frame.columns]
    if missing:
        raise BadPanel(file=file, what=f"has no column {', '.join(missing)}. It needs unique_id, ds and y.")
    ds = pl.col("ds").str.to_date(strict=False) if frame.schema["ds"] == pl.String() else pl.col("ds")
    rows = frame.select(pl.col("unique_id").cast(pl.String), ds, pl.col("y").cast(pl.Float64, strict=False))
    _check_values(rows, file=file)
    rows = rows.sort("unique_id", "ds")
    step = _step(rows, file=file)
    numbered = rows.with_columns(
        id=pl.format(POOL + ".{}", pl.col("unique_id").rle_id()), at=pl.int_range(pl.len()).over("unique_id")
    )
    months = pl.Series([month_after(ORIGIN, months=at) for at in numbered["at"]], dtype=pl.Date)
    names = numbered.group_by("id", maintain_order=True).agg(name=pl.col("unique_id").first(), last=pl.col("ds").last())
    held = numbered.select(unique_id="id", ds=months, y="y", obtained=pl.lit("reported"), block_start=months)
    panel = held.with_columns(block_end="block_start", reports=pl.lit([], pl.List(pl.String())))
    return Taken(panel.select(PANEL.names()).cast(PANEL), names.rename({"id": "unique_id"}), _month_ends(rows), step)


def give_back(forecasts: pl.DataFrame, *, taken: Taken) -> pl.DataFrame:
    """Forecasts under the panel's own names and dates.

    Args:
        forecasts: unique_id and step beside other columns.
        taken: as `take` gave it.

    Returns:
        unique_id, ds, step and the other columns, sorted by unique_id and step.
    """
    joined = forecasts.join(taken.names, on="unique_id")
    if isinstance(taken.step, int):
        ds = pl.col("last") + taken.step * pl.col("step").cast(pl.Int64)
    else:
        count, unit = int(taken.step.rstrip("mod")), taken.step.lstrip("0123456789")
        ds = pl.col("last").dt.offset_by(pl.format("{}" + unit, pl.col("step") * count))
        ds = ds.dt.month_end() if taken.month_ends else ds
    named = joined.with_columns(ds=ds, unique_id="name").drop("name", "last")
    return named.select("unique_id", "ds", "step", pl.exclude("unique_id", "ds", "step")).sort("unique_id", "step")


def _check_values(rows: pl.DataFrame, *, file: str) -> None:
    kind = rows.schema["ds"]
    if not (kind.is_integer() or kind in DATES):
        raise BadPanel(file=file, what=f"ds is {kind}; it must be dates (YYYY-MM-DD) or whole numbers.")
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


def _month_ends(rows: pl.DataFrame) -> bool:
    ds = rows["ds"]
    return ds.dtype.is_temporal() and bool((ds == ds.dt.month_end()).all())


def _step(rows: pl.DataFrame, *, file: str) -> str | int:
    """The commonest distance of neighbouring periods; every other one is a hole."""
    if rows.schema["ds"].is_integer():
        gaps = rows.with_columns(gap=pl.col("ds").diff().over("unique_id")).drop_nulls("gap")
        return int(_only(gaps, file=file)) if not gaps.is_empty() else 1
    number = 12 * pl.col("ds").dt.year() + pl.col("ds").dt.month()
    if _month_ends(rows) or rows["ds"].dt.day().n_unique() == 1:
        gaps = rows.with_columns(gap=number.diff().over("unique_id")).drop_nulls("gap")
        return f"{_only(gaps, file=file) if not gaps.is_empty() else 1}mo"
    gaps = rows.with_columns(gap=pl.col("ds").diff().dt.total_days().over("unique_id")).drop_nulls("gap")
    return f"{_only(gaps, file=file)}d"


def _only(gaps: pl.DataFrame, *, file: str) -> int:
    usual = int(str(gaps["gap"].mode().min()))
    odd = gaps.filter(pl.col("gap") != usual)
    if not odd.is_empty():
        name, at = odd.row(0)[:2]
        raise BadPanel(file=file, what=f"series {name} has a hole before {at}. Fill the missing periods in.")
    return usual
