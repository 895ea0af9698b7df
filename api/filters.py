"""Filters that can match: a name that neither the vintage nor the catalogue holds is refused with the nearest."""

import polars as pl

from api.queries import SeriesFilter
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import UnknownName


def columns(query: SeriesFilter, *, series: pl.DataFrame, catalogue: Catalogue) -> dict[str, str]:
    """The columns that must have a value.

    Args:
        query: what was asked.
        series: the SERIES of a vintage.
        catalogue: may declare what no vintage holds yet; that matches nothing, and is no error.

    Raises:
        UnknownName: a value that nothing has.
    """
    equal = query.equal()
    for name, value in equal.items():
        check_known(value, name=name, series=series, catalogue=catalogue)
    return equal


def check_known(value: str | None, *, name: str, series: pl.DataFrame, catalogue: Catalogue) -> None:
    """Refuse a value of a column of SERIES that no series of the vintage or of the catalogue has.

    Raises:
        UnknownName: with the nearest.
    """
    if value is None or (series[name] == value).any():
        return
    declared = {getattr(one, name) for one in catalogue.series.values()}
    known = sorted(declared.union(series[name].unique()) - {None})
    if value not in known:
        raise UnknownName(name=name, value=value, known=known)
