"""Columns that a model may be given beside a series: what drives it, its lag taken off, and what the calendar says.

A column of a cutoff holds what was known then: a driver's figures up to the month it was known, its own plain forecast
after that. What a driver will really be is never looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from forecaster.domain.catalogue import FLOW, WORKING_DAYS
from forecaster.domain.conventions import country_of
from forecaster.domain.lunar import calendar_regressors
from forecaster.domain.months import month_after, month_number
from forecaster.domain.variants import CALENDAR, Setting, Variants

COLUMNS = pl.Schema(
    {"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "name": pl.String(), "value": pl.Float64()}
)
"""One row a value, so that columns are told by name and months by date; unique_id is the key of a variant."""

CALENDAR_YEARS = (1990, 2035)
"""First and last year that `lunar.calendar_regressors` tells of."""


@dataclass(frozen=True, slots=True)
class Regressors:
    """What models that take columns are given."""

    rows: pl.DataFrame  # unique_id (a key of `Variants.keys`), ds, y of the series from where all columns are known
    cutoffs: pl.DataFrame  # unique_id (the key), cutoff
    columns: pl.DataFrame  # COLUMNS of every month from the first row to the last one ahead
    missing: tuple[tuple[str, date, str], ...]  # key, cutoff, why it has no columns


def regressors_of(panel: pl.DataFrame, *, forecasts: pl.DataFrame, variants: Variants, setting: Setting) -> Regressors:
    """The columns of every variant's series.

    Args:
        panel: PANEL columns of the series.
        forecasts: unique_id, cutoff, ds, y_hat among other columns: the plain combination of drivers' keys.
        variants: as `variants.variants_of` gave them; each has columns of its own.
        setting: as `variants.variants_of` took it.

    Returns:
        Columns, and a reason for each cutoff that has none: a driver that is not known from `min_train` months before
        it, or has no forecast, or a calendar that does not reach so far.
    """
    rows: list[pl.DataFrame] = []
    columns: list[pl.DataFrame] = []
    missing: list[tuple[str, date, str]] = []
    for key, series_id, variant in variants.keys.iter_rows():
        own = panel.filter(pl.col("unique_id") == series_id).sort("ds")
        cutoffs = setting.cutoffs.filter(pl.col("unique_id") == series_id)["cutoff"].sort().to_list()
        driven = _driven(key, variant, forecasts=forecasts, variants=variants, setting=setting)
        first = own["ds"][0] if driven is None or driven.is_empty() else max(own["ds"][0], driven["ds"].min())
        rows.append(own.filter(pl.col("ds") >= first).select("ds", "y", unique_id=pl.lit(key)))
        days = _days(series_id, variant, variants=variants, setting=setting, first=first, last=max(cutoffs))
        for cutoff in cutoffs:
            last = month_after(cutoff, months=setting.horizon)
            parts = [part.filter(pl.col("ds").is_between(first, last)) for part in _at(cutoff, driven, days)]
            fault = _fault(parts, variant, first=first, cutoff=cutoff, setting=setting)
            if fault:
                missing.append((key, cutoff, fault))
            else:
                columns += [part.select(pl.lit(key).alias("unique_id"), *COLUMNS.names()[1:]) for part in parts]
    typed = pl.concat([COLUMNS.to_frame(), *(part.cast(COLUMNS) for part in columns)])
    held = pl.concat([panel.select("ds", "y", "unique_id").clear(), *rows]).select("unique_id", "ds", "y")
    at = typed.select("unique_id", "cutoff").unique().sort("unique_id", "cutoff")
    return Regressors(held, at, typed, tuple(missing))


def _driven(
    key: str, variant: str, *, forecasts: pl.DataFrame, variants: Variants, setting: Setting
) -> pl.DataFrame | None:
    """cutoff, ds, name, value of a driver, its lag taken off; None where the variant is one of the calendar."""
    if variant in (CALENDAR, WORKING_DAYS):
        return None
    links = variants.links.filter(pl.col("key") == key)
    ds = pl.col("ds").dt.offset_by(pl.format("{}mo", "lag"))
    held = setting.around.filter(pl.col("unique_id") == variant).select("ds", value="y")
    known = links.join(held, how="cross").filter(pl.col("ds") <= pl.col("driver_cutoff"))
    plain = forecasts.select("ds", driver_key="unique_id", driver_cutoff="cutoff", value="y_hat")
    expected = links.join(plain, on=["driver_key", "driver_cutoff"])
    both = pl.concat([known.select(expected.columns), expected])
    return both.select("cutoff", ds.alias("ds"), "value", name=pl.lit(variant)).sort("cutoff", "ds")


def _days(
    series_id: str, variant: str, *, variants: Variants, setting: Setting, first: date, last: date
) -> pl.DataFrame:
    """ds, name, value of what the calendar says of months; none where it says nothing of the series."""
    names = []
    moved = f"{series_id}#{CALENDAR}" in variants.keys["key"]
    if variant in (CALENDAR, WORKING_DAYS):
        names.append("working_days")
    if moved and variant != WORKING_DAYS:
        names.append("new_year_share")
    series = setting.catalogue.find(series_id)
    until = month_after(last, months=setting.horizon)
    within = CALENDAR_YEARS[0] <= first.year and until.year <= CALENDAR_YEARS[1]
    if not names or series.kind != FLOW or not within:
        return pl.DataFrame(schema={"ds": pl.Date(), "name": pl.String(), "value": pl.Float64()})
    told = calendar_regressors(first, until, country=country_of(series, setting.catalogue))
    cast = told.select("ds", pl.col(names).cast(pl.Float64))
    return cast.unpivot(index="ds", variable_name="name", value_name="value").select("ds", "name", "value")


def _at(cutoff: date, driven: pl.DataFrame | None, days: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if driven is not None:
        yield driven.filter(pl.col("cutoff") == cutoff)
    for _, part in days.group_by("name", maintain_order=True):
        yield part.with_columns(cutoff=pl.lit(cutoff))


def _fault(parts: list[pl.DataFrame], variant: str, *, first: date, cutoff: date, setting: Setting) -> str | None:
    """Why a cutoff has no columns; None if nothing is missing."""
    if not parts:
        return f"the calendar is known of {CALENDAR_YEARS[0]} to {CALENDAR_YEARS[1]} alone"
    months = month_number(cutoff) - month_number(first) + 1
    for part in parts:
        if part.is_empty():
            return f"{variant} is not known from {setting.min_train} months before the cutoff up to it, less its lag"
        there = part.drop_nulls("value").filter(pl.col("value").is_finite())["ds"].n_unique()
        if there < months + setting.horizon:
            return (
                f"{part['name'][0]} lacks {months + setting.horizon - there} months between {first:%Y-%m} and the end"
            )
    return None if months >= setting.min_train else f"{variant} is known for {months} months before the cutoff only"
