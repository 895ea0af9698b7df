"""The catalogue from its declaration, a parsed TOML file: families of series, sums and breaks spelt out."""

from collections.abc import Mapping
from typing import Any

from forecaster.domain.catalogue import (
    FLOW,
    NO_TRADE,
    STOCK,
    UNKNOWN,
    Alias,
    Catalogue,
    Measure,
    Sector,
    Source,
    Unit,
)
from forecaster.domain.declared import build, entries, must_be_known, nearest, table, tables
from forecaster.domain.drivers import spell_drivers
from forecaster.domain.errors import BadCatalogue
from forecaster.domain.families import Names, spell_series
from forecaster.domain.printed import spell_layouts
from forecaster.domain.reports import BASES
from forecaster.domain.structure import spell_breaks, spell_sums

_TABLES = (
    *("units", "sources", "sectors", "measures", "segments", "regions", "aliases"),
    *("series", "sums", "breaks", "layouts", "drivers"),
)


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
    units = {key: _unit(key, value) for key, value in entries(data, "units")}
    sources = {key: _source(key, value) for key, value in entries(data, "sources")}
    sectors = {
        key: build(Sector, {**value, "key": key}, where=f"sectors.{key}") for key, value in entries(data, "sectors")
    }
    names = Names(
        measures=_measures(table(data, "measures", where="top"), sectors=sectors, units=units),
        sources=sources,
        regions={
            key: _pair(value, where=f"regions.{key}") for key, value in table(data, "regions", where="top").items()
        },
        segments=_segments(table(data, "segments", where="top"), sectors=sectors),
    )
    series = spell_series(tables(data, "series"), names=names)
    return Catalogue(
        units=units,
        sources=sources,
        sectors=sectors,
        measures=names.measures,
        regions=names.regions,
        series=series,
        sums=spell_sums(tables(data, "sums"), series=series),
        breaks=spell_breaks(tables(data, "breaks"), series=series),
        aliases=_aliases(data, names=names),
        layouts=spell_layouts(tables(data, "layouts"), series=series, sources=sources),
        drivers=spell_drivers(tables(data, "drivers"), series=series),
    )


def _unit(key: str, data: Mapping[str, Any]) -> Unit:
    unit = build(Unit, {"factor": 1.0, **data, "key": key}, where=f"units.{key}")
    if unit.factor <= 0:
        raise BadCatalogue(where=f"units.{key}", what="factor must be above 0.")
    return unit


def _source(key: str, data: Mapping[str, Any]) -> Source:
    source = build(Source, {**data, "key": key}, where=f"sources.{key}")
    for basis in source.publishes:
        must_be_known(basis, dict.fromkeys(BASES), where=f"sources.{key}, publishes")
    if source.release_lag_days < 0:
        raise BadCatalogue(where=f"sources.{key}", what="release_lag_days must be 0 or more.")
    return source


def _measures(
    data: Mapping[str, Any], *, sectors: Mapping[str, Sector], units: Mapping[str, Unit]
) -> dict[tuple[str, str], Measure]:
    found = {}
    for sector in data:
        must_be_known(sector, sectors, where="measures")
        for key, value in entries(data, sector):
            where = f"measures.{sector}.{key}"
            measure = build(Measure, {**value, "sector": sector, "key": key}, where=where)
            must_be_known(measure.unit, units, where=f"{where}, unit")
            must_be_known(measure.kind, dict.fromkeys((FLOW, STOCK)), where=f"{where}, kind")
            must_be_known(measure.missing_month, dict.fromkeys((UNKNOWN, NO_TRADE)), where=f"{where}, missing_month")
            found[sector, key] = measure
    return found


def _segments(data: Mapping[str, Any], *, sectors: Mapping[str, Sector]) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for sector in data:
        must_be_known(sector, sectors, where="segments")
        for key, value in table(data, sector, where="segments").items():
            found[sector, key] = _pair(value, where=f"segments.{sector}.{key}")
    return found


def _aliases(data: Mapping[str, Any], *, names: Names) -> dict[tuple[str, str], Alias]:
    found = {}
    for key, value in entries(data, "aliases"):
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
