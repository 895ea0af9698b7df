"""What adds up to what, as the catalogue declares it: connected sets of totals and parts, and their equations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecaster.domain.catalogue import Catalogue, Sum

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Series that sums connect; one may be part of several totals, and a total may have several sums."""

    members: tuple[str, ...]  # sorted
    sums: tuple[Sum, ...]  # the deepest first
    levels: Mapping[str, int]  # 0: part of nothing; else one more than its deepest total


@dataclass(frozen=True, slots=True)
class Structure:
    """Sums among members as matrices."""

    equations: Numbers  # sums x members: 1 for the total, -1 for each part; times values that add up, 0
    bottom: Numbers  # members x members: a total from its parts to the bottom, any other from itself

    @property
    def left(self) -> Numbers:
        """What the sums say of the bottom alone: a total that is known, or one with two sums of different parts."""
        rows = self.equations @ self.bottom
        return np.asarray(rows[np.abs(rows).max(axis=1, initial=0.0) > 0.5])

    def from_bottom(self) -> "Structure":
        """The same totals, their own forecasts left out of account."""
        return Structure(self.left, self.bottom)


def hierarchies(catalogue: Catalogue) -> tuple[Hierarchy, ...]:
    """Every connected set of series that the catalogue declares to add up.

    Nothing else is made to add up: a total that a body states beside parts that are not all of it has no sum.

    Args:
        catalogue: its sums.

    Returns:
        By their first member.
    """
    groups: list[tuple[set[str], list[Sum]]] = []
    for declared in catalogue.sums:
        members, sums = {declared.parent, *declared.children}, [declared]
        apart = []
        for group in groups:
            if members & group[0]:
                members |= group[0]
                sums = [*group[1], *sums]
            else:
                apart.append(group)
        groups = [*apart, (members, sums)]
    return tuple(sorted((_hierarchy(*group) for group in groups), key=lambda one: one.members))


def _hierarchy(members: Collection[str], sums: Sequence[Sum]) -> Hierarchy:
    levels = dict.fromkeys(sorted(members), 0)
    for _ in levels:  # the longest way down has fewer steps than there are members
        for one in sums:
            for child in one.children:
                levels[child] = max(levels[child], levels[one.parent] + 1)
    deepest_first = sorted(sums, key=lambda one: -levels[one.parent])
    return Hierarchy(tuple(levels), tuple(deepest_first), levels)


def whole_sums(hierarchy: Hierarchy, *, present: Collection[str]) -> tuple[Sum, ...]:
    """The sums all of whose members are there, the deepest first."""
    held = set(present)
    return tuple(one for one in hierarchy.sums if held.issuperset((one.parent, *one.children)))


def structure(sums: Sequence[Sum], *, members: Sequence[str], known: Collection[str] = ()) -> Structure:
    """Sums as matrices over members.

    Args:
        sums: of members only, the deepest first; of several for one total the first makes it.
        members: what rows and columns stand for.
        known: members that are not worked out from others, be they totals.
    """
    at = {member: place for place, member in enumerate(members)}
    equations, bottom = np.zeros((len(sums), len(members))), np.eye(len(members))
    made = set(known)
    for row, one in zip(equations, sums, strict=True):
        parts = [at[child] for child in one.children]
        row[at[one.parent]], row[parts] = 1.0, -1.0
        if one.parent not in made:
            made.add(one.parent)
            bottom[at[one.parent]] = bottom[parts].sum(axis=0)
    return Structure(equations, bottom)
