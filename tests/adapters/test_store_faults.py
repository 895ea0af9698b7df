"""The report store with real processes: killed in the midst of releases, and two that write at once."""

import random
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.domain.conventions import build_panel
from tests.adapters.ingesting import SIZE, Ingesting
from tests.catalogues import catalogue
from tests.reports import report, reports

pytestmark = pytest.mark.long

KILLS = 50
LATER = datetime(2027, 1, 1, tzinfo=UTC)
EV = "ev.production.CN"


def test_a_writer_killed_at_any_moment_leaves_whole_releases_and_all_that_it_acknowledged(tmp_path: Path) -> None:
    address = str(tmp_path / "reports")
    moments = random.Random(3)
    told: list[str] = []

    with ExitStack() as held:
        waiting = held.enter_context(Ingesting(address, name="0", count=1000))
        for number in range(1, KILLS + 1):
            writer, waiting = waiting, held.enter_context(Ingesting(address, name=str(number), count=1000))
            writer.begin()
            told += writer.acknowledged(count=moments.randrange(3))
            time.sleep(moments.uniform(0.0, 0.3))  # within the next release, or the one after it
            writer.process.kill()
            told += writer.acknowledged()

    found = DeltaReports(address).read(as_of=LATER)
    stored = dict(found.group_by("release_id").len().iter_rows())
    assert set(stored.values()) == {SIZE}
    assert set(told) <= set(stored)
    assert found["report_id"].n_unique() == found.height
    # Between nothing and everything: else nobody was killed in the midst of anything.
    assert 0 < len(told) < len(stored) + KILLS


def test_two_writers_of_twenty_releases_each_store_all_of_them_once(tmp_path: Path) -> None:
    address = str(tmp_path / "reports")

    with ExitStack() as held:
        both = [held.enter_context(Ingesting(address, name=name, count=20)) for name in ("first", "second")]
        for writer in both:
            writer.begin()
        told = [set(writer.acknowledged()) for writer in both]
        codes = [writer.process.exitcode for writer in both]

    found = DeltaReports(address).read(as_of=LATER)
    assert codes == [0, 0]
    assert [len(ids) for ids in told] == [20, 20]
    assert set(found["release_id"]) == told[0] | told[1]
    assert found.height == found["report_id"].n_unique() == 40 * SIZE


REPORTS = (
    report(EV, "2024-01", "2024-02", 120.0, released="2024-03-16"),
    report(EV, "2024-03", "2024-03", 70.0, released="2024-04-16"),
    report(EV, "2024-01", "2024-04", 270.0, released="2024-05-16"),
    report(EV, "2024-03", "2024-03", 75.0, released="2024-06-16"),
)


@pytest.mark.parametrize("day", ["2024-04-20", "2024-05-20", "2024-06-20"])
def test_the_panel_of_an_instant_is_that_of_ingesting_only_what_was_released_by_then(tmp_path: Path, day: str) -> None:
    instant = datetime.fromisoformat(day).replace(tzinfo=UTC)
    everything, by_then = DeltaReports(str(tmp_path / "all")), DeltaReports(str(tmp_path / "then"))
    everything.append(reports(*REPORTS), ingested_at=LATER)
    by_then.append(reports(*(one for one in REPORTS if one["released_at"] <= instant)), ingested_at=LATER)  # type: ignore[operator]  # an instant

    looked_back = build_panel(everything.read(as_of=instant), catalogue=catalogue())

    lived = build_panel(by_then.read(as_of=LATER), catalogue=catalogue())
    assert looked_back.panel.equals(lived.panel)
    assert looked_back.contradictions.equals(lived.contradictions)


def test_panels_of_three_instants_differ(tmp_path: Path) -> None:
    store = DeltaReports(str(tmp_path / "reports"))
    store.append(reports(*REPORTS), ingested_at=LATER)

    instants = [datetime(2024, month, 20, tzinfo=UTC) for month in (4, 5, 6)]
    panels = [build_panel(store.read(as_of=at), catalogue=catalogue()).panel for at in instants]

    assert [dict(panel.select("ds", "y").iter_rows()).get(date(2024, 3, 1)) for panel in panels] == [70.0, 70.0, 75.0]
    assert [panel.height for panel in panels] == [3, 4, 4]
