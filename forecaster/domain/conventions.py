"""From reports to the panel: what each month was, and how that is known.

A month stated directly is taken as stated; else it is the difference of two totals; else the known sum of a longer span
is shared out over its months in proportion to their working days. Only what was officially stated is ever scored: each
row carries the block, the smallest span around it whose sum was stated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import polars as pl

from forecaster.domain.bridges import Month, bridged
from forecaster.domain.catalogue import FLOW, Catalogue, Series
from forecaster.domain.lunar import CHINA, effective_days
from forecaster.domain.months import month_from_number, month_number
from forecaster.domain.panel import CONTRADICTIONS, DIFFERENCED, ESTIMATED, PANEL, REPORTED
from forecaster.domain.reports import VALUE, leading, rounding
from forecaster.domain.spans import Known, Span, non_decreasing, settle


@dataclass(frozen=True, slots=True)
class Fault:
    """A contradiction found on the way: stated against what else is known, over a span."""

    first: int
    last: int
    what: str
    stated: float
    other: float


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a series counted from month `since` on; times `factor`, its figures continue the newest scope."""

    spans: tuple[Span, ...]
    factor: float
    since: int


def series_panel(spans: Sequence[Span], *, series: Series, catalogue: Catalogue) -> tuple[list[Month], list[Fault]]:
    """The months of one series.

    Args:
        spans: each stated figure, in the series' own unit, one a key.
        series: whose they are.
        catalogue: for breaks of scope and the source's calendar.

    Returns:
        Its months, consecutive, and the contradictions met.
    """
    if series.kind != FLOW:
        return _levels(spans), []
    months: dict[int, Month] = {}
    faults: list[Fault] = []
    for scope in _scopes(spans, series=series, catalogue=catalogue):
        ranked, fallen = _rank(scope.spans)
        settled = settle(ranked)
        faults += fallen
        faults += [
            Fault(c.span.first, c.span.last, "differs from what other figures settle", c.span.value, c.expected)
            for c in settled.contradictions
        ]
        stated = {span.first for span in ranked if span.first == span.last}
        found, negative = _share(settled.known, stated=stated, country=_country(series, catalogue))
        faults += negative
        months |= {m.number: _scaled(m, scope.factor) for m in found if m.block and m.block[0] >= scope.since}
    return bridged(months, country=_country(series, catalogue)), faults


def _levels(spans: Iterable[Span]) -> list[Month]:
    found = {s.last: Month(s.last, s.value, REPORTED, (s.last, s.last), (s.report_id,)) for s in spans}
    return [found[number] for number in sorted(found)]


def _scopes(spans: Sequence[Span], *, series: Series, catalogue: Catalogue) -> list[_Scope]:
    """Spans by scope; a break without a factor drops what lies before it.

    A total belongs to the scope in force when it ends: it counts its earlier months anew, so it is never differenced
    with a total of the scope before, and tells nothing of a single month of its own.
    """
    scopes = [_Scope(tuple(spans), 1.0, 0)]
    for broken in catalogue.breaks_of(series.series_id):
        at = month_number(broken.since)
        newest = scopes.pop()
        before = replace(newest, spans=tuple(span for span in newest.spans if span.last < at))
        after = _Scope(tuple(span for span in newest.spans if span.last >= at), 1.0, at)
        link = broken.factor
        older = [] if link is None else [replace(old, factor=old.factor * link) for old in (*scopes, before)]
        scopes = [*older, after]
    return scopes


def _rank(scope: Sequence[Span]) -> tuple[list[Span], list[Fault]]:
    """Months first, then totals by their end; totals that break the rise of a year are left out and named."""
    months = sorted((span for span in scope if span.first == span.last), key=lambda s: s.first)
    totals = sorted((span for span in scope if span.first < span.last), key=lambda s: (s.first, s.last))
    kept: list[Span] = []
    faults: list[Fault] = []
    for _, group in groupby(totals, key=lambda s: s.first):
        run = list(group)
        rising, fallen = non_decreasing(run)
        kept += rising
        for total in fallen:
            near = min(rising, key=lambda s: abs(s.last - total.last))
            faults.append(Fault(total.first, total.last, "a total that falls", total.value, near.value))
    return [*months, *sorted(kept, key=lambda s: (s.last, s.first))], faults


def _share(known: Sequence[Known], *, stated: set[int], country: str) -> tuple[list[Month], list[Fault]]:
    """Months from known sums: the shortest first, so that a longer one shares out only what is left."""
    months: dict[int, Month] = {}
    faults: list[Fault] = []
    for total in sorted(known, key=lambda k: (k.last - k.first, k.first)):
        span = range(total.first, total.last + 1)
        open_months = [number for number in span if number not in months]
        rest = total.value - sum(months[number].y for number in span if number in months)
        if rest < -1e-6 * max(abs(total.value), 1.0):
            faults.append(Fault(total.first, total.last, "leaves less than nothing to share out", total.value, rest))
            continue
        if total.first == total.last:
            how = REPORTED if total.first in stated else DIFFERENCED
            months[total.first] = Month(total.first, max(rest, 0.0), how, (total.first,) * 2, total.report_ids)
            continue
        days = effective_days(open_months, country=country)
        for number in open_months:
            part = max(rest, 0.0) * days[number] / sum(days.values())
            months[number] = Month(number, part, ESTIMATED, (total.first, total.last), total.report_ids)
    return list(months.values()), faults


def _country(series: Series, catalogue: Catalogue) -> str:
    """Whose calendar: a Chinese body counts Chinese working days, whatever region it reports on."""
    return CHINA if catalogue.sources[series.source].zone == "Asia/Shanghai" else series.region


def _scaled(month: Month, factor: float) -> Month:
    if factor == 1.0:
        return month
    return Month(month.number, month.y * factor, month.obtained, month.block, month.reports)


@dataclass(frozen=True, slots=True)
class Built:
    """The panel (PANEL columns, sorted) and what in the reports contradicts itself (CONTRADICTIONS columns)."""

    panel: pl.DataFrame
    contradictions: pl.DataFrame


def build_panel(reports: pl.DataFrame, *, catalogue: Catalogue) -> Built:
    """The panel of the reports given; series that are sums of others are not in it yet.

    Args:
        reports: the REPORTS columns, any order, as known at one instant; ids of the catalogue.
        catalogue: units, breaks, calendars.

    Returns:
        The panel of every reported series, in each series' own unit, and the contradictions.
    """
    stated = leading(in_own_units(reports.filter(pl.col("kind") == VALUE), catalogue=catalogue))
    rows: list[tuple[object, ...]] = []
    faults: list[tuple[object, ...]] = []
    for (series_id,), group in stated.group_by("series_id", maintain_order=True):
        series = catalogue.find(str(series_id))
        months, found = series_panel(_spans(group), series=series, catalogue=catalogue)
        rows += [_row(str(series_id), month) for month in months]
        faults += [
            (series_id, month_from_number(f.first), month_from_number(f.last), f.what, f.stated, f.other) for f in found
        ]
    panel = pl.DataFrame(rows, schema=PANEL, orient="row").sort("unique_id", "ds")
    return Built(panel, pl.DataFrame(faults, schema=CONTRADICTIONS, orient="row").sort("series_id", "period_start"))


def in_own_units(reports: pl.DataFrame, *, catalogue: Catalogue) -> pl.DataFrame:
    """Values in the unit of their series.

    Args:
        reports: the REPORTS columns, values only.
        catalogue: units, and all series that are reported.

    Returns:
        The same rows with `value` and, added, `rounding` in the series' own unit; `unit` stays as stated.
    """
    pairs = reports.select("series_id", "unit").unique()
    factors = [catalogue.factor(unit, to=catalogue.find(series_id).unit) for series_id, unit in pairs.iter_rows()]
    priced = reports.join(pairs.with_columns(factor=pl.Series(factors, dtype=pl.Float64)), on=["series_id", "unit"])
    return priced.with_columns(pl.col("value") * pl.col("factor"), rounding=rounding() * pl.col("factor")).drop(
        "factor"
    )


def _spans(group: pl.DataFrame) -> list[Span]:
    columns = ("period_start", "period_end", "value", "report_id", "rounding")
    return [
        Span(month_number(start), month_number(end), value, report_id, slack)
        for start, end, value, report_id, slack in group.select(columns).iter_rows()
    ]


def _row(series_id: str, month: Month) -> tuple[object, ...]:
    block: tuple[date | None, date | None] = (None, None)
    if month.block is not None:
        block = (month_from_number(month.block[0]), month_from_number(month.block[1]))
    return (series_id, month_from_number(month.number), month.y, month.obtained, *block, list(month.reports))
