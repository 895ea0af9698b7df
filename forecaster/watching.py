"""Use case: look at figures and forecasts, and raise what is overdue, unusual or no longer as good as it was.

It knows every report in store, not only those that the vintage in service was made of: what came since the last run is
neither overdue nor unscored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster import monitoring
from forecaster.domain.alert_facts import habit_changed, release_overdue
from forecaster.domain.alerts import ACCURACY_DRIFT, COVERAGE, HABIT_CHANGED, RELEASE_OVERDUE, Alert, Alerts
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import with_derived
from forecaster.domain.drift import judged
from forecaster.domain.drift_alerts import drift_alerts
from forecaster.domain.habits import changed_habits
from forecaster.domain.realised import Paths
from forecaster.domain.reports import VALUE
from forecaster.domain.vintage import REPORTS_ORDER, Issue
from forecaster.monitoring import KeptForecasts


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found."""

    raised: tuple[Alert, ...]  # that are new
    drifting: tuple[tuple[str, str], ...]  # sectors that drift, and the latest month that proves it


@dataclass(frozen=True, slots=True)
class KnownNow:
    """The vintage in service with every report that is known by now; a `KeptForecasts`."""

    vintage: KeptForecasts
    panel: pl.DataFrame
    reports: pl.DataFrame

    @property
    def issue(self) -> Issue:
        """That of the vintage."""
        return self.vintage.issue

    @property
    def series(self) -> pl.DataFrame:
        """Those of the vintage."""
        return self.vintage.series

    @property
    def paths(self) -> Paths:
        """Those of the vintage."""
        return self.vintage.paths

    def part(self, name: str, *, first: str, last: str) -> pl.LazyFrame:
        """The rows of its forecasts, or of the panel or reports known now, of the series from one id to another."""
        if name not in ("panel", "reports"):
            return self.vintage.part(name, first=first, last=last)
        frame, key = (self.panel, "unique_id") if name == "panel" else (self.reports, "series_id")
        return frame.lazy().filter(pl.col(key).is_between(pl.lit(first), pl.lit(last)))


def known_now(vintage: KeptForecasts, *, reports: pl.DataFrame, catalogue: Catalogue) -> KnownNow:
    """What is known by now.

    Args:
        vintage: in service.
        reports: STORED columns: all that are in store.
        catalogue: what they mean.
    """
    ours = reports.filter(pl.col("series_id").is_in(list(catalogue.series))).sort(REPORTS_ORDER)
    panel = with_derived(build_panel(ours, catalogue=catalogue).panel, catalogue=catalogue)
    return KnownNow(vintage, panel.sort("unique_id", "ds"), ours)


def watch(
    alerts: Alerts, *, known: KnownNow, published: Sequence[KeptForecasts], catalogue: Catalogue, now: datetime
) -> Looked:
    """Raise what is found, and close what has ended.

    Args:
        alerts: where it is raised.
        known: what is known by now.
        published: vintages that are or were in service.
        catalogue: the habits of the sources.
        now: what lateness is judged by.
    """
    figures = monitoring.figures(published, current=known, catalogue=catalogue, against="latest")
    promised = known.series.select("coverage_80", "folds", "mase", unique_id="series_id")
    shares = judged(figures, promised=promised.select("unique_id", "coverage_80", "folds"))
    sectors = shares.filter(pl.col("scope") == "sector").drop("scope", "drifted")
    alerts.note(
        COVERAGE, told={"at": now.isoformat(), "sectors": sectors.rename({"key": "sector"}).to_dicts()}, now=now
    )
    drift = drift_alerts(shares, figures=figures, promised=promised, now=now)
    standing = {
        RELEASE_OVERDUE: _overdue(known, catalogue=catalogue, now=now),
        HABIT_CHANGED: [
            habit_changed(one, source=catalogue.sources[one.source], now=now)
            for one in changed_habits(known.reports, catalogue=catalogue)
        ],
        ACCURACY_DRIFT: drift,
    }
    raised = [one for kind, found in standing.items() for one in _told(alerts, kind, found=found, now=now)]
    return Looked(tuple(raised), _drifting(drift))


def _told(alerts: Alerts, kind: str, *, found: Sequence[Alert], now: datetime) -> list[Alert]:
    alerts.close_others(kind, standing=found, now=now)
    return [one for one in found if alerts.raise_alert(one, now=now)]


def _overdue(known: KnownNow, *, catalogue: Catalogue, now: datetime) -> list[Alert]:
    """Overdue releases of series that are forecast: a series that ended long ago waits for nothing."""
    last = known.reports.filter(pl.col("kind") == VALUE).group_by("series_id").agg(pl.col("period_end").max())
    forecast = known.series.filter(pl.col("row_count") > 0).join(last, on="series_id", how="left")
    by_now = pl.max_horizontal("last_period", pl.col("period_end").dt.month_start())
    fresh = monitoring.fresh(forecast.with_columns(last_period=by_now), catalogue=catalogue, today=now.date())
    return [
        release_overdue(
            catalogue.sources[one.source], series=one.series, since=one.since, days_late=one.days_late, now=now
        )
        for one in monitoring.missed_releases(fresh)
    ]


def _drifting(drift: Sequence[Alert]) -> tuple[tuple[str, str], ...]:
    """Of each sector with drift, its own or of one of its series, the latest month."""
    found: dict[str, str] = {}
    for one in drift:
        key = one.about.get("sector") or one.about["series"].split(".", maxsplit=1)[0]
        found[key] = max(found.get(key, ""), str(one.evidence["until"]))
    return tuple(sorted(found.items()))
