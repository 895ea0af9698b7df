"""Adjustment before a model, and back after it: without outliers, and the seasonal estimate shrunk by its own noise.

Where a year is known two to ten times, the noise of the seasonal estimate costs more than the model chosen on top. So
the seasonal part of an STL decomposition is multiplied by how much of it can be told from noise, a model without
seasons forecasts the rest, and the last seasonal year is put on again. Where not even two years are known, the year
less its growth takes the place of STL.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from statsmodels.tsa.seasonal import DecomposeResult

WINDOW = 11
"""Years that a month's seasonal value is smoothed over (loess of degree 0)."""

SHRINKAGE = 0.7

OUTLYING = 6.0
"""Deviations beyond which a remainder is an outlier.

On every other series of M1 and Tourism monthly, the mean MASE of four adjusted models falls from 1.022 to 1.016 and
from 1.418 to 1.391 by it; with 4 or 5 it is 1.020 and 1.376, 1.022 and 1.390.
"""

DEVIATION = 1.4826
"""Times the median absolute deviation: the standard deviation of normal remainders."""

SUPPOSED_NOISE = 0.25
"""Share of the seasonal variance that is noise where no two years tell; it counts as much as one pair of them."""

FROM_NOTHING = 10.0
"""Times the largest figure before it that a month has where a market opens, and a usual month of the year after it."""

EXPLODED = 20.0
"""A forecast beyond so many times the largest figure is a failure of the model."""

LEAST_YEAR = 12
"""Periods after an opening, however short a season is."""

LATEST = 3
MOST_OUTLIERS = 0.1


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A series ready for a model without seasons, and what brings its forecasts back."""

    values: np.ndarray
    last_year: np.ndarray  # seasonal part of the last season; zeros where there is none
    logs: str  # "log", "log1p" or ""
    unit: float  # what levels are divided by, since optimisers take long over large numbers; 1 for logs
    never_negative: bool

    def back(self, forecast: np.ndarray) -> np.ndarray:
        """Forecasts of `values`, one a period from the one after the last, in the unit of the series.

        They are finite wherever `forecast` is; whether they are too large to be true is for the caller to say.
        """
        steps = np.arange(len(forecast))
        return self.off_scale(forecast + self.last_year[steps % len(self.last_year)])

    def on_scale(self, y: np.ndarray) -> np.ndarray:
        """Figures in the unit of the series on the scale of `values`; not finite where there is no logarithm."""
        return _on_scale(y, logs=self.logs, unit=self.unit)

    def off_scale(self, z: np.ndarray) -> np.ndarray:
        """The way back from `on_scale`, held at 0 where the series is never negative."""
        level = np.exp(np.minimum(z, 700.0)) - (1.0 if self.logs == "log1p" else 0.0) if self.logs else z
        level = level * self.unit
        held: np.ndarray = np.maximum(level, 0.0) if self.never_negative else level
        return held


def adjusted(y: np.ndarray, *, logs: bool, season: int) -> Adjusted:
    """Take the shrunk seasonal part off a series, or off what is left of it since its market opened.

    Args:
        y: consecutive periods, finite.
        season: periods a year, at least 1; 1 takes no season off.
        logs: work on logarithms (log(1 + y) where there are zeros); only for series without negative figures.

    Returns:
        The adjusted series, as long as it is since then, and the way back.

    Source: Cleveland et al. (1990), STL; shrinkage of seasonal factors after Miller & Williams (2003), with the
        variance ratio of residual and seasonal part.
    """
    y = y[opening(y, season=season) :]
    lowest = float(y.min())
    how = "" if not logs or lowest < 0 else "log" if lowest > 0 else "log1p"
    unit = 1.0 if how else float(np.abs(y).mean()) or 1.0
    z, seasonal = _without_outliers(_on_scale(y, logs=how, unit=unit), season=season)
    return Adjusted(z - seasonal, _last_year(seasonal, season=season), how, unit, lowest >= 0)


def opening(y: np.ndarray, *, season: int) -> int:
    """Where a history begins to tell: the last period whose market opened from nothing, if a year follows.

    What stood before it is another thing's history, and a season or trend that has to explain both is neither's.

    Args:
        y: consecutive periods.
        season: periods a year.

    Returns:
        A place in `y`; 0 where there is none such, or figures are below 0.
    """
    if y.min() < 0:
        return 0
    year = max(season, LEAST_YEAR)
    largest = np.maximum.accumulate(y)
    opened = (y[1:] >= FROM_NOTHING * largest[:-1]) & (y[1:] > 0)
    for place in np.flatnonzero(opened[: max(0, len(y) - year)])[::-1] + 1:
        if np.median(y[place : place + year]) >= FROM_NOTHING * largest[place - 1]:
            return int(place)
    return 0


def _on_scale(y: np.ndarray, *, logs: str, unit: float) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = np.log(y) if logs == "log" else np.log1p(y) if logs else y / unit
    return found


def _without_outliers(z: np.ndarray, *, season: int) -> tuple[np.ndarray, np.ndarray]:
    """The series with its outliers put where trend and season have them, and its shrunk seasonal part.

    An outlier lies so many deviations of the remainder off, and is no level shift: the latest periods are never taken
    for one, nor are more than a tenth of all.
    """
    if season == 1 or len(z) < season:
        return z, np.zeros(len(z))
    if len(z) < 2 * season + 1:  # too little for STL, and to tell an outlier from a season
        return z, _from_a_year(z, season=season)
    from statsmodels.tsa.seasonal import STL  # noqa: PLC0415  # 2 s, and only the processes that fit need it

    parts = STL(z, period=season, seasonal=WINDOW, seasonal_deg=0).fit()
    if _outliers(parts.resid).any():
        # Outliers pull a plain decomposition towards them; a robust one, ten times the work, tells which and whereto.
        robust = STL(z, period=season, seasonal=WINDOW, seasonal_deg=0, robust=True).fit()
        outliers = _outliers(robust.resid)
        if outliers.mean() <= MOST_OUTLIERS:
            z = np.where(outliers, robust.trend + robust.seasonal, z)
            parts = STL(z, period=season, seasonal=WINDOW, seasonal_deg=0).fit()
    return z, _shrunk(parts, season=season)


def _from_a_year(z: np.ndarray, *, season: int) -> np.ndarray:
    """The shrunk seasonal part of one to two years: what each period of the year is off the mean, less the growth.

    Growth is the median of the differences of a year, and noise their spread about it. Where few are known, growth is
    rather that of the straight line, as far as the periods do rise or fall one after the other, and noise a share.

    Source: ours; docs/decisions.md has what was measured.
    """
    count, pairs = len(z), len(z) - season
    yearly, before = z[season:] - z[:-season], season / 2
    of_pairs = pairs * float(np.median(yearly)) if pairs else 0.0
    growth = (of_pairs + before * _line_growth(z, season=season)) / (pairs + before)
    level = z - growth * np.arange(count) / season
    pattern = np.array([level[at::season].mean() for at in range(season)])
    pattern -= pattern.mean()
    signal = _variance(pattern)
    if signal <= 0:
        return np.zeros(count)
    spread = float(np.square(yearly - growth).sum()) / 2 if pairs > 1 else 0.0
    noise = (spread + SUPPOSED_NOISE * signal) / max(1, pairs)
    weight = max(0.0, 1 - SHRINKAGE * noise / (count / season * signal))
    shrunk: np.ndarray = weight * pattern[np.arange(count) % season]
    return shrunk


def _line_growth(z: np.ndarray, *, season: int) -> float:
    """Growth of a year by the median slope between any two periods, times the third power of how monotone they are.

    Source: Theil (1950) and Sen (1968) for the slope, Kendall (1938) for tau; their product is ours.
    """
    first, second = np.triu_indices(len(z), 1)
    moves = z[second] - z[first]
    tau = float(np.sign(moves).mean())
    return float(np.median(moves / (second - first))) * season * abs(tau) ** 3


def _outliers(remainder: np.ndarray) -> np.ndarray:
    off = np.abs(remainder - np.median(remainder))
    found: np.ndarray = off > OUTLYING * max(DEVIATION * float(np.median(off)), np.finfo(float).tiny)
    found[-LATEST:] = False
    return found


def _shrunk(parts: "DecomposeResult", *, season: int) -> np.ndarray:
    count = len(parts.resid)
    # The degrees of freedom that a seasonal pattern and its trend take.
    noise = _variance(parts.resid) * count / max(1, count - season - 2)
    signal = _variance(parts.seasonal)
    if signal <= 0:
        return np.zeros(count)
    weight = max(0.0, 1 - SHRINKAGE * noise / (min(5.0, count / season) * signal))
    shrunk: np.ndarray = weight * parts.seasonal
    return shrunk


def _variance(values: np.ndarray) -> float:
    return float(np.var(values))


def _last_year(seasonal: np.ndarray, *, season: int) -> np.ndarray:
    last: np.ndarray = seasonal[-season:] if len(seasonal) >= season else np.zeros(season)
    return last
