"""Frame contract of reports: one row a published figure, kept as it was stated."""

from datetime import datetime
from hashlib import blake2b

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
"""Two reports alike in all of this are one report, stored once; of the release, the day counts, and only if stated."""


def identified(reports: pl.DataFrame) -> pl.DataFrame:
    """The reports with their ids.

    Args:
        reports: the REPORTS columns but for `report_id`, in any order.

    Returns:
        The REPORTS columns, the same rows in the same order; `report_id` is 32 hexadecimal digits.
    """
    # An assumed day follows the catalogue and today's date: it must not make another report of the same figure.
    day = pl.when(~pl.col("released_assumed")).then(pl.col("released_at").dt.date())
    exact = (
        pl.when(pl.col("value") != 0).then("value").otherwise(0.0).reinterpret(dtype=pl.Int64)
    )  # bits, so that no formatting of floats is relied on; -0 is 0
    replaced = {"released_at": day.cast(pl.Int32), "value": exact}
    days = reports.with_columns(pl.col("period_start", "period_end").cast(pl.Int32))
    parts = [_spelt(replaced.get(name, pl.col(name))) for name in IDENTITY]
    lines = days.select(pl.concat_str(*parts, separator=",")).to_series()
    ids = [blake2b(line.encode(), digest_size=16).hexdigest() for line in lines]
    return reports.with_columns(report_id=pl.Series(ids, dtype=pl.String)).select(*REPORTS)


def _spelt(part: pl.Expr) -> pl.Expr:
    """A part of an identity behind its length, so that no two lists of parts are spelt alike."""
    text = part.cast(pl.String)
    return pl.when(text.is_null()).then(pl.lit("-")).otherwise(pl.format("{}:{}", text.str.len_bytes(), text))


def known_at(reports: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """The reports released by an instant.

    Args:
        reports: at least `released_at`.
        as_of: with a zone, inclusive.

    Returns:
        The same columns and order, fewer rows.
    """
    return reports.filter(pl.col("released_at") <= as_of)


def with_rounding(reports: pl.DataFrame) -> pl.DataFrame:
    """Reports with half a unit of the last digit that each states: 62.8 -> 0.05, 1141000 -> 500.

    A number keeps no zeros at its end: 990.0 and 990 look alike. So zeros are taken for rounding only where more of a
    series' figures in that unit end in them than would by chance, which is every tenth.

    Args:
        reports: at least series_id, unit and value; all figures of their series that are known.

    Returns:
        The same rows and order with `rounding`, in the unit stated.
    """
    group = ("series_id", "unit")
    own = reports.with_columns(_digit=_last_digit())
    counts = own.group_by(*group, "_digit").len().sort(*group, "_digit")
    coarser = pl.col("len").cum_sum(reverse=True).over(group)
    before = coarser.shift().over(group)
    # Of those stated at the digit below, exactly or more coarsely; where none is, of none.
    below = pl.when(pl.col("_digit").shift().over(group) + 1 == pl.col("_digit")).then(before).otherwise(coarser)
    is_meant = (coarser == coarser.max().over(group)) | (coarser > 3 * below / 10 + 1)
    meant = counts.with_columns(_meant=pl.when(is_meant).then("_digit").forward_fill().over(group)).drop("len")
    found = own.join(meant, on=[*group, "_digit"], how="left", nulls_equal=True, maintain_order="left")
    # Null: beyond the digits that a float carries.
    rounding = pl.coalesce(0.5 * pl.lit(10.0).pow(pl.col("_meant")), pl.col("value").abs() * 1e-6)
    return found.with_columns(rounding=rounding).drop("_digit", "_meant")


def _last_digit() -> pl.Expr:
    """The power of ten of the last digit that is not 0; of 0, that of ones; null beyond the digits of a float."""
    text = pl.col("value").cast(pl.String)
    decimals = text.str.extract(r"\.(\d+)$").str.len_chars().cast(pl.Int32)
    zeros = text.str.extract(r"[1-9](0*)\.0$").str.len_chars().cast(pl.Int32)
    exponent = pl.when(text.str.ends_with(".0")).then(zeros.fill_null(0)).otherwise(-decimals)
    return pl.when(~text.str.contains("e")).then(exponent)


def leading(stated: pl.DataFrame) -> pl.DataFrame:
    """The report of each key that leads: the one released last, in its most exact statement.

    A figure in ten thousands and the exact count that it rounds are one statement; a figure that another does not
    round is a revision, and the later one leads. A stated release date goes before an assumed one. Where figures that
    differ were released at the same time, nobody can tell from them alone, and all of them are given.

    Args:
        stated: the columns of KEY, value, rounding (as `with_rounding` gives it; both in one unit a key),
            released_at, released_assumed, report_id.

    Returns:
        The same columns, one row a key, rarely more; sorted by key, the row to be preferred first.
    """
    latest = stated.sort(
        [*KEY, "released_assumed", "released_at", "rounding", "report_id"],
        descending=[False] * len(KEY) + [False, True, False, False],
    )
    gap = (pl.col("value") - pl.col("value").first().over(KEY)).abs()
    # A hair more, since 0.5 of a unit is not exact in binary.
    same = gap <= pl.max_horizontal("rounding", pl.col("rounding").first().over(KEY)) * (1 + 1e-9)
    at_once = pl.all_horizontal(
        pl.col(name) == pl.col(name).first().over(KEY) for name in ("released_assumed", "released_at")
    )
    ranked = latest.with_columns(_other=~same, _at_once=at_once).filter(~pl.col("_other") | pl.col("_at_once"))
    exact = ranked.sort([*KEY, "_other", "rounding"], maintain_order=True)
    distinct = [*KEY, pl.when("_other").then("value")]
    return exact.unique(distinct, keep="first", maintain_order=True).drop("_other", "_at_once")
