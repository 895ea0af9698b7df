"""What adds up to what and where a series changes its scope, spelt out from the declared rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from forecaster.domain.catalogue import REMAINDER, SUM, Break, Series, Sum
from forecaster.domain.declared import build, nearest
from forecaster.domain.errors import BadCatalogue


@dataclass(frozen=True, slots=True)
class _SumRule:
    """[[sums]]: `whole` is the sum of `parts`, in every segment (by region) or region (by segment) of `within`."""

    measure: str
    by: str
    parts: tuple[str, ...]
    within: tuple[str, ...]
    whole: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _BreakRule:
    """[[breaks]]: from `since` on these series count something else."""

    measure: str
    regions: tuple[str, ...]
    since: date
    reason: str
    segments: tuple[str, ...] = ("",)
    factor: float | None = None


def spell_sums(entries: list[Mapping[str, Any]], *, series: Mapping[str, Series]) -> tuple[Sum, ...]:
    """Every parent with its children.

    Args:
        entries: the declared rules.
        series: all series by id.

    Raises:
        BadCatalogue: a rule names a series that is not declared, mixes units, or a derived series has no sum.
    """
    found = []
    for number, entry in enumerate(entries, start=1):
        where = f"sums {number} ({entry.get('measure')})"
        rule = build(_SumRule, entry, where=where)
        if rule.by not in ("region", "segment"):
            raise BadCatalogue(where=where, what=f"by must be 'region' or 'segment', not {rule.by!r}.")
        found += [_sum(rule, fixed, series=series, where=where) for fixed in rule.within]
    _check_derived(found, series=series)
    return tuple(found)


def spell_breaks(entries: list[Mapping[str, Any]], *, series: Mapping[str, Series]) -> tuple[Break, ...]:
    """Every break with the ids that it concerns.

    Args:
        entries: the declared rules.
        series: all series by id.

    Raises:
        BadCatalogue: a rule names a series that is not declared, or a day within a month.
    """
    found = []
    for number, entry in enumerate(entries, start=1):
        where = f"breaks {number} ({entry.get('measure')})"
        rule = build(_BreakRule, entry, where=where)
        if rule.since.day != 1:
            raise BadCatalogue(where=where, what=f"since must be the first of a month, not {rule.since}.")
        ids = [_id(rule.measure, region, segment) for region in rule.regions for segment in rule.segments]
        for series_id in ids:
            _must_exist(series_id, series=series, where=where)
        found.append(Break(tuple(ids), since=rule.since, factor=rule.factor, reason=rule.reason))
    return tuple(found)


def _sum(rule: _SumRule, fixed: str, *, series: Mapping[str, Series], where: str) -> Sum:
    def name(part: str) -> tuple[str, str]:
        return (part, fixed) if rule.by == "region" else (fixed, part)

    parent = _id(rule.measure, *name(rule.whole))
    children = [_id(rule.measure, *name(p)) for p in rule.parts if ".".join(name(p)) not in rule.without]
    for series_id in (parent, *children):
        _must_exist(series_id, series=series, where=where)
    if parent in children:
        raise BadCatalogue(where=where, what=f"{parent} is part of itself.")
    return Sum(parent, tuple(children))


def _check_derived(sums: list[Sum], *, series: Mapping[str, Series]) -> None:
    for one in series.values():
        heads = [s for s in sums if s.parent == one.series_id]
        holds = [s for s in sums if one.series_id in s.children]
        if one.derived == SUM and not heads:
            raise BadCatalogue(where=one.series_id, what="is derived as a sum, but no [[sums]] says of what.")
        if one.derived == REMAINDER and len(holds) != 1:
            raise BadCatalogue(where=one.series_id, what="is derived as a remainder: it must be part of one sum.")
    for declared in sums:
        rest = [child for child in declared.children if series[child].derived == REMAINDER]
        if len(rest) > 1:
            raise BadCatalogue(where=declared.parent, what=f"has two remainders: {', '.join(rest)}.")


def _id(measure: str, region: str, segment: str) -> str:
    return ".".join(filter(None, (measure, region, segment)))


def _must_exist(series_id: str, *, series: Mapping[str, Series], where: str) -> None:
    if series_id not in series:
        raise BadCatalogue(where=where, what=f"{series_id} is not declared; {nearest(series_id, series)}")
