"""[[series]]: families of series spelt out over their regions, segments and sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecaster.domain.catalogue import REMAINDER, SUM, Measure, Series, Source
from forecaster.domain.declared import build, must_be_known
from forecaster.domain.errors import BadCatalogue


@dataclass(frozen=True, slots=True)
class _Family:
    """[[series]]: the same measure for regions x segments x sources."""

    measure: str
    regions: tuple[str, ...]
    sources: tuple[str, ...]
    segments: tuple[str, ...] = ("",)
    without: tuple[str, ...] = ()
    derived: str | None = None
    name: str | None = None
    name_zh: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that a family refers to."""

    measures: Mapping[tuple[str, str], Measure]
    sources: Mapping[str, Source]
    regions: Mapping[str, tuple[str, str]]
    segments: Mapping[tuple[str, str], tuple[str, str]]


def spell_series(entries: list[Mapping[str, Any]], *, names: Names) -> dict[str, Series]:
    """Every series by its id, sorted.

    Args:
        entries: the declared families.
        names: all that they may refer to.

    Raises:
        BadCatalogue: an unknown name, or a series declared twice.
    """
    found: dict[str, Series] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"series {number} ({entry.get('measure')})"
        for one in _members(build(_Family, entry, where=where), names=names, where=where):
            if one.series_id in found:
                raise BadCatalogue(where=where, what=f"{one.series_id} is declared twice.")
            found[one.series_id] = one
    return dict(sorted(found.items()))


def _members(family: _Family, *, names: Names, where: str) -> list[Series]:
    by_name = {".".join(key): measure for key, measure in names.measures.items()}
    must_be_known(family.measure, by_name, where=where)
    for key, listed in (("regions", family.regions), ("segments", family.segments), ("sources", family.sources)):
        if not listed:
            raise BadCatalogue(where=where, what=f"{key} must name at least one.")
    if family.derived is not None:
        must_be_known(family.derived, dict.fromkeys((SUM, REMAINDER)), where=f"{where}, derived")
    for source in family.sources:
        must_be_known(source, names.sources, where=where)
    return [
        _member(family, by_name[family.measure], region, segment, source, names=names, where=where)
        for region in family.regions
        for segment in family.segments
        if f"{region}.{segment}" not in family.without
        for source in family.sources
    ]


def _member(
    family: _Family, measure: Measure, region: str, segment: str, source: str, *, names: Names, where: str
) -> Series:
    must_be_known(region, names.regions, where=where)
    parts = [(family.name or measure.name, family.name_zh or measure.name_zh)]
    if segment:
        known = {key: pair for (sector, key), pair in names.segments.items() if sector == measure.sector}
        must_be_known(segment, known, where=where)
        parts += [] if family.name else [known[segment]]
    parts.append(names.regions[region])
    leads = source == family.sources[0]
    suffix = "" if leads else f" ({source.upper()})"
    return Series(
        series_id=".".join(filter(None, (family.measure, region, segment))) + ("" if leads else f"@{source}"),
        sector=measure.sector,
        measure=measure.key,
        region=region,
        segment=segment or None,
        source=source,
        leading=leads,
        name=", ".join(english for english, _ in parts) + suffix,
        name_zh="，".join(chinese for _, chinese in parts) + suffix,
        unit=measure.unit,
        kind=measure.kind,
        missing_month=measure.missing_month,
        derived=family.derived if leads else None,
    )
