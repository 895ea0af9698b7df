"""Known sums that cross, such as those of fiscal and of calendar years: months that meet all of them."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from statistics import fmean, pvariance

from forecaster.domain.spans import Known

HAIR = 1e-6
"""What sums of rounded figures may lack, relative to the sum."""

MOST_STEPS = 100
"""Some twenty do for any sums seen."""

RIDGE = 1e-9
"""Added to the diagonal, relative to its largest entry: a sum whose months all stand at nothing has none of its own."""


def months_of_crossing(
    cluster: Sequence[Known], *, shares: Mapping[int, float]
) -> tuple[dict[int, float], list[Known], list[Known]]:
    """The months nearest to the profile that meet every sum, none below nothing.

    Args:
        cluster: sums that overlap, none of which follows from others.
        shares: of every month that a sum covers, as `profiles.profile` gives them.

    Returns:
        The months by number; the sums that they meet, the shortest first; and those left out, since no such months
        meet all sums together.
    """
    kept = sorted(cluster, key=lambda k: (k.last - k.first, k.first))
    left_out: list[Known] = []
    while (solution := _nearest_to_profile(kept, shares=shares)) is None:
        blamed = _to_blame(kept, shares=shares)
        kept = [total for total in kept if total is not blamed]
        left_out.append(blamed)
    return solution, kept, left_out


def _to_blame(cluster: Sequence[Known], *, shares: Mapping[int, float]) -> Known:
    """The sum without which the others can be met, by the evenest months; of equal ones, the longest.

    Single months stay, as what is known of a month leads over sums around it, but for one that is below nothing.
    """
    doubtful = [total for total in reversed(cluster) if total.first < total.last or total.value < 0]
    found: list[tuple[float, int, Known]] = []
    for at, total in enumerate(doubtful):
        others = [other for other in cluster if other is not total]
        if (solution := _nearest_to_profile(others, shares=shares)) is not None:
            found.append((_unevenness(solution, shares=shares), at, total))
    # Where two or more are wrong, the longest goes first: it says least of single months.
    return min(found)[2] if found else doubtful[0]


def _unevenness(months: Mapping[int, float], *, shares: Mapping[int, float]) -> float:
    """Variance of output over its profile, over its squared mean."""
    rates = [y / shares[number] for number, y in months.items()]
    mean = fmean(rates)
    return round(pvariance(rates) / mean**2, 9) if mean > 0 else 0.0


def _nearest_to_profile(cluster: Sequence[Known], *, shares: Mapping[int, float]) -> dict[int, float] | None:
    """Months x >= 0 with A x = b that are nearest to the profile p: the sum of (x - p)^2 / p is least.

    Such months are x = p max(0, 1 + A'y) where y, a pull for each sum, makes the sum of p max(0, 1 + A'y)^2 / 2 - b'y
    least. That is convex and made of quadratic pieces: Newton's steps, each as far as it falls, meet its least value.

    Returns:
        The months by number; None where there are none.

    Source: Li & Swetits (1997), "A new algorithm for solving strictly convex quadratic programs".
    """
    profile = _profile(cluster, shares=shares)
    hair = HAIR * max([HAIR, *(abs(total.value) for total in cluster)])
    times = dict.fromkeys(profile, 1.0)  # what a month stands at, in parts of the profile, before max(0, .)
    for _ in range(MOST_STEPS):
        months = {number: profile[number] * max(at, 0.0) for number, at in times.items()}
        missed = [total.value - sum(months[number] for number in _span(total)) for total in cluster]
        if all(abs(miss) <= hair for miss in missed):
            return months
        pulls = _pulls(cluster, missed, times=times, profile=profile)
        way = dict.fromkeys(profile, 0.0)
        for total, pull in zip(cluster, pulls, strict=True):
            for number in _span(total):
                way[number] += pull
        gain = sum(total.value * pull for total, pull in zip(cluster, pulls, strict=True))
        # Months add up to no more than all sums do, so that b'y = x'A'y is at most that times the largest of A'y.
        is_out_of_reach = gain > 2 * max(0.0, *way.values()) * sum(total.value for total in cluster)
        step = None if is_out_of_reach else _longest_fall(times, way=way, profile=profile, gain=gain)
        if step is None:
            return None
        times = {number: at + step * way[number] for number, at in times.items()}
    return None


def _span(total: Known) -> range:
    return range(total.first, total.last + 1)


def _profile(cluster: Sequence[Known], *, shares: Mapping[int, float]) -> dict[int, float]:
    """The months that sums cover, in proportion to their shares."""
    numbers = sorted({number for total in cluster for number in _span(total)})
    inside = sum(shares[number] for total in cluster for number in _span(total))
    return {number: max(sum(total.value for total in cluster), HAIR) / inside * shares[number] for number in numbers}


def _pulls(
    cluster: Sequence[Known], missed: list[float], *, times: Mapping[int, float], profile: Mapping[int, float]
) -> list[float]:
    """How Newton's step pulls at each sum: what it misses, over what the months above nothing give way."""
    free = {number for number, at in times.items() if at > 0}
    matrix = [
        [
            sum(profile[number] for number in _span(one) if number in free and number in _span(other))
            for other in cluster
        ]
        for one in cluster
    ]
    ridge = RIDGE * max(sum(profile[number] for number in _span(total)) for total in cluster)
    for at, row in enumerate(matrix):
        row[at] += ridge
    return _solution(matrix, missed)


def _longest_fall(
    times: Mapping[int, float], *, way: Mapping[int, float], profile: Mapping[int, float], gain: float
) -> float | None:
    """How far along a way the sum falls that `_nearest_to_profile` makes least; None where it falls for ever."""

    def slope(step: float) -> float:
        stands = ((number, at + step * way[number]) for number, at in times.items())
        return sum(profile[number] * at * way[number] for number, at in stands if at > 0) - gain

    # Its slope rises, straight from each step at which a month reaches nothing to the next.
    bends = sorted({-at / way[number] for number, at in times.items() if at * way[number] < 0})
    beyond = bisect_left(bends, 0.0, key=slope)
    start = bends[beyond - 1] if beyond else 0.0
    end = bends[beyond] if beyond < len(bends) else start + 1.0
    low, high = slope(start), slope(end)
    return start - low * (end - start) / (high - low) if low < 0 and high > low else None


def _solution(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The x with `matrix` x = `right`; in plain Python, as a serving install has no linear algebra.

    The matrix is symmetric and positive definite, so that no pivot is 0.
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
