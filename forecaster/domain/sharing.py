"""Known sums -> months: exact where a month is settled, in proportion to a profile where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forecaster.domain.bridges import Month
from forecaster.domain.lunar import effective_days
from forecaster.domain.panel import DIFFERENCED, ESTIMATED, REPORTED
from forecaster.domain.spans import Known, Span

HAIR = 1e-6
"""What sums of rounded figures may lack, relative to the sum."""


@dataclass(frozen=True, slots=True)
class Overdrawn:
    """A sum whose own parts leave less than nothing for its other months."""

    known: Known
    rest: float


def shared_out(
    known: Sequence[Known], *, stated: Mapping[int, Span], country: str
) -> tuple[list[Month], list[Overdrawn]]:
    """The months of known sums, so that every sum is met.

    Each sum is shared out over the months that shorter sums within it leave open, in proportion to their effective
    working days. Sums that cross (a fiscal year and a calendar year) are solved for together: the months nearest to the
    profile, by least squares with weights 1/profile, that meet them all; for sums that nest, the same as sharing out.

    Args:
        known: as `spans.settle` gives them.
        stated: months that were stated directly and are taken as stated, whatever the sums around them say.
        country: whose working days.

    Returns:
        The months, in no order, and sums that could not be met without a negative month; those are left out.
    """
    months: dict[int, Month] = {}
    overdrawn: list[Overdrawn] = []
    for cluster in _clusters(known):
        solve = _solved_together if _cross(cluster) else _shared_in_turn
        found, failed = solve(cluster, stated=stated, country=country)
        months |= found
        overdrawn += failed
    return list(months.values()), overdrawn


def _clusters(known: Sequence[Known]) -> list[list[Known]]:
    """Sums that overlap, directly or through others, together."""
    clusters: list[list[Known]] = []
    reach = -1
    for total in sorted(known, key=lambda k: (k.first, -k.last)):
        if total.first > reach:
            clusters.append([])
        clusters[-1].append(total)
        reach = max(reach, total.last)
    return clusters


def _cross(cluster: Sequence[Known]) -> bool:
    return any(a.first < b.first <= a.last < b.last for a in cluster for b in cluster)


def _shared_in_turn(
    cluster: Sequence[Known], *, stated: Mapping[int, Span], country: str
) -> tuple[dict[int, Month], list[Overdrawn]]:
    """The shortest first, so that a longer one shares out only what is left."""
    months: dict[int, Month] = {}
    overdrawn: list[Overdrawn] = []
    for total in sorted(cluster, key=lambda k: (k.last - k.first, k.first)):
        span = range(total.first, total.last + 1)
        open_months = [number for number in span if number not in months]
        rest = total.value - sum(months[number].y for number in span if number in months)
        if rest < -HAIR * max(abs(total.value), 1.0):
            overdrawn.append(Overdrawn(total, rest))
            continue
        days = effective_days(open_months, country=country)
        for number in open_months:
            part = max(rest, 0.0) * days[number] / sum(days.values())
            months[number] = _month(number, part, total, stated=stated)
    return months, overdrawn


def _solved_together(
    cluster: Sequence[Known], *, stated: Mapping[int, Span], country: str
) -> tuple[dict[int, Month], list[Overdrawn]]:
    """All at once; a sum that forces a negative month is left out, the longest first."""
    kept, overdrawn = sorted(cluster, key=lambda k: (k.last - k.first, k.first)), []
    while True:
        solution = _nearest_to_profile(kept, country=country)
        if min(solution.values()) >= -HAIR * max(abs(total.value) for total in kept) or not _cross(kept):
            break
        longest = kept.pop()
        overdrawn.append(Overdrawn(longest, min(solution.values())))
    months = {}
    for total in reversed(kept):  # the shortest sum around a month is its block
        for number in range(total.first, total.last + 1):
            months[number] = _month(number, max(solution[number], 0.0), total, stated=stated)
    return months, overdrawn


def _nearest_to_profile(cluster: Sequence[Known], *, country: str) -> dict[int, float]:
    """Months x with A x = b that minimise the sum of (x - p)^2 / p, p being the profile at the cluster's level."""
    numbers = sorted({number for total in cluster for number in range(total.first, total.last + 1)})
    days: Mapping[int, float] = effective_days(numbers, country=country)
    inside = [[number for number in numbers if total.first <= number <= total.last] for total in cluster]
    level = max(sum(total.value for total in cluster), HAIR) / sum(days[number] for held in inside for number in held)
    profile = {number: level * days[number] for number in numbers}
    shared = [[sum(profile[number] for number in held if number in other) for other in inside] for held in inside]
    missing = [
        total.value - sum(profile[number] for number in held) for total, held in zip(cluster, inside, strict=True)
    ]
    pull = _solution(shared, missing)
    return {
        number: profile[number] * (1 + sum(pulled for pulled, held in zip(pull, inside, strict=True) if number in held))
        for number in numbers
    }


def _solution(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The x with `matrix` x = `right`; in plain Python, since a serving install has no linear algebra.

    The matrix is symmetric and positive definite, as no known sum follows from others; a dozen sums at most.
    """
    rows = [[*row, end] for row, end in zip(matrix, right, strict=True)]
    for at, pivot in enumerate(rows):
        for below in rows[at + 1 :]:
            share = below[at] / pivot[at]
            below[at:] = [value - share * above for value, above in zip(below[at:], pivot[at:], strict=True)]
    found: list[float] = []
    for at in reversed(range(len(rows))):
        rest = sum(value * x for value, x in zip(rows[at][at + 1 : -1], reversed(found), strict=True))
        found.append((rows[at][-1] - rest) / rows[at][at])
    return found[::-1]


def _month(number: int, y: float, total: Known, *, stated: Mapping[int, Span]) -> Month:
    if total.first < total.last:
        return Month(number, y, ESTIMATED, (total.first, total.last), total.report_ids)
    if number in stated:
        own = stated[number]
        return Month(number, own.value, REPORTED, (number, number), (own.report_id,))
    return Month(number, y, DIFFERENCED, (number, number), total.report_ids)
