"""Solve for months: every stated figure is a sum over a span of whole months.

Spans join month boundaries, so that a set of spans is a graph on boundaries whose edges carry sums. Two boundaries that
are connected enclose a known sum, whatever way the spans lie: months, year-to-date totals, quarters. A span that closes
a cycle with another sum than the one already known is a contradiction.
"""

import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """One stated sum over the months `first` to `last`, both inclusive month numbers."""

    first: int
    last: int
    value: float
    report_id: str
    tolerance: float  # half a unit of the last digit stated


@dataclass(frozen=True, slots=True)
class Known:
    """A sum that the spans settle: a span stated, or the difference of two."""

    first: int
    last: int
    value: float
    report_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A span that does not agree with what spans of higher rank settle."""

    span: Span
    expected: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The smallest known sums, in order of their first month, and what contradicts them."""

    known: tuple[Known, ...]
    contradictions: tuple[Contradiction, ...]


Joined = Mapping[int, Mapping[int, Span]]
"""Boundary -> boundary at the other end of a span -> the span; no way from one to another but one."""


@dataclass(slots=True)
class _Potential:
    """Boundary -> (parent boundary, sum from the parent's boundary to it); a union-find with weights."""

    links: dict[int, tuple[int, float]]

    def of(self, boundary: int) -> tuple[int, float]:
        """Root of a boundary, and the sum from the root to it."""
        parent, offset = self.links.setdefault(boundary, (boundary, 0.0))
        if parent == boundary:
            return boundary, 0.0
        root, above = self.of(parent)
        self.links[boundary] = (root, offset + above)
        return self.links[boundary]


def settle(spans: Sequence[Span]) -> Settled:
    """The sums that follow from spans, highest rank first.

    Args:
        spans: in order of rank; where two contradict each other, the earlier leads.

    Returns:
        The smallest known sums and the spans that contradict them (by more than the rounding of the figures).
    """
    potential = _Potential({})
    joined: dict[int, dict[int, Span]] = {}
    against: list[Contradiction] = []
    for span in spans:
        start, end = span.first, span.last + 1
        root, offset = potential.of(start)
        other, beyond = potential.of(end)
        if root == other:
            # The figures that lead from its start to its end may be off by their rounding, and no others; a relative
            # 1e-9 more, since sums of floats don't meet to the last bit.
            slack = sum(one.tolerance for one in (span, *_way(start, end, joined)))
            if abs(beyond - offset - span.value) > slack + 1e-9 * abs(span.value):
                against.append(Contradiction(span, beyond - offset))
            continue
        potential.links[other] = (root, offset + span.value - beyond)
        joined.setdefault(start, {})[end] = joined.setdefault(end, {})[start] = span
    return Settled(_smallest(potential, joined), tuple(against))


def _smallest(potential: _Potential, joined: Joined) -> tuple[Known, ...]:
    groups: dict[int, list[tuple[int, float]]] = {}
    for boundary in sorted(potential.links):
        root, offset = potential.of(boundary)
        groups.setdefault(root, []).append((boundary, offset))
    known = []
    for group in groups.values():
        for (start, before), (end, after) in itertools.pairwise(group):
            reports = tuple(span.report_id for span in _way(start, end, joined))
            known.append(Known(start, end - 1, after - before, reports))
    return tuple(sorted(known, key=lambda k: (k.first, k.last)))


def _way(start: int, end: int, joined: Joined) -> tuple[Span, ...]:
    """The spans from one boundary to another: the only way, since no span that closes a cycle is kept."""
    ways: dict[int, tuple[Span, ...]] = {start: ()}
    waiting = deque([start])
    while end not in ways:
        at = waiting.popleft()
        for beside, span in joined[at].items():
            if beside not in ways:
                ways[beside] = (*ways[at], span)
                waiting.append(beside)
    return ways[end]


def non_decreasing(totals: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Year-to-date totals of one year that rise, and those that break the rise.

    The longest run that never falls is kept, so that one misprint does not cost its neighbours; of equally long
    runs, the one that ends in the later total.

    Args:
        totals: of one year and scope, ordered by their last month.

    Returns:
        The totals kept and the totals left out, each in order.
    """
    best: list[list[Span]] = []
    for at, total in enumerate(totals):
        before = [best[k] for k in range(at) if totals[k].value <= total.value + total.tolerance + totals[k].tolerance]
        best.append([*max(before, key=len, default=[]), total])
    kept = max(reversed(best), key=len, default=[])
    return kept, [total for total in totals if total not in kept]
