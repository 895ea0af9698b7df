"""Known sums -> months: exact where a month is settled, in proportion to a profile where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forecaster.domain.bridges import Month
from forecaster.domain.crossing import HAIR, months_of_crossing
from forecaster.domain.panel import DIFFERENCED, ESTIMATED, REPORTED
from forecaster.domain.profiles import profile
from forecaster.domain.spans import Known, Span

OVERDRAWN = "leaves less than nothing for its other months"
UNLIKE = "can't be met together with the sums that cross it"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A sum that was left out: why, and what is left for its other months, or what other sums say of it."""

    known: Known
    why: str
    other: float


def shared_out(known: Sequence[Known], *, stated: Mapping[int, Span], country: str) -> tuple[list[Month], list[Unmet]]:
    """The months of known sums, so that every sum is met.

    Each sum is shared out over the months that shorter sums within it leave open, in proportion to their profile: their
    working days and, where earlier years tell it, the series' own seasons. Sums that cross (fiscal and calendar years)
    are solved for together: the months nearest to the profile, by least squares with weights 1/profile, that meet them
    all; for sums that nest, the same as sharing out.

    Args:
        known: as `spans.settle` gives them.
        stated: months that were stated directly and are taken as stated, whatever the sums around them say.
        country: whose working days.

    Returns:
        The months, in no order, and sums that could not be met without a negative month; those are left out.
    """
    months: dict[int, Month] = {}
    unmet: list[Unmet] = []
    for cluster in _clusters(known):
        solve = _solved_together if _cross(cluster) else _shared_in_turn
        found, failed = solve(cluster, stated=stated, earlier=months, country=country)
        months |= found
        unmet += failed
    return list(months.values()), unmet


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
    cluster: Sequence[Known], *, stated: Mapping[int, Span], earlier: Mapping[int, Month], country: str
) -> tuple[dict[int, Month], list[Unmet]]:
    """The shortest first, so that a longer one shares out only what is left."""
    months: dict[int, Month] = {}
    unmet: list[Unmet] = []
    for total in sorted(cluster, key=lambda k: (k.last - k.first, k.first)):
        span = range(total.first, total.last + 1)
        open_months = [number for number in span if number not in months]
        rest = total.value - sum(months[number].y for number in span if number in months)
        if rest < -HAIR * max(abs(total.value), 1.0):
            unmet.append(Unmet(total, OVERDRAWN, rest))
            continue
        parts = _parts(max(rest, 0.0), open_months, earlier=earlier, country=country)
        months |= {number: _month(number, part, total, stated=stated) for number, part in parts.items()}
    return months, unmet


def _parts(rest: float, open_months: Sequence[int], *, earlier: Mapping[int, Month], country: str) -> dict[int, float]:
    """What is left of a sum, by open month."""
    if len(open_months) == 1:  # nearly all, where months are stated: a profile of one tells nothing
        return {open_months[0]: rest}
    shares = profile(open_months, known=earlier, country=country)
    return {number: rest * shares[number] / sum(shares.values()) for number in open_months}


def _solved_together(
    cluster: Sequence[Known], *, stated: Mapping[int, Span], earlier: Mapping[int, Month], country: str
) -> tuple[dict[int, Month], list[Unmet]]:
    """All at once; sums that no months, none below nothing, meet together are left out until the rest can be."""
    as_stated = [
        replace(total, value=stated[total.first].value) if total.first == total.last in stated else total
        for total in cluster
    ]
    numbers = sorted({number for total in cluster for number in range(total.first, total.last + 1)})
    shares = profile(numbers, known=earlier, country=country)
    solution, kept, left_out = months_of_crossing(as_stated, shares=shares)
    months = {}
    for total in reversed(kept):  # the shortest sum around a month is its block
        for number in range(total.first, total.last + 1):
            months[number] = _month(number, solution[number], total, stated=stated)
    unmet = []
    for total in left_out:
        others = sum(solution.get(number, 0.0) for number in range(total.first, total.last + 1))
        unmet.append(Unmet(total, UNLIKE, others))
    return months, unmet


def _month(number: int, y: float, total: Known, *, stated: Mapping[int, Span]) -> Month:
    if total.first < total.last:
        return Month(number, y, ESTIMATED, (total.first, total.last), total.report_ids)
    if number in stated:
        own = stated[number]
        return Month(number, own.value, REPORTED, (number, number), (own.report_id,))
    return Month(number, y, DIFFERENCED, (number, number), total.report_ids)
