"""Rows of anybody's panel, as its file holds them: what every part of it must look like, before any is understood."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from forecaster.domain.errors import BadPanel

COLUMNS = ("unique_id", "ds", "y")

LONGEST = 90_000
"""Periods of a series: each stands for a month from 1900 on, and the calendar ends with the year 9999."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a panel once all of its rows have passed by."""

    series: pl.DataFrame  # unique_id, rows; sorted by unique_id once all is seen
    instants: bool = False  # ds is text, and some of it has a time of the day
    first_date: str | None = None  # the first ds that is text: its form is that of all


NOTHING = Seen(pl.DataFrame(schema={"unique_id": pl.String(), "rows": pl.Int64()}))


def plain(part: pl.DataFrame, *, file: str) -> pl.DataFrame:
    """Some rows in the types that are worked with; ds that is text stays text, since only all of it tells its form.

    Returns:
        unique_id (text), ds, y; sorted by unique_id.

    Raises:
        BadPanel: a column is missing, ds is of no use, or a series has no name.
    """
    check_columns(part.columns, file=file)
    rows = part.select(pl.col("unique_id").cast(pl.String), "ds", pl.col("y").cast(pl.Float64, strict=False))
    if rows.schema["ds"].is_integer():
        rows = rows.with_columns(pl.col("ds").cast(pl.Int64, strict=False))
    kind = rows.schema["ds"]
    if kind not in (pl.Int64, pl.Date, pl.Datetime, pl.String):
        raise BadPanel(file=file, what=f"ds is {kind}; it must be dates (YYYY-MM-DD), times, or whole numbers.")
    if rows["unique_id"].null_count():
        raise BadPanel(file=file, what=f"has {rows['unique_id'].null_count():,} rows or more without a unique_id.")
    return rows.sort("unique_id", maintain_order=True)


def check_columns(columns: Sequence[str], *, file: str) -> None:
    """Refuse a panel without the columns, and say what it has instead.

    Raises:
        BadPanel: one is missing.
    """
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise BadPanel(file=file, what=f"has no column {', '.join(missing)}. {_instead(columns)}")


def _instead(columns: Sequence[str]) -> str:
    needed = "It needs unique_id, ds and y, spelt so"
    found = ", ".join(repr(name) for name in columns[:5]) + (", …" if len(columns) > 5 else "")
    if len(columns) == 1 and (mark := next((mark for mark in (";", "\t", "|") if mark in columns[0]), None)):
        return f"{needed}, with commas between: its first line is {found}, where {mark!r} stands in their place."
    return f"{needed}; it has {found}."


def seen_with(seen: Seen, *, part: pl.DataFrame) -> Seen:
    """What is known with one part more, as it is in the file.

    Args:
        seen: of the parts before.
        part: unique_id, ds, y, of the same types in every part.
    """
    counts = part.group_by("unique_id").agg(rows=pl.len().cast(pl.Int64))
    series = pl.concat([seen.series, counts]).group_by("unique_id").agg(pl.col("rows").sum()).sort("unique_id")
    if part.schema["ds"] != pl.String:
        return Seen(series)
    text = _beginning_with_year(part["ds"])
    first = seen.first_date if seen.first_date is not None else next(iter(text.drop_nulls().head(1)), None)
    days = text.str.to_date(strict=False)
    return Seen(series, seen.instants or days.null_count() > text.null_count(), first)


def check_length(seen: Seen, *, file: str) -> None:
    """Refuse panels without rows, and series that are too long.

    Raises:
        BadPanel: it is so.
    """
    if seen.series.is_empty():
        raise BadPanel(file=file, what="has no rows.")
    name, periods = seen.series.sort("rows", "unique_id").row(-1)
    if periods > LONGEST:
        what = f"series {name} has {periods:,} periods, over {LONGEST:,}. Keep the latest, or add some up."
        raise BadPanel(file=file, what=what)


def dated(rows: pl.DataFrame, *, seen: Seen) -> pl.DataFrame:
    """Rows with ds as a date, an instant or a whole number (null where it is none); sorted by unique_id, ds.

    Text must begin with the year: of 01/02/2024 nobody can tell the month. A month alone is its first day. What the
    text was stands in a further column, said.
    """
    said = [rows["ds"].alias("said")] if rows.schema["ds"] == pl.String else []
    return rows.with_columns(_dates(rows["ds"], seen=seen), *said).sort("unique_id", "ds", maintain_order=True)


def batches(seen: Seen, *, weight: int, most: int) -> Iterator[pl.DataFrame]:
    """Series that are worked on together.

    Args:
        seen: of all parts.
        weight: what a series weighs besides its rows.
        most: weight of a batch, unless one series weighs more.

    Yields:
        unique_id, rows, number (of the series in the panel, from 0); in order.
    """
    weighed = seen.series.with_row_index("number").with_columns(
        batch=(pl.col("rows") + weight).cum_sum().shift(fill_value=0) // most
    )
    yield from (part.drop("batch") for part in weighed.partition_by("batch", maintain_order=True))


def _dates(ds: pl.Series, *, seen: Seen) -> pl.Series:
    if ds.dtype != pl.String:
        return ds
    text = _beginning_with_year(ds)
    if not seen.instants:
        return text.str.to_date(strict=False)
    # The vendor tells the form of all by the first: by that of the whole panel, whichever part this is.
    told = pl.concat([pl.Series("ds", [seen.first_date], dtype=pl.String), text])
    try:
        return told.str.to_datetime(strict=False)[1:]
    except pl.exceptions.ComputeError:  # it finds no form of an instant in them
        return text.str.to_date(strict=False)


def _beginning_with_year(ds: pl.Series) -> pl.Series:
    whole = ds.str.strip_chars().str.replace(r"^(\d{4}-\d{2})$", "${1}-01")
    return whole.set(~whole.str.contains(r"^\d{4}\D"), None)
