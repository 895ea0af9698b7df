"""A published vintage, opened for reading: look-ups by series, slices of rows."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from forecaster.adapters.arrow_columns import ArrowColumns
from forecaster.adapters.vintage_files import Manifest, check_files, read_frame, read_manifest
from forecaster.domain.errors import BrokenVintage, HorizonTooLong, NoForecast, UnknownSeries
from forecaster.domain.vintage import FORECASTS, SERIES, Issue

COMPARED = 2000

Row = Mapping[str, Any]
"""One row of SERIES."""


@dataclass(frozen=True)
class OpenVintage:
    """One vintage; everything read from it belongs together."""

    folder: Path
    manifest: Manifest
    digest: str  # of the whole content
    series: pl.DataFrame
    forecasts: ArrowColumns

    @property
    def issue(self) -> Issue:
        """When, from which data and by which run it was issued."""
        return self.manifest.issue

    def find(self, series_id: str) -> Row:
        """The row of SERIES of one id.

        Raises:
            UnknownSeries: with the nearest known ids.
        """
        ids = self.series["series_id"]
        at = bisect_left(ids, series_id)
        if at < len(ids) and ids[at] == series_id:
            return self.series.row(at, named=True)
        raise UnknownSeries(series_id, known=self._alike(series_id))

    def select(self, *, equal: Mapping[str, str], words: str = "", after: str = "", limit: int) -> list[dict[str, Any]]:
        """Rows of SERIES in order of series_id.

        Args:
            equal: column -> value that it must have.
            words: each must occur in the id or a name, whatever its case.
            after: only ids behind this one.
            limit: rows at most.
        """
        wanted = [pl.col(column) == value for column, value in equal.items()]
        text = pl.concat_str("series_id", "name", "name_zh", separator="\n").str.to_lowercase()
        wanted += [text.str.contains(word, literal=True) for word in words.lower().split()]
        rest = self.series.slice(bisect_left(self.series["series_id"], after + "\0") if after else 0)
        return (rest.filter(*wanted) if wanted else rest).head(limit).to_dicts()

    def points(self, row: Row, *, horizon: int | None = None) -> dict[str, list[Any]]:
        """The forecasts of a series.

        Args:
            row: of `find` or `select`.
            horizon: months, at least 1; all that are stored by default.

        Returns:
            Columns of FORECASTS but series_id; periods as days since 1970-01-01, as they are stored.

        Raises:
            NoForecast: it has none; with the reason.
            HorizonTooLong: more months than were forecast.
        """
        available: int = row["row_count"]
        if not available:
            raise NoForecast(row["series_id"], reason=row["status"])
        count = available if horizon is None else horizon
        if not 1 <= count <= available:
            raise HorizonTooLong(asked=count, available=available)
        names = [name for name in FORECASTS if name != "series_id"]
        return {name: self.forecasts.read(name, start=row["row_start"], count=count) for name in names}

    def _alike(self, series_id: str) -> list[str]:
        """Ids to look for a misspelt one among; bounded, since comparing with a million takes seconds."""
        ids = self.series["series_id"]
        sector = ids.filter(ids.str.starts_with(series_id.split(".", maxsplit=1)[0] + "."))
        return (ids if sector.is_empty() else sector).head(COMPARED).to_list()

    def history(self, row: Row) -> pl.DataFrame:
        """The panel of a series: ds, y, obtained; by ds."""
        panel = pl.scan_ipc(self.folder / "panel.arrow").slice(row["panel_start"], row["panel_count"])
        return panel.select("ds", "y", "obtained").collect()


def open_vintage(folder: Path) -> OpenVintage:
    """Open a vintage's folder, after checking it once.

    Raises:
        BrokenVintage: its files are not what its manifest says.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest=manifest)
    try:
        series = read_frame(folder, name="series")
        forecasts = ArrowColumns(folder / "forecasts.arrow")
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise BrokenVintage(vintage_id=folder.name, what=str(error)) from error
    if series.schema != SERIES:
        raise BrokenVintage(vintage_id=folder.name, what="the columns of series.arrow differ from the contract")
    return OpenVintage(folder=folder, manifest=manifest, digest=manifest.digest, series=series, forecasts=forecasts)
