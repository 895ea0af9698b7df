"""What a global model is told about a forecast, and how its correction is put on.

A forecast of one series knows only that series. Its errors have much in common with those on other series: after a
jump, late in a slowdown, in months whose season is weak. So each forecast is described by features without a unit, and
its error, in units of the noise of its series, is what a global model learns.
"""

import numpy as np
import polars as pl

from forecaster.domain.adjustment import EXPLODED, Adjusted, adjusted

APPLIED = 0.7
"""Share of the expected error that is put on: an estimate over other series, and so shrunk."""

STILL = 1e-9
"""Noise on the scale of the models under which a series does not move: an error in units of it tells nothing."""

SMALLEST = 0.02
"""Error in units of noise below which smaller ones count as large: an exact hit has no logarithm."""

UNTOLD = 1e30
"""Features from here on, as of forecasts that have no logarithm, count as unknown."""

LAGS = 12
YEARS = 3
FEATURES = (
    "step_ahead",
    "length",
    "ahead",  # of the forecast without its season, from the last value
    "season",  # of the month that is forecast
    "season_size",
    "roughness",  # of the last year against all years
    "yearly_change",
    *(f"lag_{lag}" for lag in range(1, LAGS + 1)),
    "last_quarter",
    *(f"mean_{year}" for year in range(1, YEARS + 1)),
    *(f"same_month_{year}" for year in range(1, YEARS + 1)),  # the same month's figures of the last years
    *(f"same_month_adjusted_{year}" for year in range(1, YEARS + 1)),
)
"""Each in units of the noise of its series, but for the first two; NaN where the series is too short to tell."""


def described(points: pl.DataFrame, *, panel: pl.DataFrame, season: int) -> pl.DataFrame:
    """Forecasts of one model with their features, and with their errors where these are known by now.

    Args:
        points: unique_id, cutoff, step, y_hat of one model, every step from 1 on; y_hat in the unit of the series.
        panel: unique_id, ds, y; periods consecutive.
        season: periods a year.

    Returns:
        unique_id, cutoff, step, `FEATURES`; z, form, unit, noise and limit, which bring a corrected forecast back;
        target (the error over `noise`; null where it is not known or has no logarithm); known_back (how many periods
        before the last of its series the error came to be known; negative: not yet); sorted.
    """
    series = {
        str(unique_id): (group["ds"].to_numpy(), group["y"].to_numpy())
        for (unique_id,), group in panel.sort("unique_id", "ds").group_by("unique_id", maintain_order=True)
    }
    found = []
    ordered = points.select("unique_id", "cutoff", "step", "y_hat").sort("unique_id", "cutoff", "step")
    for (unique_id, cutoff), group in ordered.group_by("unique_id", "cutoff", maintain_order=True):
        ds, y = series[str(unique_id)]
        count = int(np.searchsorted(ds, np.datetime64(str(cutoff)), side="right"))
        found.append(_one(group, y=y, count=count, season=season))
    return pl.concat(found)


def corrected(rows: pl.DataFrame, *, expected: pl.Series) -> pl.DataFrame:
    """Forecasts with the errors that are expected of them put on.

    Args:
        rows: as `described` gives them.
        expected: the error of each row in units of noise.

    Returns:
        unique_id, cutoff, step, y_hat (in the unit of the series), sorted.
    """
    z = pl.col("z") + APPLIED * pl.col("noise") * expected
    grown = z.clip(upper_bound=700.0).exp()
    level = pl.when(form="log").then(grown).when(form="log1p").then(grown - 1).otherwise(z * pl.col("unit"))
    held = level.clip(-pl.col("limit"), pl.col("limit"))
    return rows.select("unique_id", "cutoff", "step", y_hat=held)


def of_sizes(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of `described`, their target being the logarithm of how large the error was."""
    return rows.with_columns(target=pl.col("target").abs().clip(lower_bound=SMALLEST).log())


def widths(rows: pl.DataFrame, *, sizes: pl.Series) -> pl.DataFrame:
    """How large an error is to be expected of each forecast.

    Args:
        rows: as `described` gives them.
        sizes: the logarithm of the error's size in units of noise, of each row.

    Returns:
        unique_id, cutoff, step, width (in the unit of the series, at the height of the forecast), sorted.
    """
    steepness = pl.when(pl.col("form") == "").then("unit").otherwise(pl.col("z").clip(upper_bound=700.0).exp())
    width = (steepness * pl.col("noise") * sizes.exp()).clip(upper_bound=pl.col("limit"))
    return rows.select("unique_id", "cutoff", "step", width=pl.when(width > 0).then(width))


def _one(group: pl.DataFrame, *, y: np.ndarray, count: int, season: int) -> pl.DataFrame:
    """The rows of one series and cutoff, of which `count` periods were known."""
    way = adjusted(y[:count], logs=True, season=season)
    steps = group["step"].to_numpy()
    at = count - 1 + steps
    z = way.on_scale(group["y_hat"].to_numpy())
    noise = _noise(way.values)
    came = way.on_scale(np.where(at < len(y), y[np.minimum(at, len(y) - 1)], np.nan))
    error = (came - z) / noise if noise > STILL else np.full(len(steps), np.nan)
    features = _features(way, known=y[:count], steps=steps, z=z, season=season)
    return group.select("unique_id", "cutoff", "step").with_columns(
        *[pl.Series(name, values, pl.Float32()) for name, values in features.items()],
        z=pl.Series(z),
        form=pl.lit(way.logs),
        unit=pl.lit(way.unit),
        noise=pl.lit(noise),
        limit=pl.lit(EXPLODED * float(np.abs(y[:count]).max())),
        target=pl.Series(np.where(np.isfinite(error), error, np.nan)).fill_nan(None),
        known_back=pl.Series(len(y) - 1 - at, dtype=pl.Int64()),
    )


def _features(
    way: Adjusted, *, known: np.ndarray, steps: np.ndarray, z: np.ndarray, season: int
) -> dict[str, np.ndarray]:
    noise = _noise(way.values) or 1.0
    values, figures = way.values, way.on_scale(known)
    n, last = len(values), values[-1]
    seasonal = way.last_year[(steps - 1) % season]
    found = {
        "step_ahead": steps,
        "length": n,
        "ahead": (z - seasonal - last) / noise,
        "season": seasonal / noise,
        "season_size": way.last_year.std() / noise,
        "roughness": np.abs(np.diff(values))[-season:].mean() / noise if n > 1 else np.nan,
        "yearly_change": np.abs(figures[season:] - figures[:-season])[-season:].mean() / noise
        if n > season
        else np.nan,
    }
    for lag in range(1, LAGS + 1):
        found[f"lag_{lag}"] = (values[-1 - lag] - last) / noise if n > lag else np.nan
    found["last_quarter"] = (values[-3:].mean() - last) / noise
    for year in range(1, YEARS + 1):
        part = values[max(0, n - year * season) : n - (year - 1) * season]
        found[f"mean_{year}"] = (part.mean() - last) / noise if n >= year * season else np.nan
        back = n - 1 + steps - season * (year + (steps - 1) // season)
        there, at = back >= 0, np.maximum(back, 0)
        found[f"same_month_{year}"] = np.where(there, (figures[at] - z) / noise, np.nan)
        found[f"same_month_adjusted_{year}"] = np.where(there, (values[at] - last) / noise, np.nan)
    wide = {name: np.broadcast_to(np.asarray(found[name], float), steps.shape) for name in FEATURES}
    return {name: np.where(np.abs(value) < UNTOLD, value, np.nan) for name, value in wide.items()}


def _noise(values: np.ndarray) -> float:
    """The usual change from one period to the next, without the season."""
    return float(np.abs(np.diff(values)).mean()) if len(values) > 1 else 0.0
