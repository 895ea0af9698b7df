"""What is known of one series: its months, the reports behind them, and what contradicts itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from forecaster.domain.bridges import Month
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import build_panel, in_own_units
from forecaster.domain.derived import made_of, rests_on, with_derived
from forecaster.domain.months import month_number
from forecaster.domain.published_basis import MONTH, Observation, Stated, in_basis
from forecaster.domain.reports import REPORTS, VALUE, leading
from forecaster.domain.vintage import REPORTS_ORDER

MONTH_COLUMNS = ("ds", "y", "obtained", "block_start", "block_end", "reports")


@dataclass(frozen=True, slots=True)
class Derivation:
    """The months of a series as they follow from reports, and the contradictions met on the way."""

    months: list[Month]
    contradictions: pl.DataFrame  # CONTRADICTIONS columns, of the series and of what it is worked out from


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a series at an instant."""

    figures: list[Observation]
    history: pl.DataFrame  # REPORTS columns: every report of its own, and those of others that its figures come from
    contradictions: pl.DataFrame  # CONTRADICTIONS columns


def derivation(series_id: str, *, reports: pl.DataFrame, catalogue: Catalogue) -> Derivation:
    """Derive one series from reports, the same as the whole panel would hold it.

    Args:
        series_id: of the catalogue.
        reports: the REPORTS columns as known at one instant, at least of `derived.rests_on`.
        catalogue: what the reports mean.

    Raises:
        UnknownSeries: the catalogue does not hold it.
    """
    catalogue.find(series_id)
    needed = reports.filter(pl.col("series_id").is_in(list(rests_on(series_id, catalogue=catalogue))))
    built = build_panel(needed, catalogue=catalogue)
    panel = with_derived(built.panel, catalogue=catalogue).filter(pl.col("unique_id") == series_id)
    own = pl.col("series_id").is_in(list(made_of(series_id, catalogue=catalogue)))
    return Derivation(months_of(panel), built.contradictions.filter(own))


def months_of(panel: pl.DataFrame) -> list[Month]:
    """Rows of the panel of one series as months.

    Args:
        panel: at least MONTH_COLUMNS, by ds.
    """
    rows = panel.select(MONTH_COLUMNS).iter_rows()
    return [
        Month(month_number(ds), y, obtained, _block(start, end), tuple(ids))
        for ds, y, obtained, start, end, ids in rows
    ]


def stated_sums(reports: pl.DataFrame, *, catalogue: Catalogue) -> Mapping[tuple[int, int], list[Stated]]:
    """The sums of one series as stated, the leading ones first.

    Args:
        reports: the REPORTS columns of one series.
        catalogue: its unit.

    Returns:
        Number of the first and the last month -> what was stated of their sum, in the series' own unit.
    """
    values = leading(in_own_units(reports.filter(pl.col("kind") == VALUE), catalogue=catalogue))
    found: dict[tuple[int, int], list[Stated]] = {}
    columns = ("period_start", "period_end", "value", "rounding", "report_id")
    for start, end, value, rounding, report_id in values.select(columns).iter_rows():
        found.setdefault((month_number(start), month_number(end)), []).append(Stated(value, rounding, report_id))
    return found


def known_figures(
    series_id: str,
    *,
    derived: Derivation,
    reports: pl.DataFrame,
    basis: str,
    catalogue: Catalogue,
    first: date | None = None,
    last: date | None = None,
) -> Known:
    """What is known of a series, in a basis, of some months or all.

    Args:
        series_id: whose.
        derived: its months and contradictions.
        reports: at least the REPORTS columns, as known at the same instant: its own, and those of what it is worked
            out from where the history is wanted.
        basis: one of BASES.
        catalogue: its unit.
        first: first month; None: from the beginning.
        last: last month, inclusive; None: to the end.
    """
    own = pl.col("series_id") == series_id
    stated = {} if basis == MONTH else stated_sums(reports.filter(own), catalogue=catalogue)
    start, end = month_number(first or date.min), month_number(last or date.max)
    figures = [one for one in in_basis(derived.months, basis=basis, stated=stated) if start <= one.number <= end]
    named = [report_id for one in figures for report_id in one.reports]
    spans = [pl.col("period_end") >= (first or date.min), pl.col("period_start") <= (last or date.max)]
    behind = reports.filter((own & pl.all_horizontal(spans)) | pl.col("report_id").is_in(named))
    return Known(
        figures=figures,
        history=behind.select(REPORTS.names()).sort(REPORTS_ORDER),
        contradictions=derived.contradictions.filter(*spans),
    )


def _block(start: date | None, end: date | None) -> tuple[int, int] | None:
    return None if start is None or end is None else (month_number(start), month_number(end))
