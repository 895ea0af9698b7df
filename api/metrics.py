"""Figures for Prometheus: of this process since its start, and of what it serves now.

Several worker processes each count their own requests: a scrape then reads one of them. `sectorcast serve` runs one.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.served import ServedVintages
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.errors import ForecasterError

KEPT = 1000  # labels at hand: routes, methods and states are few
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

Counted = Callable[[], dict[str, int]]
"""Jobs by state, or open alerts by kind. Raises a ForecasterError where they can't be read."""


class Metrics:
    """The figures of one application.

    Args:
        vintages: what is served.
        jobs: counts jobs by state.
        alerts: counts open alerts by kind.
        clock: tells the time.
    """

    def __init__(
        self, *, vintages: ServedVintages, jobs: Counted, alerts: Counted, clock: Callable[[], datetime]
    ) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Served(vintages, clock=clock))
        self.registry.register(_Jobs(jobs))
        self.registry.register(_Alerts(alerts))
        labels = ("route", "method", "status")
        self._requests = Counter(
            "sectorcast_requests", "Requests answered, by route template", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "sectorcast_request_seconds",
            "Seconds from a request's head to the end of its answer",
            labels[:2],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._labelled = lru_cache(maxsize=KEPT)(self._find)

    def count(self, *, route: str, method: str, status: int, seconds: float, trace_id: str | None) -> None:
        """Count a request that was answered; its trace, if somebody keeps it, is an example of its time."""
        requests, times = self._labelled(route, method, status)
        requests.inc()
        times.observe(seconds, {"trace_id": trace_id} if trace_id else None)

    def _find(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        """What counts the requests of some labels; prometheus_client looks for them as long as a look-up takes."""
        return self._requests.labels(route, method, str(status)), self._seconds.labels(route, method)


class _Served(Collector):
    """Of the vintage in service: how old, how fresh its figures."""

    def __init__(self, vintages: ServedVintages, *, clock: Callable[[], datetime]) -> None:
        self._vintages, self._clock = vintages, clock

    def describe(self) -> Iterator[Any]:
        """Nothing in advance: it depends on what is served."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures now."""
        try:
            vintage = self._vintages.current()
        except ForecasterError:
            yield GaugeMetricFamily("sectorcast_vintage_served", "1 where a vintage is in service", value=0)
            return
        yield GaugeMetricFamily("sectorcast_vintage_served", "1 where a vintage is in service", value=1)
        now = self._clock()
        yield GaugeMetricFamily(
            "sectorcast_vintage_age_seconds",
            "Seconds since the vintage in service was issued",
            value=(now - vintage.issue.issued_at).total_seconds(),
        )
        yield from _freshness(vintage, now=now)


def _freshness(vintage: OpenVintage, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    released = GaugeMetricFamily(
        "sectorcast_release_age_seconds", "Seconds since the last release of a sector that is served", labels=["sector"]
    )
    stale = GaugeMetricFamily("sectorcast_stale_series", "Series whose next figure is overdue", labels=["sector"])
    for (sector,), rows in vintage.series.group_by("sector", maintain_order=True):
        stale.add_metric([str(sector)], int(rows["stale"].sum()))
        last = rows["last_release"].max()
        if isinstance(last, datetime):
            aware = last if last.tzinfo else last.replace(tzinfo=UTC)
            released.add_metric([str(sector)], (now - aware).total_seconds())
    yield released
    yield stale


class _Jobs(Collector):
    """Of the jobs database."""

    def __init__(self, jobs: Counted) -> None:
        self._jobs = jobs

    def describe(self) -> Iterator[Any]:
        """Nothing in advance: it depends on what there is."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures now; `sectorcast_jobs_reachable` is 0 where there are none to read."""
        try:
            counted = self._jobs()
        except ForecasterError:
            yield GaugeMetricFamily("sectorcast_jobs_reachable", "1 where the jobs database answers", value=0)
            return
        yield GaugeMetricFamily("sectorcast_jobs_reachable", "1 where the jobs database answers", value=1)
        family = GaugeMetricFamily("sectorcast_jobs", "The latest 500 jobs by state", labels=["state"])
        for state, count in counted.items():
            family.add_metric([state], count)
        yield family


class _Alerts(Collector):
    """Of the database of alerts."""

    def __init__(self, alerts: Counted) -> None:
        self._alerts = alerts

    def describe(self) -> Iterator[Any]:
        """Nothing in advance: it depends on what there is."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures now; `sectorcast_alerts_reachable` is 0 where there are none to read."""
        reachable = GaugeMetricFamily("sectorcast_alerts_reachable", "1 where the database of alerts answers")
        try:
            counted = self._alerts()
        except ForecasterError:
            reachable.add_metric([], 0)
            yield reachable
            return
        reachable.add_metric([], 1)
        yield reachable
        family = GaugeMetricFamily("sectorcast_alerts_open", "Open alerts by kind", labels=["kind"])
        for kind, count in counted.items():
            family.add_metric([kind], count)
        yield family
