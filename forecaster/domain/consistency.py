"""The catalogue against the reports in store: what one says and the other does not bear out."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from forecaster.domain.catalogue import REMAINDER, Catalogue, Sum
from forecaster.domain.conventions import build_panel, in_own_units
from forecaster.domain.errors import BadCatalogue, UnknownSeries
from forecaster.domain.notation import shown
from forecaster.domain.panel import REPORTED
from forecaster.domain.reports import VALUE, leading

ERROR, NOTICE = "error", "notice"
TOLERANCE = 0.005
"""Share by which parts may miss their whole: figures are published rounded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement. An error must be mended in the catalogue; a notice is how the figures are."""

    severity: str
    series_id: str
    what: str


def disagreements(reports: pl.DataFrame, *, catalogue: Catalogue) -> list[Finding]:
    """Where the catalogue and the reports disagree.

    Args:
        reports: the REPORTS columns.
        catalogue: all series, units and sums.

    Returns:
        Errors first: series that are not declared, units that can't be converted; then sums whose stated parts and
        whole miss each other over the same span, months whose parts exceed the whole, and figures of one series that
        contradict each other.
    """
    values = reports.filter(pl.col("kind") == VALUE)
    pairs = values.select("series_id", "unit").unique().sort("series_id", "unit")
    # A series that is not declared is found once, in however many units it was stated.
    errors = list(dict.fromkeys(one for row in pairs.iter_rows() for one in _misfit(*row, catalogue=catalogue)))
    sound = values.join(
        pl.DataFrame([(one.series_id,) for one in errors], schema={"series_id": pl.String}, orient="row"),
        on="series_id",
        how="anti",
    )
    stated = leading(in_own_units(sound, catalogue=catalogue))
    built = build_panel(sound, catalogue=catalogue)
    gaps = [one for declared in catalogue.sums for one in _gaps(declared, stated, catalogue=catalogue)]
    rests = [one for declared in catalogue.sums for one in _overdrawn(declared, built.panel, catalogue=catalogue)]
    return [*errors, *gaps, *rests, *_contradictions(built.contradictions, catalogue=catalogue)]


def _misfit(series_id: str, unit: str, *, catalogue: Catalogue) -> Iterator[Finding]:
    try:
        catalogue.factor(unit, to=catalogue.find(series_id).unit)
    except UnknownSeries:
        yield Finding(ERROR, series_id, "has reports and is not declared: add it to a [[series]] family.")
    except BadCatalogue as error:
        yield Finding(ERROR, series_id, f"has reports in a unit that can't be used: {error.what}")


def _contradictions(found: pl.DataFrame, *, catalogue: Catalogue) -> Iterator[Finding]:
    for row in found.iter_rows(named=True):
        span = f"{row['period_start']:%Y-%m} to {row['period_end']:%Y-%m}"
        sizes = f"{shown(row['stated'])} against {shown(row['other'])} {catalogue.find(row['series_id']).unit}"
        apart = f" ({row['stated'] / row['other'] - 1:+.1%})" if row["other"] > 0 else ""
        yield Finding(NOTICE, row["series_id"], f"{span}: {sizes}{apart}: {row['what']}")


def _gaps(declared: Sum, stated: pl.DataFrame, *, catalogue: Catalogue) -> list[Finding]:
    """Spans over which the whole and all its stated parts are known, and miss each other."""
    span = ["period_start", "period_end", "basis"]
    wanted = [child for child in declared.children if catalogue.series[child].derived is None]
    open_ended = any(catalogue.series[child].derived == REMAINDER for child in declared.children)
    parts = (
        stated.filter(pl.col("series_id").is_in(wanted))
        .group_by(span)
        .agg(parts=pl.col("value").sum(), there=pl.len())
        .filter(pl.col("there") == len(wanted))
    )
    whole = stated.filter(pl.col("series_id") == declared.parent)
    over = pl.col("parts") - pl.col("value")
    missed = over > TOLERANCE * pl.col("value")
    if not open_ended:
        missed |= over < -TOLERANCE * pl.col("value")
    rows = whole.join(parts, on=span).filter(missed).sort(span)
    return [_gap(declared, row) for row in rows.select(*span, "value", "parts").iter_rows()]


def _overdrawn(declared: Sum, panel: pl.DataFrame, *, catalogue: Catalogue) -> Iterator[Finding]:
    """Months whose known parts exceed the whole, so that less than nothing is left for the part that is not reported.

    Only months of which some figure follows from totals: `_gaps` compares those that were stated.
    """
    left = [child for child in declared.children if catalogue.series[child].derived == REMAINDER]
    others = [child for child in declared.children if child not in left]
    if not left:
        return
    is_stated = pl.col("obtained") == REPORTED
    whole = panel.filter(pl.col("unique_id") == declared.parent).select("ds", whole="y", whole_stated=is_stated)
    parts = panel.filter(pl.col("unique_id").is_in(others)).group_by("ds")
    known = parts.agg(pl.col("y").sum(), there=pl.len(), stated=is_stated.all()).filter(pl.col("there") == len(others))
    over = whole.join(known, on="ds").filter(
        pl.col("y") > pl.col("whole") * (1 + TOLERANCE), ~(pl.col("whole_stated") & pl.col("stated"))
    )
    for ds, total, parts_sum in over.sort("ds").select("ds", "whole", "y").iter_rows():
        what = f"{ds:%Y-%m}: {declared.parent} is {shown(total)}, its other parts {shown(parts_sum)}: taken as 0."
        yield Finding(NOTICE, left[0], what)


def _gap(declared: Sum, row: tuple[object, ...]) -> Finding:
    start, end, basis, whole, parts = row
    what = f"{start} to {end} ({basis}): stated as {whole:g}, its parts add up to {parts:g}."
    return Finding(NOTICE, declared.parent, what)
