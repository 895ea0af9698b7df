"""From the reports known at an instant to the series that can be forecast, and why the others can't."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import with_derived
from forecaster.domain.eligibility import reasons_against
from forecaster.domain.errors import BadParameter, NothingToForecast
from forecaster.domain.issue import NOT_ASKED
from forecaster.domain.panel import latest_stretch
from forecaster.domain.ports import Progress
from forecaster.domain.vintage import REPORTS_ORDER


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run forecasts, and from what."""

    reports: pl.DataFrame  # STORED columns of the catalogue's series, in REPORTS_ORDER
    panel: pl.DataFrame  # PANEL columns, derived series included
    recent: pl.DataFrame  # of each series, the months after its last hole
    eligible: pl.DataFrame  # of those, the series that are forecast
    reasons: Mapping[str, str]  # series_id -> why it is not
    wanted: tuple[str, ...]  # series of the sectors asked for


def prepare(
    known: pl.DataFrame,
    *,
    as_of: datetime,
    sectors: Collection[str] | None,
    horizon: int,
    catalogue: Catalogue,
    progress: Progress,
) -> Prepared:
    """The panel of a run.

    Args:
        known: STORED columns: every report known at `as_of`.
        as_of: whose knowledge is used.
        sectors: only these; None: all.
        horizon: months that are forecast.
        catalogue: what the reports mean.
        progress: told what is there.

    Raises:
        BadParameter: a sector that the catalogue does not have.
        NothingToForecast: no series has enough data.
    """
    reports = _declared(known, catalogue=catalogue, progress=progress)
    progress(f"reports: {reports.height:,} known on {as_of:%Y-%m-%d}")
    panel = with_derived(build_panel(reports, catalogue=catalogue).panel, catalogue=catalogue)
    wanted = _wanted(sectors, catalogue)
    recent = latest_stretch(panel)
    reasons = reasons_against(recent, catalogue=catalogue, today=as_of.date(), horizon=horizon)
    asked = frozenset(wanted)
    reasons = {**dict.fromkeys((key for key in catalogue.series if key not in asked), NOT_ASKED), **reasons}
    eligible = recent.filter(pl.col("unique_id").is_in([key for key in wanted if key not in reasons]))
    if eligible.is_empty():
        raise NothingToForecast(reasons={key: reasons[key] for key in wanted if key in reasons})
    without = sum(key in reasons for key in wanted)
    progress(f"panel: {eligible['unique_id'].n_unique()} series to forecast, {without} without enough data")
    return Prepared(reports, panel, recent, eligible, reasons, wanted)


def digest_of(reports: pl.DataFrame) -> str:
    """Names a set of reports: equal digests, equal reports."""
    return hashlib.sha256("".join(reports["report_id"].sort()).encode()).hexdigest()[:16]


def _declared(reports: pl.DataFrame, *, catalogue: Catalogue, progress: Progress) -> pl.DataFrame:
    """Reports of the catalogue's series, in REPORTS_ORDER; a store may hold more, taken in with another catalogue."""
    ours = pl.col("series_id").is_in(list(catalogue.series))
    others = reports.filter(~ours)
    if not others.is_empty():
        names = others["series_id"].unique().sort()
        progress(f"reports: {others.height:,} of series that the catalogue lacks are left out ({names[0]}, …)")
    return reports.filter(ours).sort(REPORTS_ORDER)


def _wanted(sectors: Collection[str] | None, catalogue: Catalogue) -> tuple[str, ...]:
    for sector in sectors or ():
        if sector not in catalogue.sectors:
            raise BadParameter(name="sectors", what=f"{sector!r} is unknown; known: {', '.join(catalogue.sectors)}.")
    return tuple(key for key, series in catalogue.series.items() if not sectors or series.sector in sectors)
