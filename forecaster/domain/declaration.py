"""The catalogue from its declaration, a parsed TOML file: families of series, sums and breaks spelt out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecaster.domain.catalogue import (
    FLOW,
    NO_TRADE,
    REMAINDER,
    STOCK,
    SUM,
    UNKNOWN,
    Alias,
    Catalogue,
    Measure,
    Sector,
    Series,
    Source,
    Unit,
)
from forecaster.domain.declared import build, nearest, table, tables
from forecaster.domain.errors import BadCatalogue
from forecaster.domain.reports import BASES
from forecaster.domain.structure import spell_breaks, spell_sums

_TABLES = ("units", "sources", "sectors", "measures", "segments", "regions", "aliases", "series", "sums", "breaks")


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
class _Names:
    """Everything that a family refers to."""

    measures: Mapping[tuple[str, str], Measure]
    sources: Mapping[str, Source]
    regions: Mapping[str, tuple[str, str]]
    segments: Mapping[tuple[str, str], tuple[str, str]]


def parse_catalogue(data: Mapping[str, Any]) -> Catalogue:
    """The catalogue that a declaration spells out.

    Args:
        data: the parsed TOML.

    Raises:
        BadCatalogue: an unknown or missing key or name, an impossible value, a series declared twice.
    """
    for key in data:
        if key not in _TABLES:
            raise BadCatalogue(where="top", what=f"unknown table {key!r}; {nearest(key, dict.fromkeys(_TABLES))}")
    units = {key: _unit(key, value) for key, value in table(data, "units", where="top").items()}
    sources = {key: _source(key, value) for key, value in table(data, "sources", where="top").items()}
    sectors = {
        key: build(Sector, {**value, "key": key}, where=f"sectors.{key}")
        for key, value in table(data, "sectors", where="top").items()
    }
    names = _Names(
        measures=_measures(table(data, "measures", where="top"), sectors=sectors, units=units),
        sources=sources,
        regions={
            key: _pair(value, where=f"regions.{key}") for key, value in table(data, "regions", where="top").items()
        },
        segments=_segments(table(data, "segments", where="top"), sectors=sectors),
    )
    series = _series(data, names=names)
    return Catalogue(
        units=units,
        sources=sources,
        sectors=sectors,
        measures=names.measures,
        regions=names.regions,
        series=series,
        sums=spell_sums(tables(data, "sums"), series=series),
        breaks=spell_breaks(tables(data, "breaks"), series=series),
        aliases=_aliases(table(data, "aliases", where="top"), names=names),
    )


def _unit(key: str, data: Mapping[str, Any]) -> Unit:
    unit = build(Unit, {"factor": 1.0, **data, "key": key}, where=f"units.{key}")
    if unit.factor <= 0:
        raise BadCatalogue(where=f"units.{key}", what="factor must be above 0.")
    return unit


def _source(key: str, data: Mapping[str, Any]) -> Source:
    source = build(Source, {**data, "key": key}, where=f"sources.{key}")
    for basis in source.publishes:
        _known(basis, dict.fromkeys(BASES), where=f"sources.{key}, publishes")
    if source.release_lag_days < 0:
        raise BadCatalogue(where=f"sources.{key}", what="release_lag_days must be 0 or more.")
    return source


def _measures(
    data: Mapping[str, Any], *, sectors: Mapping[str, Sector], units: Mapping[str, Unit]
) -> dict[tuple[str, str], Measure]:
    found = {}
    for sector in data:
        _known(sector, sectors, where="measures")
        for key, value in table(data, sector, where="measures").items():
            where = f"measures.{sector}.{key}"
            measure = build(Measure, {**value, "sector": sector, "key": key}, where=where)
            _known(measure.unit, units, where=f"{where}, unit")
            _known(measure.kind, dict.fromkeys((FLOW, STOCK)), where=f"{where}, kind")
            _known(measure.missing_month, dict.fromkeys((UNKNOWN, NO_TRADE)), where=f"{where}, missing_month")
            found[sector, key] = measure
    return found


def _segments(data: Mapping[str, Any], *, sectors: Mapping[str, Sector]) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for sector in data:
        _known(sector, sectors, where="segments")
        for key, value in table(data, sector, where="segments").items():
            found[sector, key] = _pair(value, where=f"segments.{sector}.{key}")
    return found


def _series(data: Mapping[str, Any], *, names: _Names) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for number, entry in enumerate(tables(data, "series"), start=1):
        where = f"series {number} ({entry.get('measure')})"
        for one in _members(build(_Family, entry, where=where), names=names, where=where):
            if one.series_id in found:
                raise BadCatalogue(where=where, what=f"{one.series_id} is declared twice.")
            found[one.series_id] = one
    return dict(sorted(found.items()))


def _members(family: _Family, *, names: _Names, where: str) -> list[Series]:
    by_name = {".".join(key): measure for key, measure in names.measures.items()}
    _known(family.measure, by_name, where=where)
    if family.derived is not None:
        _known(family.derived, dict.fromkeys((SUM, REMAINDER)), where=f"{where}, derived")
    for source in family.sources:
        _known(source, names.sources, where=where)
    return [
        _member(family, by_name[family.measure], region, segment, source, names=names, where=where)
        for region in family.regions
        for segment in family.segments
        if f"{region}.{segment}" not in family.without
        for source in family.sources
    ]


def _member(
    family: _Family, measure: Measure, region: str, segment: str, source: str, *, names: _Names, where: str
) -> Series:
    _known(region, names.regions, where=where)
    parts = [(family.name or measure.name, family.name_zh or measure.name_zh)]
    if segment:
        known = {key: pair for (sector, key), pair in names.segments.items() if sector == measure.sector}
        _known(segment, known, where=where)
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


def _aliases(data: Mapping[str, Any], *, names: _Names) -> dict[tuple[str, str], Alias]:
    found = {}
    for key, value in data.items():
        sector, _, measure = key.partition(".")
        alias = build(Alias, value, where=f"aliases.{key}")
        if (sector, alias.measure) not in names.measures:
            raise BadCatalogue(where=f"aliases.{key}", what=f"{sector}.{alias.measure} is no measure.")
        found[sector, measure] = alias
    return found


def _pair(value: Any, *, where: str) -> tuple[str, str]:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value):
        return value[0], value[1]
    raise BadCatalogue(where=where, what="must be an English and a Chinese name, in a list.")


def _known(name: str, known: Mapping[str, Any], *, where: str) -> None:
    if name not in known:
        raise BadCatalogue(where=where, what=f"{name!r} is unknown; {nearest(name, known)}")
