"""Seasonal adjustment before a model, and back after it: the seasonal estimate is shrunk by its own noise.

Where a year is known two to ten times, the noise of the seasonal estimate costs more than the model chosen on top. So
the seasonal part of an STL decomposition is multiplied by how much of it can be told from noise, a model without
seasons forecasts the rest, and the last seasonal year is put on again.
"""

from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.seasonal import STL

SEASON = 12
WINDOW = 11
"""Years that a month's seasonal value is smoothed over (loess of degree 0)."""

SHRINKAGE = 0.7
MIN_MONTHS = 2 * SEASON + 1
"""Under two years and a month no season can be told from noise."""

CAP = 20.0
"""A back-transformed forecast is held to so many times the largest figure."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A series ready for a model without seasons, and what brings its forecasts back."""

    values: np.ndarray
    last_year: np.ndarray  # seasonal part of the last SEASON months; zeros where there is none
    logs: str  # "log", "log1p" or ""
    largest: float
    never_negative: bool

    def back(self, forecast: np.ndarray) -> np.ndarray:
        """Forecasts of `values`, month by month from the one after the last, in the unit of the series."""
        steps = np.arange(len(forecast))
        seasonal = self.last_year[steps % SEASON]
        level = forecast + seasonal
        if self.logs:
            level = np.exp(np.minimum(level, 700.0)) - (1.0 if self.logs == "log1p" else 0.0)
        lowest = 0.0 if self.never_negative else -np.inf
        held: np.ndarray = np.clip(level, lowest, CAP * self.largest)
        return held


def adjusted(y: np.ndarray, *, logs: bool) -> Adjusted:
    """Take the shrunk seasonal part off a series.

    Args:
        y: consecutive months, finite.
        logs: work on logarithms (log(1 + y) where there are zeros); only for series without negative figures.

    Returns:
        The adjusted series and the way back.

    Source: Cleveland et al. (1990), STL; shrinkage of seasonal factors after Miller & Williams (2003), with the
        variance ratio of residual and seasonal part.
    """
    lowest, largest = float(y.min()), float(np.abs(y).max())
    how = "" if not logs or lowest < 0 else "log" if lowest > 0 else "log1p"
    z = np.log(y) if how == "log" else np.log1p(y) if how == "log1p" else y.astype(float)
    seasonal = _seasonal(z)
    return Adjusted(z - seasonal, _last_year(seasonal), how, largest, lowest >= 0)


def _seasonal(z: np.ndarray) -> np.ndarray:
    if len(z) < MIN_MONTHS:
        return np.zeros(len(z))
    parts = STL(z, period=SEASON, seasonal=WINDOW, seasonal_deg=0).fit()
    noise, signal = _variance(parts.resid) * len(z) / (len(z) - 14), _variance(parts.seasonal)
    if signal <= 0:
        return np.zeros(len(z))
    weight = max(0.0, 1 - SHRINKAGE * noise / (min(5.0, len(z) / SEASON) * signal))
    shrunk: np.ndarray = weight * parts.seasonal
    return shrunk


def _variance(values: np.ndarray) -> float:
    return float(np.var(values))


def _last_year(seasonal: np.ndarray) -> np.ndarray:
    last: np.ndarray = seasonal[-SEASON:] if len(seasonal) >= SEASON else np.zeros(SEASON)
    return last
