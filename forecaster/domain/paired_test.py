"""Whether two forecasts differ in accuracy by more than chance, told by rolling folds that overlap.

The loss of one less the loss of the other is averaged over series at each fold, so that shocks common to series count
once. Neighbouring folds forecast mostly the same months; their differences hang together, and with a dozen folds no
estimate of how much is any good. So the long-run variance is taken from the lowest frequencies alone, and the statistic
is shrunk by what that estimate misses where folds hang together as much as their overlap lets them.

Sources: Diebold & Mariano (1995), "Comparing predictive accuracy"; Coroneo & Iacone (2020), "Comparing predictive
accuracy in small samples using fixed-smoothing asymptotics", J. Appl. Econometrics 35, the weighted periodogram
estimate with Student's t of 2m degrees; shrunk as by Harvey, Leybourne & Newbold (1997), for the expected bias of the
estimate, here with the autocovariances 1 - k/L of forecasts that overlap over L folds.
"""

from cmath import exp, pi
from collections.abc import Sequence
from math import atan, cos, prod, sin, sqrt

LEAST_FOLDS = 3
"""Fewer have no frequency between never and every other fold."""


def p_value(differences: Sequence[float], *, overlap: int) -> float | None:
    """How often differences as large as these come about by chance where the two are equally accurate.

    Args:
        differences: of the mean loss at each fold, folds in order.
        overlap: folds whose forecasts have months in common, at least 1: horizon over step, rounded up.

    Returns:
        Two-sided, 0 to 1; None where there are too few folds to tell. Differences that are all 0 give 1.
    """
    count = len(differences)
    if count < LEAST_FOLDS:
        return None
    mean = sum(differences) / count
    if not any(differences):
        return 1.0
    frequencies = bandwidth(count, overlap=overlap)
    variance = _low_spectrum(differences, frequencies=frequencies)
    if variance <= 0:  # the same difference at every fold
        return 0.0
    statistic = mean / sqrt(variance / count) * _shrinkage(count, overlap=overlap, frequencies=frequencies)
    return 1 - _within(abs(statistic), degrees=2 * frequencies)


def bandwidth(count: int, *, overlap: int) -> int:
    """How many of the lowest frequencies the variance is taken from.

    At most the cube root of the folds (Coroneo & Iacone), and only those at which folds that overlap look as they do at
    frequency 0.
    """
    root = int(count ** (1 / 3) + 1e-9)
    return max(1, min(root, count // (2 * overlap), (count - 1) // 2))


def _low_spectrum(values: Sequence[float], *, frequencies: int) -> float:
    """The mean periodogram at the first frequencies above 0, in units of the variance."""
    count = len(values)
    waves = [
        abs(sum(value * exp(-2j * pi * at * number / count) for at, value in enumerate(values))) ** 2
        for number in range(1, frequencies + 1)
    ]
    return sum(waves) / count / frequencies


def _shrinkage(count: int, *, overlap: int, frequencies: int) -> float:
    """The root of what the variance estimate is expected to be over what it should be; 1 without overlap."""
    shared = [max(0.0, 1 - lag / overlap) for lag in range(count)]
    weights = [1.0] + [2 * (1 - lag / count) for lag in range(1, count)]
    true = sum(weight * share for weight, share in zip(weights, shared, strict=True))
    expected = [
        sum(
            weight * share * cos(2 * pi * number * lag / count)
            for lag, (weight, share) in enumerate(zip(weights, shared, strict=True))
        )
        for number in range(1, frequencies + 1)
    ]
    return sqrt(sum(expected) / frequencies / true)


def _within(statistic: float, *, degrees: int) -> float:
    """The probability that Student's t, of an even number of degrees, lies within plus or minus `statistic`.

    Source: Abramowitz & Stegun (1964), 26.7.4.
    """
    angle = atan(statistic / sqrt(degrees))
    terms = [
        prod((2 * at - 1) / (2 * at) for at in range(1, number + 1)) * cos(angle) ** (2 * number)
        for number in range(degrees // 2)
    ]
    return sin(angle) * sum(terms)
