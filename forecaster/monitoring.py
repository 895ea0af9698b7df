"""Use case: how good published forecasts turned out, how fresh the figures are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.derived import rests_on
from forecaster.domain.first_prints import first_prints
from forecaster.domain.freshness import Freshness, freshness
from forecaster.domain.months import month_after
from forecaster.domain.realised import FIGURES, Paths, realised, stated_blocks
from forecaster.domain.vintage import Issue

Against = Literal["first", "latest"]
"""What forecasts are held against: each figure as first stated, or as it stands."""

AT_A_TIME = 10_000  # series whose panel is in memory
KNOWN = ("unique_id", "ds", "y", "block_start", "block_end")


class KeptForecasts(Protocol):
    """A published vintage, as far as it is looked back at."""

    @property
    def issue(self) -> Issue:
        """When, from which data and by which run it was issued."""

    @property
    def series(self) -> pl.DataFrame:
        """The SERIES columns."""

    @property
    def paths(self) -> Paths:
        """Of each pool, the places of its paths' ranks."""

    def part(self, name: str, *, first: str, last: str) -> pl.LazyFrame:
        """The rows of its forecasts, panel or reports of the series from one id to another, both included."""


def figures(
    published: Sequence[KeptForecasts], *, current: KeptForecasts, catalogue: Catalogue, against: Against
) -> pl.DataFrame:
    """Every forecast that was published, of a figure that has come since.

    Args:
        published: vintages that are or were in service.
        current: knows what came.
        catalogue: for what was first stated.
        against: the first print of each figure, or the latest.

    Returns:
        The FIGURES columns. Forecasts of a sector that vintages carried over count once.
    """
    ids = current.series["series_id"]
    counted = _counted_before(published)
    found = [pl.DataFrame(schema=FIGURES)]
    for start in range(0, len(ids), AT_A_TIME):
        first, last = ids[start], ids[min(start + AT_A_TIME, len(ids)) - 1]
        known = current.part("panel", first=first, last=last).select(KNOWN).collect()
        stated = stated_blocks(known)
        if against == "first":
            stated = _first(published, current, stated=stated, catalogue=catalogue)
        for vintage, without in zip(published, counted, strict=True):
            found.append(_of(vintage, without=without, stated=stated, first=first, last=last))
    return pl.concat(found).sort("unique_id", "vintage", "block_start")


def _counted_before(published: Sequence[KeptForecasts]) -> list[set[str]]:
    """Of each vintage, the sectors that count for another: whose run made them, else which carried them first."""
    own = {vintage.issue.vintage_id for vintage in published}
    taken: dict[tuple[str, str], str] = {}
    for vintage in sorted(published, key=lambda one: one.issue.issued_at):
        for sector, origin in vintage.issue.carried.items():
            taken.setdefault((origin.vintage_id, sector), vintage.issue.vintage_id)
    return [
        {
            sector
            for sector, origin in vintage.issue.carried.items()
            if origin.vintage_id in own or taken[origin.vintage_id, sector] != vintage.issue.vintage_id
        }
        for vintage in published
    ]


def _of(vintage: KeptForecasts, *, without: set[str], stated: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """The figures of one vintage, but for some sectors."""
    end = stated["block_end"].max()
    left_out = pl.col("series_id").str.split(".").list.first().is_in(list(without))
    held = vintage.part("forecasts", first=first, last=last).filter(~left_out)
    forecasts = held.filter(pl.col("period") <= (end if isinstance(end, date) else date.min)).collect()
    if forecasts.is_empty():
        return pl.DataFrame(schema=FIGURES)
    panel = vintage.part("panel", first=first, last=last).select(KNOWN).collect()
    return realised(forecasts, stated=stated, panel=panel, vintage=vintage.issue.vintage_id, paths=vintage.paths)


def _first(
    published: Sequence[KeptForecasts], current: KeptForecasts, *, stated: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """What was first stated of those blocks that any vintage forecast."""
    ends = [vintage.series.filter(pl.col("row_count") > 0)["last_period"].min() for vintage in published]
    after = min((end for end in ends if isinstance(end, date)), default=None)
    later = stated.filter(pl.col("block_end") > (after or date.max))["unique_id"].unique()
    wanted = [series_id for series_id in later if series_id in catalogue.series]  # one may be declared no longer
    needed = rests_on(*wanted, catalogue=catalogue)
    if after is None or not needed:
        return stated.clear()
    reports = current.part("reports", first=min(needed), last=max(needed)).collect()
    since = min(vintage.issue.of(sector).data_as_of for vintage in published for sector in (*vintage.issue.carried, ""))
    own = reports.filter(pl.col("series_id").is_in(list(needed)))
    return first_prints(own, catalogue=catalogue, since=since, after=after, wanted=wanted)


@dataclass(frozen=True, slots=True)
class MissedRelease:
    """A body whose figures should be out."""

    source: str
    series: int  # that lack figures
    since: date  # the earliest month that one of them lacks
    days_late: int  # of that month, after its usual day


@dataclass(frozen=True, slots=True)
class NextRelease:
    """When a body's next figures usually come."""

    source: str
    series: int  # that it reports
    period: date  # the month that comes next
    due: date  # its usual day; in the past where it is late


def fresh(series: pl.DataFrame, *, catalogue: Catalogue, today: date) -> list[Freshness]:
    """How fresh the figures are of each series that a body reports, by id; of what is worked out, its parts tell.

    Args:
        series: SERIES columns.
        catalogue: the habits of the sources.
        today: what lateness is judged by.
    """
    columns = ("series_id", "source", "last_period")
    reported = series.filter(pl.col("derived").is_null()).select(columns)
    found = [freshness(row, catalogue=catalogue, today=today) for row in reported.iter_rows(named=True)]
    return [one for one in found if one is not None]


def calendar(found: Iterable[Freshness]) -> list[NextRelease]:
    """The next release of each body, the earliest first; it is that of the month after its latest figures."""
    by_source: dict[str, list[Freshness]] = {}
    for one in found:
        if one.last_period is not None:
            by_source.setdefault(one.source, []).append(one)
    following = []
    for source, some in by_source.items():
        last, due = max((one.last_period, one.next_due) for one in some if one.last_period and one.next_due)
        following.append(NextRelease(source, len(some), month_after(last), due))
    return sorted(following, key=lambda one: (one.due, one.source))


def missed_releases(found: Iterable[Freshness]) -> list[MissedRelease]:
    """The bodies whose figures are overdue, the latest first."""
    late: dict[str, list[Freshness]] = {}
    for one in found:
        if one.missed:
            late.setdefault(one.source, []).append(one)
    missed = [
        MissedRelease(
            source,
            series=len(some),
            since=min(month_after(one.last_period) for one in some if one.last_period is not None),
            days_late=max(one.days_late for one in some),
        )
        for source, some in late.items()
    ]
    return sorted(missed, key=lambda one: (-one.days_late, one.source))
