"""Series with their metadata as a table."""

from collections.abc import Iterable, Iterator
from itertools import islice

import polars as pl

from api.bodies import series_body
from api.tables import table_parts
from forecaster.adapters.open_vintage import Row

AT_A_TIME = 500
LISTS = ("basis", "parents", "children")
"""Ids and bases hold no space, so that a space divides them: not every format has lists."""

COLUMNS = pl.Schema(
    {
        **dict.fromkeys(
            ("series_id", "name", "name_zh", "sector", "measure", "region", "segment", "source"), pl.String()
        ),
        "leading": pl.Boolean(),
        **dict.fromkeys(("unit", "kind", "derived", *LISTS, "first_period", "last_period"), pl.String()),
        "last_release": pl.Datetime("us", "UTC"),
        "stale": pl.Boolean(),
        **dict.fromkeys(("status", "reason"), pl.String()),
    }
)


def series_parts(rows: Iterable[Row], *, media: str) -> Iterator[bytes]:
    """The bytes of a table of series, with the names that JSON has.

    Args:
        rows: of SERIES.
        media: one of `formats.TABLES`.
    """
    return table_parts(_frames(rows), schema=COLUMNS, media=media)


def _frames(rows: Iterable[Row]) -> Iterator[pl.DataFrame]:
    rest = iter(rows)
    while part := list(islice(rest, AT_A_TIME)):
        bodies = [series_body(row) for row in part]
        for body in bodies:
            body.update({name: " ".join(body[name]) for name in LISTS})
        yield pl.DataFrame(bodies, schema=COLUMNS)
