"""Known sums that cross, such as those of fiscal and of calendar years: months that meet all of them."""

from collections.abc import Mapping, Sequence
from statistics import fmean, pvariance

from forecaster.domain.lunar import effective_days
from forecaster.domain.spans import Known

HAIR = 1e-6
"""What sums of rounded figures may lack, relative to the sum."""


def months_of_crossing(cluster: Sequence[Known], *, country: str) -> tuple[dict[int, float], list[Known], list[Known]]:
    """The months nearest to the profile that meet every sum, none below nothing.

    Args:
        cluster: sums that overlap, none of which follows from others.
        country: whose working days are the profile.

    Returns:
        The months by number; the sums that they meet, the shortest first; and those left out, since no such months
        meet all sums together.
    """
    kept = sorted(cluster, key=lambda k: (k.last - k.first, k.first))
    left_out: list[Known] = []
    while (solution := _nearest_to_profile(kept, country=country)) is None:
        blamed = _to_blame(kept, country=country)
        kept = [total for total in kept if total is not blamed]
        left_out.append(blamed)
    return solution, kept, left_out


def _to_blame(cluster: Sequence[Known], *, country: str) -> Known:
    """The sum without which the others can be met, by the evenest months; of equal ones, the longest."""
    found: list[tuple[float, int, Known]] = []
    for at, total in enumerate(reversed(cluster)):
        others = [other for other in cluster if other is not total]
        if (solution := _nearest_to_profile(others, country=country)) is not None:
            found.append((_unevenness(solution, country=country), at, total))
    # Where two or more are wrong, the longest goes first: it says least of single months.
    return min(found)[2] if found else cluster[-1]


def _unevenness(months: Mapping[int, float], *, country: str) -> float:
    """Variance of output a working day over its squared mean."""
    days = effective_days(list(months), country=country)
    rates = [y / days[number] for number, y in months.items()]
    mean = fmean(rates)
    return round(pvariance(rates) / mean**2, 9) if mean > 0 else 0.0


def _nearest_to_profile(cluster: Sequence[Known], *, country: str) -> dict[int, float] | None:
    """Months x >= 0 with A x = b that are near to the profile p: the sum of (x - p)^2 / p is made small.

    Where the least sum has months below nothing, these are held at nothing and the others solved for again.

    Returns:
        The months by number; None where no such months are found.
    """
    if not cluster:
        return {}
    numbers = sorted({number for total in cluster for number in range(total.first, total.last + 1)})
    days: Mapping[int, float] = effective_days(numbers, country=country)
    inside = sum(days[number] for total in cluster for number in range(total.first, total.last + 1))
    level = max(sum(total.value for total in cluster), HAIR) / inside
    profile = {number: level * days[number] for number in numbers}
    hair = HAIR * max(abs(total.value) for total in cluster)
    while True:
        solution = _projected(cluster, profile=profile)
        below = {number for number, y in solution.items() if y < -hair / len(numbers)}
        if not below:
            break
        profile = {number: y for number, y in profile.items() if number not in below}
    months = {number: max(solution.get(number, 0.0), 0.0) for number in numbers}
    missed = [abs(total.value - sum(months[n] for n in range(total.first, total.last + 1))) for total in cluster]
    return months if max(missed) <= hair else None


def _projected(cluster: Sequence[Known], *, profile: Mapping[int, float]) -> dict[int, float]:
    """The months of the profile, moved to meet every sum that can be met over them."""
    inside = [[number for number in range(total.first, total.last + 1) if number in profile] for total in cluster]
    bound = [(total, held) for total, held in zip(cluster, inside, strict=True) if held]
    shared = [
        [sum(profile[number] for number in held if number in set(other)) for _, other in bound] for _, held in bound
    ]
    missing = [total.value - sum(profile[number] for number in held) for total, held in bound]
    pull = _solution(shared, missing)
    pulled = dict.fromkeys(profile, 1.0)
    for (_, held), by in zip(bound, pull, strict=True):
        for number in held:
            pulled[number] += by
    return {number: profile[number] * times for number, times in pulled.items()}


def _solution(matrix: list[list[float]], right: list[float]) -> list[float]:
    """An x with `matrix` x = `right`, if there is one; in plain Python, as a serving install has no linear algebra.

    The matrix is symmetric and positive semidefinite: where a pivot is 0, so is all beside it, and its x may be 0.
    """
    rows = [[*row, end] for row, end in zip(matrix, right, strict=True)]
    largest = max((row[at] for at, row in enumerate(rows)), default=0.0)
    free: set[int] = set()
    for at, pivot in enumerate(rows):
        if pivot[at] <= 1e-12 * largest:
            free.add(at)
            continue
        for below in rows[at + 1 :]:
            share = below[at] / pivot[at]
            below[at:] = [value - share * above for value, above in zip(below[at:], pivot[at:], strict=True)]
    found: list[float] = []
    for at in reversed(range(len(rows))):
        rest = sum(value * x for value, x in zip(rows[at][at + 1 : -1], reversed(found), strict=True))
        found.append(0.0 if at in free else (rows[at][-1] - rest) / rows[at][at])
    return found[::-1]
