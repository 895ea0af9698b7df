"""Holes without any stated sum: bridged, so that models get consecutive months; never scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

from forecaster.domain.lunar import effective_days
from forecaster.domain.panel import ESTIMATED

LONGEST_HOLE = 24
"""Months: a longer hole without any stated sum stays a hole; what models see is the part after it."""

STEEPEST = 3.0
"""A month stands at most so many times above or below the line: near zero, shapes say nothing."""

YEARS = (-12, -24, -36)
"""Months to a like span of an earlier year, the nearest first; a later year would tell a backtest what was to come."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a series: a row of the panel."""

    number: int
    y: float
    obtained: str
    block: tuple[int, int] | None
    reports: tuple[str, ...]


def bridged(months: Mapping[int, Month], *, country: str | None) -> list[Month]:
    """Months with the holes filled, but for those longer than LONGEST_HOLE.

    A bridge leads straight from the month before to the month after, times the shape that the same months had between
    the same two in the nearest earlier years that are known; where none is, times their working days.

    Args:
        months: what is known, by month number.
        country: whose working days; None for levels, which no working day makes.

    Returns:
        Every month given, as it is, and the bridged ones: estimated, in no block; in order.
    """
    if not months:
        return []
    numbers = sorted(months)
    whole = []
    for before, after in pairwise(numbers):
        whole.append(months[before])
        if before + 1 < after <= before + LONGEST_HOLE:
            shape = _shape(months, before, after, country=country)
            for number in range(before + 1, after):
                straight = _between(months[before].y, months[after].y, number, before, after)
                whole.append(Month(number, straight * shape[number], ESTIMATED, None, ()))
    return [*whole, months[numbers[-1]]]


def _shape(months: Mapping[int, Month], before: int, after: int, *, country: str | None) -> dict[int, float]:
    """Each month of a hole over the straight line across it, as in other years; their geometric mean."""
    hole = range(before + 1, after)
    if country is None:
        return dict.fromkeys(hole, 1.0)
    likes = [
        _over_the_line(months, before + away, after + away)
        for away in YEARS
        if all(number + away in months for number in range(before, after + 1))
    ][:2]
    usable = [like for like in likes if min(like) > 0]
    if usable:
        means = [exp(sum(log(like[at]) for like in usable) / len(usable)) for at in range(len(hole))]
        return {number: min(max(means[at], 1 / STEEPEST), STEEPEST) for at, number in enumerate(hole)}
    days = effective_days(range(before, after + 1), country=country)
    return {number: days[number] / _between(days[before], days[after], number, before, after) for number in hole}


def _over_the_line(months: Mapping[int, Month], before: int, after: int) -> list[float]:
    """Each month between two over the straight line from one to the other; 0 where the line is at 0."""
    ratios = []
    for number in range(before + 1, after):
        straight = _between(months[before].y, months[after].y, number, before, after)
        ratios.append(months[number].y / straight if straight > 0 else 0.0)
    return ratios


def _between(start: float, end: float, number: int, before: int, after: int) -> float:
    way = (number - before) / (after - before)
    return (1 - way) * start + way * end
