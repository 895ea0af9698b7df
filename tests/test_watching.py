"""What figures and forecasts give to hear of."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.alert_store import AlertStore
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.alerts import ACCURACY_DRIFT, COVERAGE, RELEASE_OVERDUE, Raised, Wanted
from forecaster.domain.drift_alerts import drift_alerts
from forecaster.domain.realised import FIGURES
from forecaster.watching import Looked, known_now, watch
from tests.alerts import NOW
from tests.catalogues import catalogue
from tests.domain.test_drift import FAR, figure, judge
from tests.looking_back import monthly
from tests.reports import report, reports
from tests.vintages import EV, months, stored, tiny_vintage

SEPTEMBER = datetime(2026, 9, 20, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 20, tzinfo=UTC)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[AlertStore]:
    opened = AlertStore(f"sqlite:///{tmp_path / 'alerts.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    found = PublishedVintages(tmp_path / "vintages")
    found.publish(tiny_vintage())
    return found


def look(alerts: AlertStore, store: PublishedVintages, *came: dict[str, object], now: datetime = DECEMBER) -> Looked:
    current = store.current()
    held = current.reports(current.series["series_id"].to_list())
    every = pl.concat([held, stored(reports(*came))]) if came else held
    known = known_now(current, reports=every, catalogue=catalogue())
    return watch(alerts, known=known, published=store.opened(store.published()), catalogue=catalogue(), now=now)


def unended(alerts: AlertStore, kind: str) -> list[Raised]:
    return alerts.alerts(Wanted(kind=kind, is_open=True))


def month(text: str, value: float) -> dict[str, object]:
    return report(EV, text, text, value, released=f"{text}-28")


def test_what_is_overdue_is_an_alert_a_source_until_it_comes(alerts: AlertStore, store: PublishedVintages) -> None:
    early = look(alerts, store, now=SEPTEMBER)
    first, again = look(alerts, store), look(alerts, store)
    about = [one.alert.about for one in unended(alerts, RELEASE_OVERDUE)]
    came = [month(text, 1_500_000.0) for text in ("2026-09", "2026-10", "2026-11")]

    look(alerts, store, *came)

    assert (len(early.raised), len(again.raised)) == (0, 0)
    assert {one.kind for one in first.raised} == {RELEASE_OVERDUE}
    assert about == [{"source": "nbs"}]
    assert [one.alert.evidence["series"] for one in unended(alerts, RELEASE_OVERDUE)] == [2]


def test_coverage_of_what_came_since_the_run_is_kept_for_the_status(
    alerts: AlertStore, store: PublishedVintages
) -> None:
    look(alerts, store, month("2026-09", 1_515_000.0), month("2026-10", 9_000_000.0))

    told = alerts.noted(COVERAGE)
    assert told is not None
    assert [(one["sector"], one["level"], one["windows"], one["outside"]) for one in told["sectors"]] == [
        ("ev", 80, 1, 0.5),
        ("ev", 95, 1, 0.5),
    ]


def test_forecasts_that_miss_month_after_month_are_drift_with_the_figures_that_prove_it(
    alerts: AlertStore, tmp_path: Path
) -> None:
    store = PublishedVintages(tmp_path / "vintages")
    for vintage in monthly(6):
        store.publish(vintage)
    came = [month(f"{at:%Y-%m}", 3_000_000.0) for at in months(date(2026, 9, 1), 6)]

    looked = look(alerts, store, *came, now=datetime(2027, 3, 1, tzinfo=UTC))

    drift = [one for one in looked.raised if one.kind == ACCURACY_DRIFT]
    assert [one.about for one in drift] == [{"sector": "ev"}, {"series": EV}]
    assert looked.drifting == (("ev", "2027-02"),)
    assert "100% of the figures of 6 windows lay outside the 80 % interval" in drift[0].text
    evidence = drift[0].evidence
    assert (evidence["latest"][-1]["value"], evidence["latest"][-1]["horizon"], evidence["mase_backtest"]) == (
        3_000_000.0,
        1,
        0.71,
    )


def test_a_sector_and_its_series_are_told_of_each_with_all_levels_in_one() -> None:
    rows = [figure(EV, at=at, step=1, y=FAR) for at in range(10, 18)]
    promised = pl.DataFrame({"unique_id": [EV], "mase": [0.7]})

    found = drift_alerts(judge(*rows), figures=pl.DataFrame(rows, schema=FIGURES), promised=promised, now=NOW)

    assert [(one.about, [level["level"] for level in one.evidence["levels"]]) for one in found] == [
        ({"sector": "ev"}, [80, 95]),
        ({"series": EV}, [80, 95]),
    ]
