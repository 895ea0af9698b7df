"""In what proportion months share a sum that is known of them together."""

from collections.abc import Mapping, Sequence
from math import exp, fsum, log
from statistics import median

from forecaster.domain.bridges import STEEPEST, YEARS, Month
from forecaster.domain.lunar import effective_days
from forecaster.domain.panel import ESTIMATED

DOUBT = 2
"""Years that speak for working days alone: n earlier years count n / (n + DOUBT)."""


def profile(numbers: Sequence[int], *, known: Mapping[int, Month], country: str) -> dict[int, float]:
    """Effective working days of months, times how much the series made of such a day in the same months before.

    Only years in which each of these months is known by itself tell that, the median of the nearest three; where there
    is none, days alone count. One odd year (2020) must not decide, so that few years are shrunk towards days.

    Args:
        numbers: months, as `months.month_number` counts.
        known: earlier months of the series by number, and perhaps others.
        country: whose working days.

    Returns:
        By number, above 0; only their proportions mean something.
    """
    days = effective_days(numbers, country=country)
    if len(numbers) < 2:  # nothing to share
        return days
    shapes = [shape for away in YEARS if (shape := _shape(numbers, away, known=known, country=country))]
    if not shapes:
        return days
    trust = len(shapes) / (len(shapes) + DOUBT)
    return {
        number: days[number] * exp(trust * median(shape[at] for shape in shapes)) for at, number in enumerate(numbers)
    }


def _shape(numbers: Sequence[int], away: int, *, known: Mapping[int, Month], country: str) -> list[float]:
    """Logarithms of output a working day over their mean, so many months away; empty where it can't be told."""
    likes = [known.get(number + away) for number in numbers]
    if any(like is None or like.obtained == ESTIMATED or like.y <= 0 for like in likes):
        return []
    days = effective_days([number + away for number in numbers], country=country)
    rates = [log(like.y / days[like.number]) for like in likes if like is not None]
    mean = fsum(rates) / len(rates)
    return [min(max(rate - mean, -log(STEEPEST)), log(STEEPEST)) for rate in rates]
