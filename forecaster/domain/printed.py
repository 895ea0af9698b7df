"""[[layouts]]: how bureaus print their tables, checked against the series and sources that are declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecaster.domain.catalogue import Series, Source
from forecaster.domain.declared import build, must_be_known, nearest, table
from forecaster.domain.errors import BadCatalogue
from forecaster.domain.layouts import JAN_FEB, Layout, folded


@dataclass(frozen=True, slots=True)
class _Printed:
    """[[layouts]]: the headings of a table; [layouts.products] beside it says which series its rows are."""

    name: str
    source: str
    product: tuple[str, ...]
    value: tuple[str, ...]
    month: tuple[str, ...] = ()
    ytd: tuple[str, ...] = ()
    growth: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()


def spell_layouts(
    entries: list[Mapping[str, Any]], *, series: Mapping[str, Series], sources: Mapping[str, Source]
) -> dict[str, Layout]:
    """Every layout by its name.

    Args:
        entries: as declared.
        series: all series by id.
        sources: all bodies.

    Raises:
        BadCatalogue: a name that is unknown or declared twice, a series that is derived, or no columns.
    """
    found: dict[str, Layout] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"layouts {number} ({entry.get('name')})"
        one = build(_Printed, {key: value for key, value in entry.items() if key != "products"}, where=where)
        must_be_known(one.source, sources, where=f"{where}, source")
        if one.name in found:
            raise BadCatalogue(where=where, what="is declared twice.")
        if not one.product or not one.value or not (one.month or one.ytd):
            raise BadCatalogue(where=where, what="needs headings for product, value, and month or ytd.")
        found[one.name] = Layout(
            name=one.name,
            source=one.source,
            product=one.product,
            month=one.month,
            ytd=one.ytd,
            value=one.value,
            growth=one.growth,
            unit=one.unit,
            jan_feb=JAN_FEB in sources[one.source].publishes,
            products=_products(table(entry, "products", where=where), source=one.source, series=series, where=where),
        )
    return found


def _products(declared: Mapping[str, Any], *, source: str, series: Mapping[str, Series], where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, series_id in declared.items():
        stated = series.get(f"{series_id}@{source}") or series.get(str(series_id))
        if stated is None:
            raise BadCatalogue(
                where=f"{where}, {name}", what=f"{series_id!r} is unknown; {nearest(str(series_id), series)}"
            )
        if stated.source != source or stated.derived is not None:
            raise BadCatalogue(where=f"{where}, {name}", what=f"{stated.series_id} is not stated by {source}.")
        found[folded(name)] = stated.series_id
    if not found:
        raise BadCatalogue(where=where, what="[layouts.products] must name at least one product.")
    return found
