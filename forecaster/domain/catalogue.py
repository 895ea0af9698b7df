"""The catalogue: sectors, measures, sources, series, and what adds up to what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from forecaster.domain.errors import BadCatalogue, UnknownSeries
from forecaster.domain.layouts import Layout

FLOW, STOCK = "flow", "stock"
SUM, REMAINDER = "sum", "remainder"
UNKNOWN, NO_TRADE = "unknown", "no-trade"
WORKING_DAYS = "working-days"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement; one of it is `factor` of the dimension's base unit."""

    key: str
    dimension: str
    factor: float


@dataclass(frozen=True, slots=True)
class Source:
    """A body that publishes figures, and its habits."""

    key: str
    name: str
    name_zh: str
    url: str
    zone: str  # IANA
    release_lag_days: int  # from the end of the month to the release, usually
    publishes: tuple[str, ...]  # bases: month, ytd, jan-feb
    licence: str


@dataclass(frozen=True, slots=True)
class Sector:
    """An industry."""

    key: str
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of a sector."""

    sector: str
    key: str
    name: str
    name_zh: str
    unit: str
    kind: str  # flow: sums over months; stock: levels
    missing_month: str  # unknown, or no-trade: a month without a report had none


@dataclass(frozen=True, slots=True)
class Series:
    """One line of figures of one body."""

    series_id: str
    sector: str
    measure: str
    region: str
    segment: str | None
    source: str
    leading: bool
    name: str
    name_zh: str
    unit: str
    kind: str
    missing_month: str
    derived: str | None  # sum or remainder of other series; None: reported


@dataclass(frozen=True, slots=True)
class Sum:
    """A parent that is the sum of its children."""

    parent: str
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """From `since` on, a series counts something else."""

    series_ids: tuple[str, ...]
    since: date  # first day of the first month of the new scope
    factor: float | None  # old-scope figures times this continue the new; None: they do not
    reason: str


@dataclass(frozen=True, slots=True)
class Driver:
    """A series may be forecast as its ratio to another one, or a working day, where its backtest gains."""

    series_id: str
    by: str  # id of the series that drives it, or WORKING_DAYS
    lag: int = 0  # months by which the driver goes ahead


@dataclass(frozen=True, slots=True)
class Alias:
    """What a measure is called here that report files name otherwise."""

    measure: str
    segment: str | None = None
    region: str | None = None  # None: the file's own


@dataclass(frozen=True)
class Catalogue:
    """Everything that is declared, checked."""

    units: Mapping[str, Unit]
    sources: Mapping[str, Source]
    sectors: Mapping[str, Sector]
    measures: Mapping[tuple[str, str], Measure]
    regions: Mapping[str, tuple[str, str]]  # code -> English and Chinese name
    series: Mapping[str, Series]  # by series_id, sorted
    sums: tuple[Sum, ...]
    breaks: tuple[Break, ...]
    aliases: Mapping[tuple[str, str], Alias] = field(default_factory=dict)  # sector, measure in files -> here
    layouts: Mapping[str, Layout] = field(default_factory=dict)  # of printed tables, by name
    drivers: tuple[Driver, ...] = ()

    def find(self, series_id: str) -> Series:
        """The series of an id.

        Raises:
            UnknownSeries: with the nearest known ids.
        """
        try:
            return self.series[series_id]
        except KeyError:
            raise UnknownSeries(series_id, known=list(self.series)) from None

    def factor(self, unit: str, *, to: str) -> float:
        """What a value in `unit` is multiplied by to be in `to`.

        Raises:
            BadCatalogue: an unknown unit, or one of another dimension.
        """
        for name in (unit, to):
            if name not in self.units:
                raise BadCatalogue(where="units", what=f"{name!r} is unknown; known: {', '.join(self.units)}.")
        source, target = self.units[unit], self.units[to]
        if source.dimension != target.dimension:
            what = f"{unit!r} ({source.dimension}) can't become {to!r} ({target.dimension})."
            raise BadCatalogue(where="units", what=what)
        return source.factor / target.factor

    @cached_property
    def flows(self) -> frozenset[str]:
        """Series whose figures are sums over a month, and so never below 0."""
        return frozenset(key for key, series in self.series.items() if series.kind == FLOW)

    @cached_property
    def no_trade(self) -> frozenset[str]:
        """Series of whose months those without a report had no trade."""
        return frozenset(key for key, series in self.series.items() if series.missing_month == NO_TRADE)

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Every series_id that is part of a sum -> the sums' parents."""
        found: dict[str, tuple[str, ...]] = {}
        for declared in self.sums:
            for child in declared.children:
                found[child] = (*found.get(child, ()), declared.parent)
        return found

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Every parent -> its children, in all sums it heads."""
        found: dict[str, tuple[str, ...]] = {}
        for declared in self.sums:
            found[declared.parent] = (*found.get(declared.parent, ()), *declared.children)
        return found

    def breaks_of(self, series_id: str) -> tuple[Break, ...]:
        """Breaks of scope of one series, oldest first."""
        return tuple(sorted((b for b in self.breaks if series_id in b.series_ids), key=lambda b: b.since))
