"""The report store on a real Delta table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from forecaster.adapters.delta_reports import WRITER, DeltaReports
from forecaster.domain.errors import PlaceUnusable, StoreConflict, StoreVersionGone
from forecaster.domain.reports import STORED
from tests.reports import report, reports

EV = "ev.production.CN"
NOW = datetime(2026, 9, 20, tzinfo=UTC)
MARCH = report(EV, "2024-03", "2024-03", 10.0, released="2024-04-15")
APRIL = report(EV, "2024-04", "2024-04", 11.0, released="2024-05-15")


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "reports")


def test_a_store_in_which_nothing_was_kept_reads_as_an_empty_frame(address: str) -> None:
    store = DeltaReports(address)

    assert store.read(as_of=NOW).schema == STORED
    assert store.read(as_of=NOW).is_empty()
    assert store.version() == "empty"


def test_what_was_appended_is_read_back_with_when_and_in_which_release(address: str) -> None:
    given = reports(MARCH, {**APRIL, "note": "统计局", "status": "final"})

    stored = DeltaReports(address).append(given, ingested_at=NOW)

    found = DeltaReports(address).read(as_of=NOW)
    assert found.schema == STORED
    assert found.drop("ingested_at", "release_id").equals(given)
    assert found["ingested_at"].to_list() == [NOW, NOW]
    assert found["release_id"].to_list() == [stored.release_id] * 2


def test_what_is_there_already_is_not_stored_again(address: str) -> None:
    store = DeltaReports(address)
    store.append(reports(MARCH), ingested_at=NOW)
    before = store.version()

    again = store.append(reports(MARCH, MARCH), ingested_at=NOW + timedelta(days=1))

    assert (again.new, again.revised, again.repeated) == (0, 0, 2)
    assert store.version() == before


def test_new_revised_and_repeated_reports_are_counted_apart(address: str) -> None:
    store = DeltaReports(address)
    store.append(reports(MARCH), ingested_at=NOW)
    revision = report(EV, "2024-03", "2024-03", 10.5, released="2024-05-15")
    elsewhere = {**MARCH, "url": "https://club.example"}

    stored = store.append(reports(MARCH, revision, elsewhere, APRIL), ingested_at=NOW)

    assert (stored.new, stored.revised, stored.repeated) == (1, 1, 1)
    assert store.read(as_of=NOW).height == 4


def test_only_what_was_released_by_then_is_read(address: str) -> None:
    store = DeltaReports(address)
    store.append(reports(MARCH, APRIL), ingested_at=NOW)

    assert store.read(as_of=datetime(2024, 5, 1, tzinfo=UTC))["value"].to_list() == [10.0]


def test_a_dry_run_counts_and_stores_nothing(address: str) -> None:
    store = DeltaReports(address)

    stored = store.append(reports(MARCH, APRIL), ingested_at=NOW, dry_run=True)

    assert stored.new == 2
    assert store.version() == "empty"
    assert not Path(address).exists()


def test_every_commit_names_its_release(address: str) -> None:
    stored = DeltaReports(address).append(reports(MARCH), ingested_at=NOW)

    assert DeltaTable(address).history(1)[0]["release_id"] == stored.release_id


def test_the_version_names_the_table_and_moves_with_every_commit(address: str) -> None:
    store = DeltaReports(address)
    store.append(reports(MARCH), ingested_at=NOW)
    first = store.version()

    store.append(reports(APRIL), ingested_at=NOW)

    assert first != store.version()
    assert first.split("@")[0] == store.version().split("@")[0]


def test_writers_that_start_at_once_lose_and_double_nothing(address: str) -> None:
    common = [report(EV, f"2020-{month:02}", f"2020-{month:02}", float(month)) for month in range(1, 13)]

    def write(region: int) -> int:
        own = report(f"solar.exports.R{region}.panels", "2024-03", "2024-03", 1.0, unit="MW")
        return DeltaReports(address).append(reports(*common, own), ingested_at=NOW).new

    with ThreadPoolExecutor(max_workers=4) as pool:
        counts = list(pool.map(write, range(4)))

    found = DeltaReports(address).read(as_of=NOW)
    assert sorted(counts) == [1, 1, 1, 13]
    assert found.height == found["report_id"].n_unique() == 16


def test_a_writer_who_never_gets_through_says_how_often_it_tried(address: str) -> None:
    attempts = []

    class Overtaken(DeltaReports):
        """Another writer commits each time after the table was read."""

        def _open_or_create(self) -> DeltaTable:
            table = super()._open_or_create()
            attempts.append(table.version())
            properties = CommitProperties(app_transactions=[Transaction(WRITER, table.version() + 1)])
            write_deltalake(address, STORED.to_frame(), mode="append", commit_properties=properties)
            return table

    with pytest.raises(StoreConflict, match="busy in 3 attempts"):
        Overtaken(address, attempts=3).append(reports(MARCH), ingested_at=NOW)

    assert len(attempts) == 3
    assert DeltaReports(address).read(as_of=NOW).is_empty()


def test_a_table_that_is_broken_or_in_whose_place_a_file_lies_is_named_with_the_way_out(address: str) -> None:
    Path(address).write_text("in the way")
    with pytest.raises(PlaceUnusable, match=r"Not a directory.*Move the file in its way"):
        DeltaReports(address).read(as_of=NOW)
    Path(address).unlink()
    DeltaReports(address).append(reports(MARCH), ingested_at=NOW)
    for file in Path(address).glob("*.parquet"):
        file.unlink()

    with pytest.raises(PlaceUnusable, match=r"No such file or directory.*SECTORCAST_REPORTS"):
        DeltaReports(address).read(as_of=NOW)


def test_the_store_can_be_read_as_it_was(address: str) -> None:
    store = DeltaReports(address)
    empty = store.version()
    store.append(reports(MARCH), ingested_at=NOW)
    first = store.version()
    store.append(reports(APRIL), ingested_at=NOW)

    heights = [store.read(as_of=NOW, version=version).height for version in (empty, first, store.version())]

    assert heights == [0, 1, 2]


@pytest.mark.parametrize("version", ["other@0", "{id}@9", "{id}@x", "nonsense"])
def test_a_version_that_the_store_does_not_keep_is_named(address: str, version: str) -> None:
    store = DeltaReports(address)
    store.append(reports(MARCH), ingested_at=NOW)
    table_id = store.version().partition("@")[0]

    with pytest.raises(StoreVersionGone):
        store.read(as_of=NOW, version=version.format(id=table_id))
