"""Which series the rows of a report file mean."""

from dataclasses import astuple, dataclass

import polars as pl

from forecaster.domain.catalogue import Alias, Catalogue, Series
from forecaster.domain.errors import BadParameter, ForecasterError, UnknownSeries

NAMED = ("series_id", "sector", "measure", "region", "segment", "source")
"""Columns of a row that name its series; missing ones are null."""

MOST_HINTS = 20
"""Unknown names in a part of a file for which the nearest known ones are looked up: that takes milliseconds each."""

LONGEST = 200
"""Characters of a name that may be one."""

_Answer = tuple[str | None, str | None, str | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Name:
    """How a row names its series."""

    series_id: str | None = None
    sector: str | None = None
    measure: str | None = None
    region: str | None = None
    segment: str | None = None
    source: str | None = None


def find_series(name: Name, *, catalogue: Catalogue, hint: bool = True) -> Series:
    """The series that a row names, by id or by its parts.

    Args:
        name: without a source, the leading one is meant.
        catalogue: its aliases say how files may write measures.
        hint: whether the nearest ids are looked up for an unknown one.

    Raises:
        BadParameter: the name is incomplete, or names a series that is derived from others.
        UnknownSeries: no such series; with the nearest ids, if they are looked up.
    """
    plain = name.series_id or _spelt(name, catalogue=catalogue)
    found = _known(plain, catalogue=catalogue, hint=hint)
    source = (name.source or "").strip().lower().replace(" ", "-")
    if source and source != found.source:
        found = _known(f"{plain}@{source}", catalogue=catalogue, hint=hint)
    if found.derived is not None:
        what = f"is the {found.derived} of other series: state those."
        raise BadParameter(name=found.series_id, what=what)
    return found


def resolve(rows: pl.DataFrame, *, catalogue: Catalogue) -> pl.DataFrame:
    """Every row with its series.

    Args:
        rows: at least the NAMED columns, as text.
        catalogue: all series.

    Returns:
        The same rows in the same order; `series_id` is the catalogue's or null, and added are `series_unit`,
        `series_kind`, `lag` (days) and `unresolved` (why there is no series, else null).
    """
    names = rows.select(*NAMED).unique(maintain_order=True)
    answers: list[_Answer] = []
    hints = MOST_HINTS
    for row in names.iter_rows():
        answers.append(_answer(Name(*row), catalogue=catalogue, hint=hints > 0))
        hints -= answers[-1][0] is None
    schema = {"_id": pl.String, "series_unit": pl.String, "series_kind": pl.String, "lag": pl.Int64}
    found = pl.DataFrame(answers, schema={**schema, "unresolved": pl.String}, orient="row")
    table = pl.concat([names, found], how="horizontal")
    joined = rows.join(table, on=list(NAMED), how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(series_id=pl.col("_id")).drop("_id")


def _answer(name: Name, *, catalogue: Catalogue, hint: bool) -> _Answer:
    try:
        series = find_series(name, catalogue=catalogue, hint=hint)
    except ForecasterError as error:
        return None, None, None, None, str(error)
    lag = catalogue.sources[series.source].release_lag_days
    return series.series_id, series.unit, series.kind, lag, None


def _known(series_id: str, *, catalogue: Catalogue, hint: bool) -> Series:
    if series_id in catalogue.series or (hint and len(series_id) <= LONGEST):
        return catalogue.find(series_id)
    raise UnknownSeries(series_id[:LONGEST])


def _spelt(name: Name, *, catalogue: Catalogue) -> str:
    if name.sector is None or name.measure is None or name.region is None:
        given = [part for part in astuple(name) if part is not None]
        what = f"a row needs series_id, or sector, measure and region; it has {', '.join(given) or 'none of them'}."
        raise BadParameter(name="series_id", what=what)
    sector, measure = name.sector.lower(), name.measure.lower()
    alias = catalogue.aliases.get((sector, measure), Alias(measure))
    segment = name.segment.lower() if name.segment else alias.segment
    return ".".join(filter(None, (sector, alias.measure, alias.region or name.region, segment)))
