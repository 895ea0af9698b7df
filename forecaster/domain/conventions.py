"""From reports to the panel: what each month was, and how that is known.

A month stated directly is taken as stated (of a source whose months lead); else it is the difference of two totals;
else the known sum of a longer span is shared out over its months in proportion to their working days. Only what was
officially stated is ever scored: each row carries the block, the smallest span around it whose sum was stated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from forecaster.domain.bridges import Month, bridged
from forecaster.domain.catalogue import FLOW, NO_TRADE, Catalogue, Series
from forecaster.domain.lunar import CHINA
from forecaster.domain.months import month_from_number, month_number
from forecaster.domain.panel import CONTRADICTIONS, PANEL, REPORTED
from forecaster.domain.ranking import RIVAL, Fault, ranked_spans
from forecaster.domain.reports import VALUE, leading, with_rounding
from forecaster.domain.sharing import Unmet, shared_out
from forecaster.domain.spans import Contradiction, Span, settle

MONTH = "month"
"""A source that publishes months first has them taken as stated; another's totals lead over its months."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a series counted from month `since` on; times `factor`, its figures continue the newest scope."""

    spans: tuple[Span, ...]
    factor: float
    since: int


def series_panel(spans: Sequence[Span], *, series: Series, catalogue: Catalogue) -> tuple[list[Month], list[Fault]]:
    """The months of one series.

    Args:
        spans: each figure stated, in the series' own unit; several for one span where nobody can tell which.
        series: whose they are.
        catalogue: for breaks of scope and the source's calendar.

    Returns:
        Its months in order, and the contradictions met. Holes are bridged, but for very long ones and for those of a
        measure whose missing months had no trade: see `derived.no_trade_as_zero`.
    """
    if series.kind != FLOW:
        return _levels(spans)
    months: dict[int, Month] = {}
    faults: list[Fault] = []
    months_lead = catalogue.sources[series.source].publishes[0] == MONTH
    for scope in _scopes(spans, series=series, catalogue=catalogue):
        ranked, rivals = ranked_spans(scope.spans)
        settled = settle(ranked)
        against = [_contradiction(c) for c in settled.contradictions]
        refuted = {fault.first for fault in against if fault.first == fault.last}
        stated = {s.first: s for s in ranked if s.first == s.last and (months_lead or s.first not in refuted)}
        found, unmet = shared_out(settled.known, stated=stated, country=country_of(series, catalogue))
        faults += [*rivals, *against, *map(_unmet, unmet)]
        months |= {m.number: _scaled(m, scope.factor) for m in found if m.block and m.block[0] >= scope.since}
    if series.missing_month == NO_TRADE:
        return [months[number] for number in sorted(months)], faults
    return bridged(months, country=country_of(series, catalogue)), faults


def _levels(spans: Iterable[Span]) -> tuple[list[Month], list[Fault]]:
    """Levels at the end of each span; of several, the first."""
    found: dict[int, Month] = {}
    rivals: list[Fault] = []
    for span in spans:
        held = found.setdefault(span.last, Month(span.last, span.value, REPORTED, (span.last,) * 2, (span.report_id,)))
        if abs(held.y - span.value) > span.tolerance:
            rivals.append(Fault(span.last, span.last, RIVAL, held.y, span.value))
    return bridged(found, country=None), rivals


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


def country_of(series: Series, catalogue: Catalogue) -> str:
    """Whose calendar: a Chinese body counts Chinese working days, whatever region it reports on."""
    return CHINA if catalogue.sources[series.source].zone == "Asia/Shanghai" else series.region


def _contradiction(found: Contradiction) -> Fault:
    span = found.span
    return Fault(span.first, span.last, "differs from what other figures settle", span.value, found.expected)


def _unmet(found: Unmet) -> Fault:
    return Fault(found.known.first, found.known.last, found.why, found.known.value, found.other)


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
        reports: the REPORTS columns, values only; all that are known of their series.
        catalogue: units, and all series that are reported.

    Returns:
        The same rows with `value` and, added, `rounding` in the series' own unit; `unit` stays as stated.
    """
    pairs = reports.select("series_id", "unit").unique()
    factors = [catalogue.factor(unit, to=catalogue.find(series_id).unit) for series_id, unit in pairs.iter_rows()]
    priced = with_rounding(reports).join(
        pairs.with_columns(factor=pl.Series(factors, dtype=pl.Float64)), on=["series_id", "unit"]
    )
    return priced.with_columns(pl.col("value", "rounding") * pl.col("factor")).drop("factor")


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
