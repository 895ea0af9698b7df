import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import (
    BadParameter,
    BrokenVintage,
    HorizonTooLong,
    NoForecast,
    NothingPublished,
    NoVintageThen,
    PlaceUnusable,
    UnknownSeries,
)
from forecaster.domain.errors import UnknownVintage as NoSuchVintage
from forecaster.domain.history import ROLLED_BACK, Cause
from tests.vintages import EV, LFP, THIN, WHY_THIN, issue, tiny_vintage, went_into_service

FIRST, SECOND = "2026-08-16T02-00-00Z-aaaa", "2026-09-16T02-00-00Z-bbbb"


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    return PublishedVintages(tmp_path / "vintages")


def damage(store: PublishedVintages, *, vintage_id: str, name: str) -> None:
    """Flip one byte of a file; its size stays."""
    path = store.root / vintage_id / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.unlink()  # it is read-only
    path.write_bytes(content)


def alter(file: Path) -> None:
    """Flip one byte in place, its times set back."""
    before = file.stat()
    file.chmod(0o644)
    with file.open("r+b") as opened:
        opened.seek(before.st_size // 2)
        byte = opened.read(1)
        opened.seek(before.st_size // 2)
        opened.write(bytes([byte[0] ^ 0xFF]))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def shorten(file: Path) -> None:
    """Leave the first half of a file, in place."""
    file.chmod(0o644)
    os.truncate(file, file.stat().st_size // 2)


def test_a_fresh_store_has_nothing_in_service(store: PublishedVintages) -> None:
    assert store.whole_in_service() is None
    assert store.issues() == []
    with pytest.raises(NothingPublished):
        store.current()


def test_what_is_published_is_read_back_whole(store: PublishedVintages) -> None:
    vintage = tiny_vintage()

    store.publish(vintage)

    opened = store.current()
    assert opened.issue == vintage.issue
    assert opened.series.equals(vintage.series)
    whole = store.whole_in_service()
    assert whole is not None
    assert whole.issue == vintage.issue
    for name, frame in vintage.frames().items():
        assert getattr(whole, name).equals(frame)


def test_forecasts_are_read_in_place_as_they_were_given(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    store.publish(vintage)
    opened = store.current()

    points = opened.points(opened.find(EV), horizon=3)

    given = vintage.forecasts.filter(series_id=EV).head(3)
    for name, column in points.items():
        assert column == given[name].to_physical().to_list()


def test_the_history_of_a_series_is_its_panel(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    store.publish(vintage)
    opened = store.current()

    history = opened.history(opened.find(LFP))

    assert history.equals(vintage.panel.filter(unique_id=LFP).select("ds", "y", "obtained"))


def test_an_unknown_series_is_named_with_the_nearest(store: PublishedVintages) -> None:
    store.publish(tiny_vintage())

    with pytest.raises(UnknownSeries) as caught:
        store.current().find("ev.prodction.CN")

    assert caught.value.nearest == (EV,)


def test_a_series_without_forecast_says_why(store: PublishedVintages) -> None:
    store.publish(tiny_vintage())
    opened = store.current()

    with pytest.raises(NoForecast) as caught:
        opened.points(opened.find(THIN))

    assert caught.value.reason == WHY_THIN


@pytest.mark.parametrize("horizon", [0, 25])
def test_a_horizon_that_is_not_stored_is_refused(store: PublishedVintages, horizon: int) -> None:
    store.publish(tiny_vintage())
    opened = store.current()

    with pytest.raises(HorizonTooLong):
        opened.points(opened.find(EV), horizon=horizon)


def test_series_are_chosen_by_column_word_and_place(store: PublishedVintages) -> None:
    store.publish(tiny_vintage())
    opened = store.current()

    def ids(**chosen: object) -> list[str]:
        return [row["series_id"] for row in opened.select(**{"equal": {}, "limit": 9, **chosen})]  # type: ignore[arg-type]  # the parameters of select

    assert ids() == [LFP, EV, THIN]
    assert ids(limit=1) == [LFP]
    assert ids(after=LFP) == [EV, THIN]
    assert ids(equal={"sector": "ev"}) == [EV]
    assert ids(words="VEHICLE output") == [EV]
    assert ids(words="光伏") == [THIN]
    assert ids(words="a[") == []


def test_a_new_vintage_is_taken_up_without_opening_the_store_again(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    before = store.current()

    PublishedVintages(store.root).publish(tiny_vintage(SECOND, level=2_000_000.0))

    after = store.current()
    assert (before.issue.vintage_id, after.issue.vintage_id) == (FIRST, SECOND)
    assert before.points(before.find(EV), horizon=1)["mean"] == [1_515_000.0]
    assert after.points(after.find(EV), horizon=1)["mean"] == [2_020_000.0]


def test_older_vintages_stay_readable_and_what_came_last_is_listed_first(store: PublishedVintages) -> None:
    first, second = tiny_vintage(FIRST), tiny_vintage(SECOND)
    store.publish(second)
    store.publish(first)

    assert store.issues() == [first.issue, second.issue]
    assert store.find(SECOND).issue == second.issue
    assert store.current().issue == first.issue


@pytest.mark.parametrize("vintage_id", ["2020-01-01T00-00-00Z-0000", "..", "CURRENT", "../vintages", ".writing-x"])
def test_an_id_that_was_never_published_is_unknown(store: PublishedVintages, vintage_id: str) -> None:
    store.publish(tiny_vintage())

    with pytest.raises(NoSuchVintage):
        store.find(vintage_id)


@pytest.mark.parametrize("name", ["forecasts.arrow", "series.arrow", "panel.arrow", "scores.arrow", "manifest.json"])
def test_a_damaged_vintage_is_refused_and_the_previous_one_served_on(
    store: PublishedVintages, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.publish(tiny_vintage(FIRST))
    store.current()
    PublishedVintages(store.root).publish(tiny_vintage(SECOND))
    damage(store, vintage_id=SECOND, name=name)

    served = store.current()

    assert served.issue.vintage_id == FIRST
    assert SECOND in caplog.text


def test_a_damaged_vintage_is_an_error_where_none_is_open(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    damage(store, vintage_id=FIRST, name="forecasts.arrow")

    for _ in range(2):
        with pytest.raises(BrokenVintage, match="checksum"):
            store.current()


@pytest.mark.parametrize("name", ["forecasts.arrow", "panel.arrow", "manifest.json"])
def test_a_fresh_start_on_a_damaged_vintage_serves_the_latest_sound_one(store: PublishedVintages, name: str) -> None:
    for vintage_id in ("v1", "v2", "v3"):
        store.publish(tiny_vintage(vintage_id))
    damage(store, vintage_id="v3", name=name)
    damage(store, vintage_id="v2", name="ranks.arrow")
    opened = PublishedVintages(store.root)

    served, broken = opened.current(), opened.broken()

    assert served.issue.vintage_id == "v1"
    assert broken is not None
    assert broken.vintage_id == "v3"
    assert opened.unmoved() is served


def test_what_a_hand_rolled_back_from_is_not_served_again(store: PublishedVintages) -> None:
    for vintage_id in ("v1", "v2", "v3"):
        store.publish(tiny_vintage(vintage_id))
    KeptVintages(store).serve("v2", cause=Cause(ROLLED_BACK, "wrong unit", "ana"))
    damage(store, vintage_id="v2", name="forecasts.arrow")

    assert store.current().issue.vintage_id == "v1"


@pytest.mark.parametrize("name", ["forecasts.arrow", "panel.arrow"])
@pytest.mark.parametrize("how", [shorten, alter])
def test_a_file_that_is_altered_while_it_is_served_is_refused(
    store: PublishedVintages, name: str, how: Callable[[Path], None]
) -> None:
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND, level=7.0))
    serving = store.current()
    how(store.root / SECOND / name)

    served = store.current()

    assert (serving.issue.vintage_id, served.issue.vintage_id) == (SECOND, FIRST)
    assert served.points(served.find(EV), horizon=1)["mean"] == [1_515_000.0]
    with pytest.raises(BrokenVintage, match=name):
        store.find(SECOND)


def test_a_file_that_was_touched_and_is_sound_is_served_on(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    store.current()
    os.link(store.root / FIRST / "panel.arrow", store.root / "kept-elsewhere")  # as backups do

    assert store.current().issue.vintage_id == FIRST
    assert store.broken() is None


def test_a_vintage_that_is_mended_is_served_again(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND))
    file = store.root / SECOND / "forecasts.arrow"
    whole = file.read_bytes()
    damage(store, vintage_id=SECOND, name=file.name)
    while_broken = store.current().issue.vintage_id

    file.write_bytes(whole)

    assert (while_broken, store.current().issue.vintage_id) == (FIRST, SECOND)
    assert store.broken() is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"v2\n{"])
def test_a_damaged_pointer_stops_nobody(store: PublishedVintages, content: bytes) -> None:
    store.publish(tiny_vintage("v1"))
    store.publish(tiny_vintage("v2"))
    (store.root / "CURRENT").write_bytes(content)

    assert store.current().issue.vintage_id == "v2"
    store.publish(tiny_vintage("v3"))
    assert (store.current().issue.vintage_id, store.broken()) == ("v3", None)


def test_a_missing_file_and_another_schema_version_are_refused(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND))
    (store.root / FIRST / "panel.arrow").unlink()
    manifest = store.root / SECOND / "manifest.json"
    changed = orjson.dumps({**orjson.loads(manifest.read_bytes()), "schema_version": 99})
    manifest.unlink()  # it is read-only
    manifest.write_bytes(changed)

    with pytest.raises(BrokenVintage, match=r"panel\.arrow is missing"):
        store.find(FIRST)
    with pytest.raises(BrokenVintage, match="99"):
        store.find(SECOND)


def test_a_manifest_that_tells_another_story_is_refused(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    manifest = store.root / FIRST / "manifest.json"
    content = manifest.read_bytes()
    manifest.unlink()  # it is read-only
    manifest.write_bytes(content.replace(b"2026-09-15T02:00:00", b"2026-09-25T02:00:00"))

    with pytest.raises(BrokenVintage, match=r"manifest\.json is not what was written"):
        store.find(FIRST)


def test_a_manifest_from_before_it_had_a_checksum_is_taken(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    manifest = store.root / FIRST / "manifest.json"
    content = orjson.loads(manifest.read_bytes())
    del content["manifest_sha256"]
    manifest.unlink()  # it is read-only
    manifest.write_bytes(orjson.dumps(content))

    assert store.current().issue == tiny_vintage(FIRST).issue


def test_a_pointer_to_nothing_is_an_error_not_a_crash(store: PublishedVintages) -> None:
    store.root.mkdir()
    (store.root / "CURRENT").write_text("never-written\n")

    with pytest.raises(BrokenVintage):
        store.current()


def test_every_file_of_a_vintage_is_read_only(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))

    modes = {file.name: file.stat().st_mode & 0o777 for file in (store.root / FIRST).iterdir()}

    assert len(modes) == 8
    assert set(modes.values()) == {0o444}


def test_a_publication_killed_half_way_changes_nothing(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    half = store.root / ".writing-killed"
    half.mkdir()
    (half / "forecasts.arrow").write_bytes(b"ARROW1")

    assert store.current().issue.vintage_id == FIRST
    assert [issue.vintage_id for issue in store.issues()] == [FIRST]


def test_what_a_killed_writer_left_is_removed_by_the_next_publication(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    (store.root / ".writing-killed").mkdir()
    (store.root / ".writing-killed" / "forecasts.arrow").write_bytes(b"ARROW1")
    (store.root / ".CURRENT-1").write_text(SECOND)

    store.publish(tiny_vintage(SECOND))

    assert [path for path in store.root.glob(".*") if path.name != ".lock"] == []


def test_a_folder_that_can_not_be_put_in_place_is_told_for_what_it_is(store: PublishedVintages) -> None:
    store.root.mkdir()
    (store.root / FIRST).write_text("a file in the way")

    with pytest.raises(PlaceUnusable, match="Not a directory"):
        store.publish(tiny_vintage(FIRST))

    assert store.whole_in_service() is None


def test_publishing_the_same_vintage_again_puts_it_in_service_again(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND))

    store.publish(tiny_vintage(FIRST))

    assert store.current().issue.vintage_id == FIRST
    assert sorted(os.listdir(store.root)) == [".lock", FIRST, SECOND, "CURRENT", "HISTORY"]  # noqa: PTH208  # names are what is compared


def test_a_published_vintage_is_never_altered(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))

    with pytest.raises(BrokenVintage, match="none is altered"):
        store.publish(tiny_vintage(FIRST, level=2.0))

    opened = store.current()
    assert opened.points(opened.find(EV), horizon=1)["mean"] == [1_515_000.0]


def test_a_vintage_that_breaks_a_rule_is_not_written(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    wrong = replace(vintage, forecasts=vintage.forecasts.with_columns(mean=pl.lit(float("nan"))))

    with pytest.raises(BrokenVintage, match="NaN"):
        store.publish(wrong)

    assert not store.root.exists()


def test_an_id_that_is_no_folder_name_is_refused(store: PublishedVintages) -> None:
    with pytest.raises(BrokenVintage, match="id"):
        store.publish(tiny_vintage("../elsewhere"))


def test_sums_are_made_of_the_months_known_and_the_months_forecast(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    store.publish(vintage)
    opened = store.current()

    sums = opened.points(opened.find(EV), horizon=5, basis="ytd")

    this_year = (pl.col("unique_id") == EV) & (pl.col("ds").dt.year() == 2026)
    published = vintage.panel.filter(this_year)["y"].sum()
    months = vintage.forecasts.filter(series_id=EV).head(5)
    assert sums["mean"][:4] == pytest.approx([published + one for one in months["mean"].head(4).cum_sum()])
    assert sums["q90"][:4] == pytest.approx([published + one for one in months["q90"].head(4).cum_sum()])
    assert (sums["mean"][4], sums["q90"][4]) == pytest.approx((months["mean"][4], months["q90"][4]))
    assert (sums["step"], set(sums["includes_estimated"])) == ([1, 2, 3, 4, 5], {False})


def test_a_level_has_no_sums(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    store.publish(replace(vintage, series=vintage.series.with_columns(kind=pl.lit("stock"))))
    opened = store.current()

    with pytest.raises(BadParameter, match="a stock"):
        opened.points(opened.find(EV), basis="jan-feb")


def test_reports_are_read_of_the_series_asked_for(store: PublishedVintages) -> None:
    vintage = tiny_vintage()
    store.publish(vintage)
    opened = store.current()

    assert opened.reports([EV]).equals(vintage.reports)
    assert opened.reports([LFP]).is_empty()
    assert opened.reports([]).is_empty()


def test_the_last_months_of_a_panel_are_read_alone(store: PublishedVintages) -> None:
    store.publish(tiny_vintage())
    opened = store.current()
    row = opened.find(EV)

    assert opened.months(row, last=2) == opened.months(row)[-2:]
    assert len(opened.months(opened.find(THIN), last=11)) == 3


def test_the_vintage_of_an_instant_is_the_one_that_was_in_service_then(store: PublishedVintages) -> None:
    at, day = tiny_vintage().issue.issued_at, timedelta(days=1)
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND))
    went_into_service(store.root, (at, FIRST), (at + day, SECOND), (at + 2 * day, FIRST), (at + 3 * day, SECOND))

    found = [store.in_service_at(at + days * day).issue.vintage_id for days in (0, 0.9, 1, 2, 2.9, 3, 9)]

    assert found == [FIRST, FIRST, SECOND, FIRST, FIRST, SECOND, SECOND]
    with pytest.raises(NoVintageThen, match="the oldest kept went into service 2026-09-16"):
        store.in_service_at(at - timedelta(seconds=1))


def test_each_move_of_the_pointer_is_written_down_once_and_read_back(store: PublishedVintages) -> None:
    for vintage_id in (FIRST, SECOND, SECOND, FIRST):
        store.publish(tiny_vintage(vintage_id))

    lines = [orjson.loads(line) for line in (store.root / "HISTORY").read_text().splitlines()]

    assert [line["vintage_id"] for line in lines] == [FIRST, SECOND, FIRST]
    instants = [datetime.fromisoformat(line["at"]) for line in lines]
    assert store.in_service_at(instants[1]).issue.vintage_id == SECOND
    assert store.in_service_at(instants[2]).issue.vintage_id == FIRST


def test_a_move_that_a_killed_writer_did_not_write_down_is_told_from_the_pointer(store: PublishedVintages) -> None:
    store.publish(tiny_vintage(FIRST))
    store.publish(tiny_vintage(SECOND))
    history = store.root / "HISTORY"
    whole = history.read_text()
    history.write_text(whole.splitlines(keepends=True)[0])
    at = datetime.fromisoformat(orjson.loads(whole.splitlines()[1])["at"])

    assert store.in_service_at(at).issue.vintage_id == SECOND
    store.publish(tiny_vintage(SECOND))
    assert history.read_text() == whole


def test_vintages_from_before_moves_were_written_down_count_from_their_issue(store: PublishedVintages) -> None:
    old, at = timedelta(days=3000), tiny_vintage().issue.issued_at
    for vintage_id, issued_at in ((FIRST, at - old), (SECOND, at - old / 2)):
        store.publish(replace(tiny_vintage(), issue=replace(issue(vintage_id), issued_at=issued_at)))
    (store.root / "HISTORY").unlink()

    assert store.in_service_at(at - old).issue.vintage_id == FIRST
    assert store.in_service_at(datetime.now(UTC)).issue.vintage_id == SECOND  # noqa: TID251  # the pointer's file is of now
    with pytest.raises(NoVintageThen):
        store.in_service_at(at - old - timedelta(seconds=1))


def test_a_vintage_that_never_went_into_service_is_never_found_there(store: PublishedVintages) -> None:
    at, day = tiny_vintage().issue.issued_at, timedelta(days=1)
    store.publish(replace(tiny_vintage(), issue=replace(issue(SECOND), issued_at=at + day)))
    store.publish(tiny_vintage(FIRST))
    went_into_service(store.root, (at, FIRST))

    assert store.in_service_at(at + 2 * day).issue.vintage_id == FIRST


def test_a_vintage_that_is_no_longer_kept_is_named(store: PublishedVintages) -> None:
    at = tiny_vintage().issue.issued_at
    store.publish(tiny_vintage(SECOND))
    went_into_service(store.root, (at, FIRST), (at + timedelta(days=1), SECOND))

    with pytest.raises(NoVintageThen, match=f"{FIRST}, is no longer kept"):
        store.in_service_at(at)


def test_a_line_of_the_history_that_can_not_be_read_is_passed_over(store: PublishedVintages) -> None:
    at = tiny_vintage().issue.issued_at
    store.publish(tiny_vintage(FIRST))
    (store.root / "HISTORY").write_text(f"yesterday {SECOND}\n2020-01-01 {SECOND}\n{at.isoformat()} {FIRST}\n")

    assert store.in_service_at(at).issue.vintage_id == FIRST


def test_where_no_vintage_is_kept_none_was_in_service(store: PublishedVintages) -> None:
    with pytest.raises(NoVintageThen, match="none is kept"):
        store.in_service_at(tiny_vintage().issue.issued_at)


def test_a_vintage_that_never_was_in_service_can_be_removed_and_no_other(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    for vintage_id in ("v1", "v2", "v3"):
        store.publish(tiny_vintage(vintage_id))
    first = datetime(2026, 9, 16, tzinfo=UTC)  # before any of them was issued
    went_into_service(tmp_path, (first, "v1"), (first, "v3"))  # as if v2 had been kept without serving

    store.remove("v2")

    assert store.ever_in_service() == {"v1", "v3"}
    assert {issue.vintage_id for issue in store.issues()} == {"v1", "v3"}
    for vintage_id in ("v1", "v3"):
        with pytest.raises(BadParameter, match="was in service"):
            store.remove(vintage_id)
    with pytest.raises(NoSuchVintage):
        store.remove("v2")
