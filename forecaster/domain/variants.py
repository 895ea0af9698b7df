"""The same series on another footing: each month divided by what the calendar or a driver says of it.

The engine forecasts a variant like any series, under a key of its own; its forecasts times the factors of the months
ahead are forecasts of the series, which compete with the plain ones (`variant_choice`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from forecaster.domain.catalogue import FLOW, WORKING_DAYS, Catalogue, Driver, Series
from forecaster.domain.conventions import country_of
from forecaster.domain.folds import settled_cutoffs
from forecaster.domain.lunar import CHINA, NEW_YEAR_MONTHS, day_factors
from forecaster.domain.months import month_after, month_from_number, month_number
from forecaster.domain.panel import latest_stretch
from forecaster.domain.ports import Outcome

CALENDAR = "calendar"
"""The variant that every series has whose body states January and February apart: the Lunar New Year taken out."""

DRIVER = "#driver"
"""Ends the key of a driver that is forecast from cutoffs which are not its own."""

NEW_YEARS = 3
"""Years with January and February stated apart before it is tried: fewer could not show that the holiday moves it."""

KEYS = pl.Schema({"key": pl.String(), "unique_id": pl.String(), "variant": pl.String()})
ROWS = pl.Schema({"unique_id": pl.String(), "ds": pl.Date(), "y": pl.Float64()})
CUTOFFS = pl.Schema({"unique_id": pl.String(), "cutoff": pl.Date()})
FACTORS = pl.Schema({"key": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "factor": pl.Float64()})
LINKS = pl.Schema(
    {"driver_key": pl.String(), "key": pl.String(), "cutoff": pl.Date(), "driver_cutoff": pl.Date(), "lag": pl.Int64()}
)


@dataclass(frozen=True, slots=True)
class Variants:
    """What the engine is to forecast besides the panel, and what its forecasts are worth."""

    keys: pl.DataFrame  # key (the engine's unique_id), unique_id, variant
    rows: pl.DataFrame  # unique_id (a key, or a driver's key), ds, y
    cutoffs: pl.DataFrame  # unique_id (the same), cutoff
    factors: pl.DataFrame  # key, cutoff, ds, factor: of the months ahead, as far as known at the cutoff
    links: pl.DataFrame  # driver_key, key, cutoff, driver_cutoff, lag: which forecast of a driver has the others


@dataclass(frozen=True, slots=True)
class Setting:
    """What all variants of a run have in common."""

    catalogue: Catalogue
    around: pl.DataFrame  # PANEL columns of every series, forecast or not, months consecutive
    cutoffs: pl.DataFrame  # unique_id, cutoff: where the series themselves are forecast from
    horizon: int
    min_train: int  # months before a cutoff, at least


def variants_of(panel: pl.DataFrame, *, setting: Setting) -> Variants:
    """Every variant of the series of a panel.

    Args:
        panel: PANEL columns, months consecutive.
        setting: catalogue, cutoffs, drivers' figures, horizon.

    Returns:
        The variants; no cutoff of one rests on a figure that was stated after it.
    """
    parts: list[Variants] = []
    for (series_id,), rows in panel.sort("unique_id", "ds").group_by("unique_id", maintain_order=True):
        parts += _of_series(rows, setting.catalogue.find(str(series_id)), setting=setting)
    return _joined(parts)


def _of_series(rows: pl.DataFrame, series: Series, *, setting: Setting) -> Iterator[Variants]:
    country = country_of(series, setting.catalogue)
    cutoffs = setting.cutoffs.filter(pl.col("unique_id") == series.series_id).sort("cutoff")
    years = _new_years(rows) if series.kind == FLOW and country == CHINA else []
    if len(years) >= NEW_YEARS:
        since = cutoffs.filter(pl.col("cutoff") >= years[NEW_YEARS - 1])
        factors = _of_days(rows, country=country, months=NEW_YEAR_MONTHS, horizon=setting.horizon)
        yield _by_calendar(rows, since, name=CALENDAR, factors=factors, horizon=setting.horizon)
    for driver in setting.catalogue.drivers:
        if driver.series_id != series.series_id:
            continue
        if driver.by == WORKING_DAYS:
            factors = _of_days(rows, country=country, months=range(1, 13), horizon=setting.horizon)
            yield _by_calendar(rows, cutoffs, name=WORKING_DAYS, factors=factors, horizon=setting.horizon)
        else:
            yield _by_driver(rows, cutoffs, driver=driver, setting=setting)


def _new_years(rows: pl.DataFrame) -> list[date]:
    """The Februaries of the years whose January and February were each stated, in order."""
    single = rows.filter((pl.col("block_start") == pl.col("block_end")) & (pl.col("ds").dt.month() <= 2))
    years = single.group_by(pl.col("ds").dt.year()).agg(pl.len(), february=pl.col("ds").max())
    return years.filter(pl.col("len") == 2)["february"].sort().to_list()


def _of_days(rows: pl.DataFrame, *, country: str, months: tuple[int, ...] | range, horizon: int) -> pl.DataFrame:
    """ds, factor of every month of a series and of those ahead."""
    first, last = month_number(rows["ds"][0]), month_number(rows["ds"][-1]) + horizon
    found = day_factors(range(first, last + 1), country=country, months=months)
    return pl.DataFrame({"ds": [month_from_number(number) for number in found], "factor": list(found.values())})


def _by_calendar(
    rows: pl.DataFrame, cutoffs: pl.DataFrame, *, name: str, factors: pl.DataFrame, horizon: int
) -> Variants:
    key = f"{rows['unique_id'][0]}#{name}"
    return Variants(
        keys=pl.DataFrame([(key, rows["unique_id"][0], name)], schema=KEYS, orient="row"),
        rows=_divided(rows, factors, key=key),
        cutoffs=cutoffs.with_columns(unique_id=pl.lit(key)),
        factors=_ahead(cutoffs, horizon=horizon).join(factors, on="ds").with_columns(key=pl.lit(key)),
        links=pl.DataFrame(schema=LINKS),
    )


def _by_driver(rows: pl.DataFrame, cutoffs: pl.DataFrame, *, driver: Driver, setting: Setting) -> Variants:
    key, lag = f"{driver.series_id}#{driver.by}", f"{driver.lag}mo"
    held = setting.around.filter(pl.col("unique_id") == driver.by).sort("ds")
    shifted = held.select(ds=pl.col("ds").dt.offset_by(lag), factor="y")
    ratio = latest_stretch(_divided(rows, shifted.filter(pl.col("factor") > 0), key=key))
    if ratio.is_empty():
        return _joined([])
    first, last = month_after(ratio["ds"][0], months=setting.min_train - 1), ratio["ds"][-1]
    links = _links(cutoffs.filter(pl.col("cutoff").is_between(first, last)), rows, held, driver=driver, setting=setting)
    known = _ahead(links, horizon=setting.horizon).join(shifted, on="ds")
    # The driver's forecasts from cutoffs that are its own are made anyway; only from others it is forecast once more.
    more = links.filter(pl.col("driver_key") != driver.by).select(unique_id="driver_key", cutoff="driver_cutoff")
    again = held.select("ds", "y", unique_id=pl.lit(key + DRIVER))
    return Variants(
        keys=pl.DataFrame([(key, driver.series_id, driver.by)], schema=KEYS, orient="row"),
        rows=pl.concat([ratio, *([] if more.is_empty() else [again.select(ROWS.names())])]),
        cutoffs=pl.concat([links.select(unique_id="key", cutoff="cutoff"), more.unique(maintain_order=True)]),
        factors=known.filter(pl.col("ds") <= pl.col("driver_cutoff").dt.offset_by(lag)),
        links=links,
    )


def _links(
    cutoffs: pl.DataFrame, rows: pl.DataFrame, held: pl.DataFrame, *, driver: Driver, setting: Setting
) -> pl.DataFrame:
    """The LINKS: up to which month the driver is known when the series is known up to its cutoff.

    The driver lags behind the series at every cutoff as it does today; what is known of it must reach the month that
    the series' last one goes with.
    """
    delay = max(0, month_number(rows["ds"][-1]) - month_number(held["ds"][-1]))
    every = held.select("unique_id", cutoff="ds")
    settled = settled_cutoffs(held, wanted=every, min_train=setting.min_train, no_trade=setting.catalogue.no_trade)
    released = cutoffs.select("cutoff", released=pl.col("cutoff").dt.offset_by(f"-{delay}mo")).sort("released")
    of_driver = settled.select(driver_cutoff="cutoff").sort("driver_cutoff")
    found = released.join_asof(of_driver, left_on="released", right_on="driver_cutoff", strategy="backward")
    reaching = found.filter(pl.col("driver_cutoff") >= pl.col("cutoff").dt.offset_by(f"-{driver.lag}mo"))
    own = setting.cutoffs.filter(pl.col("unique_id") == driver.by)["cutoff"]
    key = f"{driver.series_id}#{driver.by}"
    name = pl.when(pl.col("driver_cutoff").is_in(own.implode())).then(pl.lit(driver.by)).otherwise(pl.lit(key + DRIVER))
    named = reaching.with_columns(driver_key=name, key=pl.lit(key), lag=pl.lit(driver.lag))
    return named.select(LINKS.names())


def _divided(rows: pl.DataFrame, factors: pl.DataFrame, *, key: str) -> pl.DataFrame:
    both = rows.join(factors, on="ds", maintain_order="left")
    return both.select(pl.lit(key).alias("unique_id"), "ds", pl.col("y") / pl.col("factor"))


def _ahead(cutoffs: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    steps = pl.DataFrame({"step": range(1, horizon + 1)})
    ahead = cutoffs.join(steps, how="cross")
    return ahead.with_columns(ds=pl.col("cutoff").dt.offset_by(pl.format("{}mo", "step"))).drop("step")


def _joined(parts: list[Variants]) -> Variants:
    def of(name: str, schema: pl.Schema) -> pl.DataFrame:
        frames: list[pl.DataFrame] = [getattr(part, name) for part in parts]
        typed = [frame.select(schema.names()).cast(schema) for frame in frames]
        return pl.concat([pl.DataFrame(schema=schema), *typed])

    return Variants(
        keys=of("keys", KEYS),
        rows=of("rows", ROWS),
        cutoffs=of("cutoffs", CUTOFFS),
        factors=of("factors", FACTORS),
        links=of("links", LINKS),
    )


def named_by_series(failed: Iterable[Outcome], *, variants: Variants) -> tuple[Outcome, ...]:
    """Failures under the ids of series: those of a variant, or of the driver behind it, as a model of that name."""
    names = {key: (series_id, variant) for key, series_id, variant in variants.keys.iter_rows()}
    found = []
    for outcome in failed:
        series_id, variant = names.get(outcome.unique_id.removesuffix(DRIVER), (outcome.unique_id, ""))
        model = f"{variant}: {outcome.model}" if variant else outcome.model
        found.append(replace(outcome, unique_id=series_id, model=model))
    return tuple(sorted(found))
