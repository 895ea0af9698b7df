"""Seasonal adjustment before a model, and back after it: the seasonal estimate is shrunk by its own noise.

Where a year is known two to ten times, the noise of the seasonal estimate costs more than the model chosen on top. So
the seasonal part of an STL decomposition is multiplied by how much of it can be told from noise, a model without
seasons forecasts the rest, and the last seasonal year is put on again.
"""

from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.seasonal import STL

WINDOW = 11
"""Years that a month's seasonal value is smoothed over (loess of degree 0)."""

SHRINKAGE = 0.7


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
        with np.errstate(divide="ignore", invalid="ignore"):
            found: np.ndarray = np.log(y) if self.logs == "log" else np.log1p(y) if self.logs else y / self.unit
        return found

    def off_scale(self, z: np.ndarray) -> np.ndarray:
        """The way back from `on_scale`, held at 0 where the series is never negative."""
        level = np.exp(np.minimum(z, 700.0)) - (1.0 if self.logs == "log1p" else 0.0) if self.logs else z
        level = level * self.unit
        held: np.ndarray = np.maximum(level, 0.0) if self.never_negative else level
        return held


def adjusted(y: np.ndarray, *, logs: bool, season: int) -> Adjusted:
    """Take the shrunk seasonal part off a series.

    Args:
        y: consecutive periods, finite.
        season: periods a year, at least 1; 1 takes no season off.
        logs: work on logarithms (log(1 + y) where there are zeros); only for series without negative figures.

    Returns:
        The adjusted series and the way back.

    Source: Cleveland et al. (1990), STL; shrinkage of seasonal factors after Miller & Williams (2003), with the
        variance ratio of residual and seasonal part.
    """
    lowest = float(y.min())
    how = "" if not logs or lowest < 0 else "log" if lowest > 0 else "log1p"
    unit = 1.0 if how else float(np.abs(y).mean()) or 1.0
    z = np.log(y) if how == "log" else np.log1p(y) if how == "log1p" else y / unit
    seasonal = _seasonal(z, season=season)
    return Adjusted(z - seasonal, _last_year(seasonal, season=season), how, unit, lowest >= 0)


def _seasonal(z: np.ndarray, *, season: int) -> np.ndarray:
    # Under two years and a period no season can be told from noise.
    if season == 1 or len(z) < 2 * season + 1:
        return np.zeros(len(z))
    parts = STL(z, period=season, seasonal=WINDOW, seasonal_deg=0).fit()
    # The degrees of freedom that a seasonal pattern and its trend take.
    noise = _variance(parts.resid) * len(z) / max(1, len(z) - season - 2)
    signal = _variance(parts.seasonal)
    if signal <= 0:
        return np.zeros(len(z))
    weight = max(0.0, 1 - SHRINKAGE * noise / (min(5.0, len(z) / season) * signal))
    shrunk: np.ndarray = weight * parts.seasonal
    return shrunk


def _variance(values: np.ndarray) -> float:
    return float(np.var(values))


def _last_year(seasonal: np.ndarray, *, season: int) -> np.ndarray:
    last: np.ndarray = seasonal[-season:] if len(seasonal) >= season else np.zeros(season)
    return last
