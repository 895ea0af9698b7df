"""The report store as a Delta table: a folder, or an address of an object store."""

import random
import time
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from forecaster.domain.errors import StoreConflict
from forecaster.domain.ports import Stored
from forecaster.domain.reports import KEY, STORED, known_at

ATTEMPTS = 40  # four writers without a pause between their commits: one in 100,000 gives up
LONGEST_PAUSE = 0.2  # seconds
WRITER = "sectorcast-reports"
"""Two commits under one name of application conflict if the later has not read the earlier."""


class DeltaReports:
    """Keeps every report for good; implements `ports.ReportStore`."""

    def __init__(self, address: str, *, attempts: int = ATTEMPTS) -> None:
        self._address = address
        self._attempts = attempts

    def read(self, *, as_of: datetime) -> pl.DataFrame:
        """Reports released by `as_of`.

        Args:
            as_of: with a zone, inclusive.

        Returns:
            The STORED columns, sorted by series, period and release; no rows if nothing was ever stored.
        """
        table = self._open()
        if table is None:
            return STORED.to_frame()
        found = known_at(_rows(table), as_of=as_of)
        return found.sort("series_id", "period_start", "period_end", "released_at", "report_id")

    def append(self, reports: pl.DataFrame, *, ingested_at: datetime, dry_run: bool = False) -> Stored:
        """Add what is not there yet, all of it or nothing.

        Args:
            reports: the REPORTS columns.
            ingested_at: with a zone.
            dry_run: count, and store nothing.

        Returns:
            What became of the rows, and the id of the release.

        Raises:
            StoreConflict: other writers committed first, time and again.
        """
        given = reports.unique("report_id", keep="first", maintain_order=True)
        release_id = _release_id(given, ingested_at=ingested_at)
        for attempt in range(self._attempts):
            # The table is made before it is read: whoever loses that race must see the winner's rows.
            table = self._open() if dry_run else self._open_or_create()
            there = _rows(table) if table else STORED.to_frame()
            fresh = given.join(there, on="report_id", how="anti")
            stored = _count(fresh, given=reports, there=there, release_id=release_id)
            if table is None or dry_run or fresh.is_empty():
                return stored
            rows = fresh.with_columns(
                ingested_at=pl.lit(ingested_at).dt.convert_time_zone("UTC").dt.cast_time_unit("us"),
                release_id=pl.lit(release_id),
            )
            try:
                _commit(rows.select(*STORED).cast(STORED), table=table, release_id=release_id)
            except CommitFailedError:
                _pause(attempt)
                continue
            return stored
        raise StoreConflict(attempts=self._attempts)

    def version(self) -> str:
        """Names the state of the store: the table's id and version, or `empty`."""
        table = self._open()
        return f"{table.metadata().id}@{table.version()}" if table else "empty"

    def _open(self) -> DeltaTable | None:
        try:
            return DeltaTable(self._address)
        except TableNotFoundError:
            return None

    def _open_or_create(self) -> DeltaTable:
        table = self._open()
        if table is None:
            with suppress(CommitFailedError):  # another writer made the first version: that one is opened
                write_deltalake(self._address, STORED.to_frame(), mode="ignore")
            table = DeltaTable(self._address)
        return table


def _pause(attempt: int) -> None:
    # By chance, so that writers who met once do not meet again.
    time.sleep(random.uniform(0, min(0.01 * 2**attempt, LONGEST_PAUSE)))  # noqa: S311 -- chance, not secrecy


def _rows(table: DeltaTable) -> pl.DataFrame:
    found = pl.scan_delta(table).collect()
    return found.select(*STORED).cast(STORED)


def _commit(rows: pl.DataFrame, *, table: DeltaTable, release_id: str) -> None:
    properties = CommitProperties(
        custom_metadata={"release_id": release_id},
        app_transactions=[Transaction(WRITER, table.version() + 1)],
    )
    write_deltalake(table, rows, mode="append", commit_properties=properties)


def _count(fresh: pl.DataFrame, *, given: pl.DataFrame, there: pl.DataFrame, release_id: str) -> Stored:
    new = fresh.join(there, on=KEY, how="anti")
    known = fresh.join(there, on=KEY, how="semi")
    revised = known.join(there, on=[*KEY, "value", "unit"], how="anti")
    return Stored(
        new=new.select(*KEY).n_unique() if new.height else 0,
        revised=revised.height,
        repeated=given.height - fresh.height,
        release_id=release_id,
    )


def _release_id(reports: pl.DataFrame, *, ingested_at: datetime) -> str:
    content = blake2b("".join(reports["report_id"].sort()).encode(), digest_size=4).hexdigest()
    return f"{ingested_at:%Y-%m-%dT%H-%M-%SZ}-{content}"
