"""Which of the stated figures count, and in what order, where they do not agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from forecaster.domain.spans import Span, non_decreasing, settle

RIVAL = "another figure for the same months"


@dataclass(frozen=True, slots=True)
class Fault:
    """A contradiction found on the way: stated against what else is known, over a span."""

    first: int
    last: int
    what: str
    stated: float
    other: float


def ranked_spans(scope: Sequence[Span]) -> tuple[list[Span], list[Fault]]:
    """One figure a span, in order of rank, and those that were left out.

    Totals come first, by their end, then months, so that a month that contradicts its totals moves no other month.
    Totals that break the rise of a year are left out; of several figures for one span the one that the other spans
    bear out is taken.

    Args:
        scope: the figures of one scope; of several for one span, the one to be preferred first.

    Returns:
        The spans for `spans.settle`, and a fault for each figure left out.
    """
    by_span: dict[tuple[int, int], list[Span]] = {}
    for span in scope:
        by_span.setdefault((span.first, span.last), []).append(span)
    sure = [held[0] for held in by_span.values() if len(held) == 1]
    kept, faults = _rising([span for span in sure if span.first < span.last])
    ranked = [*kept, *(span for span in sure if span.first == span.last)]
    for held in by_span.values():
        if len(held) > 1:
            best = min(held, key=lambda span: _distance(span, ranked))
            ranked = _ordered([*ranked, best])
            faults += [
                Fault(span.first, span.last, RIVAL, best.value, span.value)
                for span in held
                if abs(span.value - best.value) > span.tolerance + best.tolerance
            ]
    return _ordered(ranked), faults


def _ordered(spans: Sequence[Span]) -> list[Span]:
    return sorted(spans, key=lambda s: (s.first == s.last, s.last, s.first))


def _rising(totals: Sequence[Span]) -> tuple[list[Span], list[Fault]]:
    kept: list[Span] = []
    faults: list[Fault] = []
    for _, group in groupby(sorted(totals, key=lambda s: (s.first, s.last)), key=lambda s: s.first):
        rising, fallen = non_decreasing(list(group))
        kept += rising
        for total in fallen:
            near = min(rising, key=lambda s: abs(s.last - total.last))
            faults.append(Fault(total.first, total.last, "a total that falls", total.value, near.value))
    return kept, faults


def _distance(span: Span, others: Sequence[Span]) -> float:
    """How far a figure is from what the others settle for its span; 0 where they settle nothing."""
    against = [c for c in settle([*others, span]).contradictions if c.span is span]
    return abs(span.value - against[0].expected) if against else 0.0
