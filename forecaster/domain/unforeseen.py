"""New figures far outside the forecast in service: taken in as they stand, and told to whoever should look."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import in_own_units
from forecaster.domain.errors import LineProblem
from forecaster.domain.months import months_between
from forecaster.domain.notation import shown
from forecaster.domain.reports import KEY, VALUE, leading

WIDER = 2.576 / 1.960
"""Stored bands hold 95 %. So many times as wide, they would hold 99 % if errors were normal."""

SPAN = ("series_id", "first", "last")
TOTALS = ("ytd", "jan-feb", "year")


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """A figure outside the band, in the series' own unit."""

    line: int  # of the file
    series_id: str
    first: date  # first and last month, each by its first day
    last: date
    value: float
    mean: float
    low: float
    high: float

    @property
    def months(self) -> str:
        """The month, or the months from one to another."""
        whole = f"{self.first:%Y-%m}"
        return whole if self.first == self.last else f"{whole} to {self.last:%Y-%m}"

    @property
    def band(self) -> str:
        """The band, not below 0 where the figure is not."""
        return f"{shown(max(self.low, 0.0) if self.value >= 0 else self.low)} to {shown(self.high)}"

    def as_problem(self) -> LineProblem:
        """What is told of its line."""
        what = f"lies outside the forecast's 95 % band widened to about 99 %, {self.band}."
        return LineProblem(self.line, "value", f"{shown(self.value)} in {self.months} {what}")


def unforeseen(
    given: pl.DataFrame, *, known: pl.DataFrame, catalogue: Catalogue, forecasts: pl.DataFrame
) -> list[Unforeseen]:
    """What lies outside the band in service among the figures of a file.

    Args:
        given: the NUMBERED columns.
        known: the REPORTS columns of the same series.
        catalogue: units of the series.
        forecasts: the FORECASTS columns.

    Returns:
        By line. Of a total, what it adds to the one before it in its year is compared. The band of several months is
        the sum of theirs, as if they erred together: wider than the truth.
    """
    begin = forecasts["period"].min()
    if not isinstance(begin, date):
        return []
    told = given.filter(pl.col("kind") == VALUE, pl.col("period_end") >= begin)
    if told.is_empty():
        return []
    of_year = (pl.col("kind") == VALUE) & (pl.col("period_end") >= date(begin.year, 1, 1))
    before = known.filter(of_year).join(told, on="report_id", how="anti")
    both = pl.concat([told, before.with_columns(line=pl.lit(None, dtype=pl.Int64)).select(told.columns)])
    figures = in_own_units(both, catalogue=catalogue)
    lead = leading(figures).sort(*KEY, pl.col("line").is_null(), maintain_order=True).unique(KEY, keep="first")
    spans = pl.concat([_stated(lead), _added(lead)]).unique(SPAN, keep="first", maintain_order=True)
    outside = (pl.col("value") < pl.col("low")) | (pl.col("value") > pl.col("high"))
    rows = _banded(spans, forecasts).filter(outside).sort("line", "first")
    return [Unforeseen(**row) for row in rows.select(*Unforeseen.__dataclass_fields__).iter_rows(named=True)]


def _stated(lead: pl.DataFrame) -> pl.DataFrame:
    """Figures of the file that are no totals, with the months that they cover."""
    ours = lead.filter(pl.col("line").is_not_null(), ~pl.col("basis").is_in(TOTALS))
    return ours.select("series_id", *_months("period_start"), "value", "line")


def _added(lead: pl.DataFrame) -> pl.DataFrame:
    """What each total adds to the one before it in its year, where either is of the file."""
    totals = lead.filter(pl.col("basis").is_in(TOTALS)).sort("series_id", "period_start", "period_end", "line")
    one_each = totals.unique(["series_id", "period_start", "period_end"], keep="last", maintain_order=True)
    year = ("series_id", "period_start")
    shifted = {f"before_{name}": pl.col(name).shift().over(year) for name in ("value", "line", "period_end")}
    added = one_each.with_columns(**shifted).with_columns(
        value=pl.col("value") - pl.col("before_value").fill_null(0.0),
        begins=pl.coalesce(pl.col("before_period_end").dt.offset_by("1d"), "period_start"),
        line=pl.coalesce("line", "before_line"),
    )
    return added.filter(pl.col("line").is_not_null()).select("series_id", *_months("begins"), "value", "line")


def _months(begins: str) -> tuple[pl.Expr, pl.Expr]:
    return pl.col(begins).dt.month_start().alias("first"), pl.col("period_end").dt.month_start().alias("last")


def _banded(spans: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Spans of which every month is forecast, with mean and band of their sum."""
    band = forecasts.select(
        "series_id",
        "period",
        "mean",
        low=pl.col("q50") - WIDER * (pl.col("q50") - pl.col("q2_5")),
        high=pl.col("q50") + WIDER * (pl.col("q97_5") - pl.col("q50")),
    )
    months = spans.with_columns(period=pl.date_ranges("first", "last", interval="1mo")).explode("period")
    held = months.join(band, on=["series_id", "period"]).sort("series_id", "period")
    sums = held.group_by(*SPAN, "value", "line").agg(pl.col("mean", "low", "high").sum(), found=pl.len())
    return sums.filter(pl.col("found") == months_between("first", "last"))
