"""A published vintage, opened for reading: look-ups by series, slices of rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from forecaster.adapters.arrow_columns import ArrowColumns
from forecaster.adapters.vintage_files import Manifest, check_files, read_frame, read_manifest
from forecaster.adapters.vintage_totals import known_frame, total_columns
from forecaster.domain.bridges import Month
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import BrokenVintage, HorizonTooLong, NoForecast, UnknownSeries
from forecaster.domain.observed import MONTH_COLUMNS, months_of, stated_sums
from forecaster.domain.paths import Place, places
from forecaster.domain.published_basis import MONTH, check_basis, in_basis
from forecaster.domain.vintage import QUANTILE_COLUMNS, SERIES, Issue

COMPARED = 2000
PLACES = {"forecasts": "row", "panel": "panel", "reports": "reports"}
"""Frame -> how the columns of SERIES begin that say where its rows lie."""

AT_A_TIME = 500  # rows of SERIES as Python values

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

    @cached_property
    def horizon(self) -> int:
        """Months of the longest forecast; 0 where there is none."""
        return int(self.series["row_count"].max() or 0)  # type: ignore[arg-type]  # a column of UInt32

    def has(self, series_id: str) -> bool:
        """Whether there is a series of that id."""
        ids = self.series["series_id"]
        at = bisect_left(ids, series_id)
        return bool(at < len(ids) and ids[at] == series_id)

    def find(self, series_id: str, *, suggest: bool = True) -> Row:
        """The row of SERIES of one id.

        Args:
            series_id: whose.
            suggest: look for the nearest known ids where there is none; it takes some ten milliseconds.

        Raises:
            UnknownSeries: there is none.
        """
        ids = self.series["series_id"]
        at = bisect_left(ids, series_id)
        if at < len(ids) and ids[at] == series_id:
            return self.series.row(at, named=True)
        raise UnknownSeries(series_id, known=self._alike(series_id) if suggest else None)

    def find_many(self, series_ids: Sequence[str]) -> dict[str, Row]:
        """The rows of SERIES of those of some ids that are there, by id; for many, much faster than one by one."""
        ids = self.series["series_id"]
        places = ids.search_sorted(pl.Series(series_ids, dtype=pl.String))
        there = ids.gather(places.filter(places < len(ids)))  # the first id not below each that is asked for
        held = self.series[places.filter(places < len(ids))].filter(there.is_in(list(series_ids)))
        return {row["series_id"]: row for row in held.iter_rows(named=True)}

    def select(self, *, equal: Mapping[str, str], words: str = "", after: str = "", limit: int) -> list[dict[str, Any]]:
        """Rows of SERIES in order of series_id.

        Args:
            equal: column -> value that it must have.
            words: each must occur in the id or a name, whatever its case.
            after: only ids behind this one.
            limit: rows at most.
        """
        wanted = _conditions(equal, words)
        rest = self.series.slice(bisect_left(self.series["series_id"], after + "\0") if after else 0)
        return (rest.filter(*wanted) if wanted else rest).head(limit).to_dicts()

    def every(self, *, equal: Mapping[str, str], words: str = "") -> Iterator[Row]:
        """All rows that `select` would give without a limit, in its order, some hundred in memory at a time."""
        wanted = _conditions(equal, words)
        places = self.series.select(pl.arg_where(pl.all_horizontal(wanted))).to_series() if wanted else None
        for start in range(0, len(self.series) if places is None else len(places), AT_A_TIME):
            part = slice(start, start + AT_A_TIME)
            yield from self.series[part if places is None else places[part]].iter_rows(named=True)

    def points(
        self,
        row: Row,
        *,
        horizon: int | None = None,
        basis: str = MONTH,
        quantiles: Collection[str] = QUANTILE_COLUMNS,
    ) -> dict[str, list[Any]]:
        """The forecasts of a series.

        Args:
            row: of `find` or `select`.
            horizon: months, at least 1; all that are stored by default.
            basis: month, or sums from January on: ytd, jan-feb.
            quantiles: columns that are needed; of sums, all are given.

        Returns:
            Columns of FORECASTS but series_id and quantiles that are not needed; periods as days since 1970-01-01,
            as they are stored. Sums have a further column, see `vintage_totals`.

        Raises:
            BadParameter: a basis that the series does not have.
            NoForecast: it has none; with the reason.
            HorizonTooLong: more months than were forecast.
        """
        check_basis(basis, series_id=row["series_id"], kind=row["kind"])
        available: int = row["row_count"]
        if not available:
            raise NoForecast(row["series_id"], reason=row["status"])
        count = available if horizon is None else horizon
        if not 1 <= count <= available:
            raise HorizonTooLong(asked=count, available=available)
        needed = QUANTILE_COLUMNS if basis != MONTH else quantiles
        names = ("period", "step", "mean", *needed)
        months = {name: self.forecasts.read(name, start=row["row_start"], count=count) for name in names}
        if basis == MONTH:
            return months
        paths = self.paths.get(row["sector"]) or self.paths[None]
        return total_columns(months, known=self.months(row, last=11), paths=paths, basis=basis)

    @cached_property
    def paths(self) -> dict[str | None, list[Sequence[Place]]]:
        """Of each pool, the places of its paths' ranks, a month each."""
        ranks = read_frame(self.folder, name="ranks")
        found: dict[str | None, list[Sequence[Place]]] = {}
        for pool, held in ranks.select("pool", "ranks").iter_rows():
            found.setdefault(pool, []).append(places(held))
        return found

    def _alike(self, series_id: str) -> list[str]:
        """Ids to look for a misspelt one among; bounded, since comparing with a million takes seconds."""
        ids = self.series["series_id"]
        sector = ids.filter(ids.str.starts_with(series_id.split(".", maxsplit=1)[0] + "."))
        return (ids if sector.is_empty() else sector).head(COMPARED).to_list()

    def history(self, row: Row) -> pl.DataFrame:
        """The panel of a series: ds, y, obtained; by ds."""
        return self._panel(row, last=row["panel_count"]).select("ds", "y", "obtained").collect()

    def known(self, row: Row, *, basis: str, catalogue: Catalogue) -> pl.DataFrame:
        """The known figures of a series in a basis: ds, y, obtained; by ds, perhaps none of a sum.

        Args:
            row: of `find` or `select`.
            basis: month, ytd or jan-feb.
            catalogue: its unit.
        """
        if basis == MONTH:
            return self.history(row)
        stated = stated_sums(self.reports([row["series_id"]]), catalogue=catalogue)
        return known_frame(in_basis(self.months(row), basis=basis, stated=stated))

    def months(self, row: Row, *, last: int | None = None) -> list[Month]:
        """The last so many months of the panel of a series, or all of them; in order."""
        count = row["panel_count"] if last is None else min(last, row["panel_count"])
        return months_of(self._panel(row, last=count).select(MONTH_COLUMNS).collect())

    def reports(self, series_ids: Collection[str]) -> pl.DataFrame:
        """Every report of some series that was known at data_as_of: STORED columns, in REPORTS_ORDER."""
        wanted = pl.col("series_id").is_in(list(series_ids))
        where = self.series.filter(wanted).select("reports_start", "reports_count").rows()
        held = [(start, start + count) for start, count in where if count]
        start, end = min((one for one, _ in held), default=0), max((end for _, end in held), default=0)
        return pl.scan_ipc(self.folder / "reports.arrow").slice(start, end - start).filter(wanted).collect()

    def part(self, name: str, *, first: str, last: str) -> pl.LazyFrame:
        """The rows of one of its frames that are of the series from one id to another.

        Args:
            name: forecasts, panel or reports.
            first: a series_id, which need not be there.
            last: the same, included.
        """
        ids = self.series["series_id"]
        held = self.series.slice(at := bisect_left(ids, first), bisect_right(ids, last) - at)
        start, count = (f"{PLACES[name]}_{end}" for end in ("start", "count"))
        there = held.filter(pl.col(count) > 0)
        begin = int(there[start].min() or 0)  # type: ignore[arg-type]  # a column of UInt32
        return pl.scan_ipc(self.folder / f"{name}.arrow").slice(begin, int(there[count].sum()))

    def _panel(self, row: Row, *, last: int) -> pl.LazyFrame:
        end = row["panel_start"] + row["panel_count"]
        return pl.scan_ipc(self.folder / "panel.arrow").slice(end - last, last)


def _conditions(equal: Mapping[str, str], words: str) -> list[pl.Expr]:
    wanted = [pl.col(column) == value for column, value in equal.items()]
    text = pl.concat_str("series_id", "name", "name_zh", separator="\n").str.to_lowercase()
    return wanted + [text.str.contains(word, literal=True) for word in words.lower().split()]


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
