"""Frame contract of reports: one row a published figure, kept as it was stated."""

from datetime import datetime

import polars as pl

BASES = ("month", "ytd", "jan-feb", "quarter", "year", "level")
VALUE, GROWTH = "value", "growth"

REPORTS = pl.Schema(
    {
        "report_id": pl.String(),  # digest of what identifies the report, see `IDENTITY`
        "series_id": pl.String(),
        "period_start": pl.Date(),  # first day of the first month covered
        "period_end": pl.Date(),  # last day of the last month covered
        "basis": pl.String(),  # one of BASES
        "kind": pl.String(),  # "value", or "growth" over a year earlier in percent, as published
        "value": pl.Float64(),  # in `unit`, as stated
        "unit": pl.String(),
        "released_at": pl.Datetime("us", "UTC"),
        "released_assumed": pl.Boolean(),  # true: end of the span plus the source's usual lag
        "status": pl.String(),  # preliminary, revised, final or null
        "url": pl.String(),
        "title": pl.String(),
        "note": pl.String(),
    }
)
"""What a reader hands over; the store adds `ingested_at` and `release_id`."""

STORED = pl.Schema([*REPORTS.items(), ("ingested_at", pl.Datetime("us", "UTC")), ("release_id", pl.String())])

KEY = ("series_id", "period_start", "period_end", "basis", "kind")
"""Two reports of one key with different values: the later is a revision."""

IDENTITY = (*KEY, "value", "unit", "released_at", "status", "url", "title", "note")
"""Two reports alike in all of this are one report, stored once."""


def known_at(reports: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """The reports released by an instant.

    Args:
        reports: at least `released_at`.
        as_of: with a zone, inclusive.

    Returns:
        The same columns and order, fewer rows.
    """
    return reports.filter(pl.col("released_at") <= as_of)


def leading(reports: pl.DataFrame) -> pl.DataFrame:
    """The one report of each key that leads: released last, then stated most exactly.

    Args:
        reports: the REPORTS columns.

    Returns:
        The REPORTS columns, one row a key, sorted by key.
    """
    # Digits are counted on the figure less its trailing zeros: 943,703 is more exact than 944,000.
    digits = pl.col("value").cast(pl.String).str.replace(r"\.0$", "").str.replace(r"0+$", "")
    ranked = reports.with_columns(_digits=digits.str.replace_all(r"[^0-9]", "").str.len_chars())
    order = [*KEY, "released_assumed", "released_at", "_digits", "report_id"]
    # An assumed date says little of order: a dated report of the same key goes before it.
    descending = [False] * len(KEY) + [False, True, True, False]
    return (
        ranked.sort(order, descending=descending)
        .unique(KEY, keep="first", maintain_order=True)
        .drop("_digits")
    )
