"""Taking releases in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.domain.errors import RefusedRelease
from forecaster.releases import MOST_PROBLEMS, Release, Taken, sound, take_in
from tests.catalogues import catalogue
from tests.submissions import NOW, row, rows


@pytest.fixture
def store(tmp_path: Path) -> DeltaReports:
    return DeltaReports(str(tmp_path / "reports"))


def take(store: DeltaReports, *given: dict[str, str | None], dry_run: bool = False) -> Taken:
    release = sound(Release("figures.csv", [rows(*given)]), catalogue=catalogue(), now=NOW)
    return take_in(release, store=store, catalogue=catalogue(), now=NOW, dry_run=dry_run)


def counts(taken: Taken) -> tuple[int, int, int, int]:
    return taken.new, taken.revised, taken.repeated, taken.further


def test_taking_a_release_in_twice_changes_nothing(store: DeltaReports) -> None:
    july = row(period_start="2026-07", period_end="2026-07", value="1300000", growth="12")
    first = take(store, row(), july)
    before = store.version()

    again = take(store, row(), july)

    assert counts(first) == (3, 0, 0, 0)
    assert counts(again) == (0, 0, 3, 0)
    assert store.version() == before


def test_a_release_is_news_of_the_sectors_it_changes_and_again_when_it_is_repeated(store: DeltaReports) -> None:
    first = take(store, row())

    again = take(store, row())
    partly = take(store, row(), row(value="1410000", released_at="2026-09-18"))

    assert [(one.release_id, one.at, one.sectors) for one in first.news] == [(first.release_id, NOW, ("ev",))]
    assert again.news == first.news
    assert [one.release_id for one in partly.news] == [first.release_id, partly.release_id]


def test_a_revision_is_a_further_report_and_the_old_one_stays(store: DeltaReports) -> None:
    take(store, row())

    taken = take(store, row(value="1410000", released_at="2026-09-18"), row(url="https://club.example"))

    assert counts(taken) == (0, 1, 0, 1)
    assert sorted(store.read(as_of=NOW)["value"]) == [1_409_000, 1_409_000, 1_410_000]


def test_a_dry_run_counts_and_stores_nothing(store: DeltaReports) -> None:
    taken = take(store, row(), dry_run=True)

    assert counts(taken) == (1, 0, 0, 0)
    changes = taken.files[0].changes
    assert changes is not None
    assert changes.select("line", "what", "value").rows() == [(2, "new", 1_409_000.0)]
    assert store.read(as_of=NOW).is_empty()


def test_one_line_in_error_keeps_the_whole_release_out(store: DeltaReports) -> None:
    with pytest.raises(RefusedRelease, match=r"nothing was stored\.\n  line 3, value: x is no") as caught:
        take(store, row(), row(value="x"))

    assert caught.value.file == "figures.csv"
    assert store.version() == "empty"


def test_source_and_date_said_beside_a_file_hold_for_rows_that_name_none(store: DeltaReports) -> None:
    bare = row(released_at=None)
    named = row(series_id="ev.production.CN@club", released_at="2026-09-10")
    other = row(source="nbs", released_at="2026-09-11")
    release = Release("figures.csv", [rows(bare, named, other)], source="Club", released="2026-09-12")

    take_in(sound(release, catalogue=catalogue(), now=NOW), store=store, catalogue=catalogue(), now=NOW)

    found = store.read(as_of=NOW).sort("released_at")
    assert found["series_id"].to_list() == ["ev.production.CN@club", "ev.production.CN", "ev.production.CN@club"]
    assert found["released_at"].to_list() == [datetime(2026, 9, day, 23, 59, 59, tzinfo=UTC) for day in (10, 11, 12)]
    assert not found["released_assumed"].any()


def test_doubtful_figures_are_stored_and_told_with_their_lines(store: DeltaReports) -> None:
    july = row(period_start="2026-07", period_end="2026-07", value="1300000")
    take(store, july)

    taken = take(store, row(value="140"))

    assert [(warning.line, warning.column) for warning in taken.files[0].warnings] == [(2, "unit")]
    assert taken.doubtful == taken.new == 1


def test_parts_of_a_file_are_one_release_and_one_line_in_error_keeps_all_of_them_out(store: DeltaReports) -> None:
    july = rows(row(period_start="2026-07", period_end="2026-07"))
    whole = Release("figures.csv", [july, rows(row())])
    broken = Release("figures.csv", [july, rows(row(unit="x")), rows(row(value="x"))])

    with pytest.raises(RefusedRelease) as caught:
        sound(broken, catalogue=catalogue(), now=NOW)
    taken = take_in(sound(whole, catalogue=catalogue(), now=NOW), store=store, catalogue=catalogue(), now=NOW)

    assert [problem.column for problem in caught.value.problems] == ["unit", "value"]
    assert taken.new == 2
    assert store.read(as_of=NOW)["release_id"].n_unique() == 1


def test_a_file_that_is_wrong_throughout_is_read_no_further_than_needed() -> None:
    read = []

    def parts() -> Iterator[pl.DataFrame]:
        for number in range(3):
            read.append(number)
            yield rows(*[row(value="x")] * MOST_PROBLEMS)

    with pytest.raises(RefusedRelease) as caught:
        sound(Release("figures.csv", parts()), catalogue=catalogue(), now=NOW)

    assert read == [0]
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert "read no further" in caught.value.problems[-1].what


def test_a_later_file_is_compared_with_those_before_it_and_all_are_one_release(store: DeltaReports) -> None:
    first, second = (
        sound(Release(name, [rows(row(value=value, released_at=day))]), catalogue=catalogue(), now=NOW)
        for name, value, day in (("first", "1409000", "2026-09-15"), ("second", "1410000", "2026-09-18"))
    )

    dry = take_in(first, second, store=store, catalogue=catalogue(), now=NOW, dry_run=True)
    taken = take_in(first, second, store=store, catalogue=catalogue(), now=NOW)

    assert counts(taken) == counts(dry) == (1, 0, 0, 1)
    changes = [one.changes.select("what", "was").rows() for one in dry.files if one.changes is not None]
    assert changes == [[("new", None)], [("revised", 1_409_000.0)]]
    assert store.read(as_of=NOW)["release_id"].to_list() == [taken.release_id] * 2
