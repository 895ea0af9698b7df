"""The report store as a Delta table: a folder, or an address of an object store."""

import random
import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from errno import ENOTDIR
from hashlib import blake2b
from pathlib import Path

import polars as pl
from arro3.core import RecordBatchReader
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from forecaster.adapters.report_origins import origins_of
from forecaster.adapters.store_faults import make_writable, reaching
from forecaster.domain.errors import StoreConflict, StoreVersionGone
from forecaster.domain.ports import Stored
from forecaster.domain.reports import KEY, STORED, known_at

ATTEMPTS = 40  # four writers without a pause between their commits: one in 100,000 gives up
LONGEST_PAUSE = 0.2  # seconds
PART = 100_000  # rows held at a time while a release is written
EMPTY = "empty"
"""The version of a store without a table."""

WRITER = "sectorcast-reports"
"""Two commits under one name of application conflict if the later has not read the earlier."""


class DeltaReports:
    """Keeps every report for good; implements `ports.ReportStore`."""

    def __init__(self, address: str, *, attempts: int = ATTEMPTS) -> None:
        self._address = address
        self._local = "://" not in address
        self._attempts = attempts

    def read(
        self, *, as_of: datetime, series_ids: Collection[str] | None = None, version: str | None = None
    ) -> pl.DataFrame:
        """Reports released by `as_of`.

        Args:
            as_of: with a zone, inclusive.
            series_ids: only of these series; None: of all.
            version: the store as it was when `version` gave this; None: as it is.

        Returns:
            The STORED columns, sorted by series, period and release; no rows if nothing was ever stored.

        Raises:
            PlaceUnusable: the table can't be read.
            StoreVersionGone: the table is another one, or no longer keeps that version.
        """
        with self._reaching():
            table = self._open() if version is None else self._as_of_version(version)
            if table is None:
                return STORED.to_frame()
            wanted = _rows(table)
            if series_ids is not None:
                wanted = wanted.filter(pl.col("series_id").is_in(list(series_ids)))
            found = known_at(wanted.collect(), as_of=as_of)
        return found.sort("series_id", "period_start", "period_end", "released_at", "report_id")

    def append(self, reports: pl.DataFrame | pl.LazyFrame, *, ingested_at: datetime, dry_run: bool = False) -> Stored:
        """Add what is not there yet, all of it or nothing.

        Args:
            reports: the REPORTS columns; a lazy frame is read in parts.
            ingested_at: with a zone.
            dry_run: count, and store nothing.

        Returns:
            What became of the rows, and the id of the release.

        Raises:
            StoreConflict: other writers committed first, time and again.
            PlaceUnusable: the table can't be read or written.
        """
        with self._reaching():
            return self._append(reports, ingested_at=ingested_at, dry_run=dry_run)

    def _append(self, reports: pl.DataFrame | pl.LazyFrame, *, ingested_at: datetime, dry_run: bool) -> Stored:
        given = reports.lazy()
        ids = given.select("report_id").collect().with_row_index("row")
        release_id = _release_id(ids["report_id"], ingested_at=ingested_at)
        for attempt in range(self._attempts):
            # The table is made before it is read: whoever loses that race must see the winner's rows.
            table = self._open() if dry_run else self._open_or_create()
            there = _rows(table) if table else STORED.to_frame().lazy()
            fresh = _fresh(ids, there=there)
            stored = _count(given, fresh=fresh, there=there, release_id=release_id)
            if table is None or dry_run:
                return stored
            stored = replace(
                stored, origins=origins_of(given, fresh=fresh, there=there, release_id=release_id, at=ingested_at)
            )
            if not fresh.any():
                return stored
            self._make_writable()
            try:
                _commit(_batches(given, fresh=fresh, ingested_at=ingested_at, release_id=release_id), table, release_id)
            except CommitFailedError:
                _pause(attempt)
                continue
            return stored
        raise StoreConflict(attempts=self._attempts)

    def version(self) -> str:
        """Names the state of the store: the table's id and version, or `empty`."""
        with self._reaching():
            table = self._open()
        return f"{table.metadata().id}@{table.version()}" if table else EMPTY

    def _reaching(self) -> AbstractContextManager[None]:
        place = f"The report store {self._address}"
        return reaching(place, elsewhere="SECTORCAST_REPORTS", vendor=(DeltaError,))

    def _make_writable(self) -> None:
        if self._local:
            make_writable(Path(self._address))

    def _open(self) -> DeltaTable | None:
        if self._local and Path(self._address).is_file():
            raise NotADirectoryError(ENOTDIR, "a file")  # of which the vendor says that it does not exist
        try:
            return DeltaTable(self._address)
        except TableNotFoundError:
            return None

    def _as_of_version(self, version: str) -> DeltaTable | None:
        table = self._open()
        name, _, number = version.partition("@")
        if version == EMPTY:
            return None
        if table is None or str(table.metadata().id) != name or not number.isdecimal():
            raise StoreVersionGone(version, why=f"{self._address} is another table")
        try:
            table.load_as_version(int(number))
        except DeltaError as error:
            raise StoreVersionGone(version, why=f"the table no longer keeps it ({error})") from error
        return table

    def _open_or_create(self) -> DeltaTable:
        table = self._open()
        if table is None:
            self._make_writable()
            with suppress(CommitFailedError):  # another writer made the first version: that one is opened
                write_deltalake(self._address, STORED.to_frame(), mode="ignore")
            table = DeltaTable(self._address)
        return table


def _pause(attempt: int) -> None:
    # By chance, so that writers who met once do not meet again.
    time.sleep(random.uniform(0, min(0.01 * 2**attempt, LONGEST_PAUSE)))  # noqa: S311 -- chance, not secrecy


def _rows(table: DeltaTable) -> pl.LazyFrame:
    return pl.scan_delta(table).select(*STORED).cast(STORED)


def _fresh(ids: pl.DataFrame, *, there: pl.LazyFrame) -> pl.Series:
    """Of each row given, whether it is stored now: the first of its id, if that is not there."""
    new = ids.unique("report_id", keep="first").join(there.select("report_id").collect(), on="report_id", how="anti")
    rows = pl.repeat(value=False, n=ids.height, dtype=pl.Boolean, eager=True)
    return rows.scatter(new["row"], values=True).alias("fresh") if new.height else rows.alias("fresh")


def _batches(
    given: pl.LazyFrame, *, fresh: pl.Series, ingested_at: datetime, release_id: str
) -> Iterator[pl.DataFrame]:
    moment = pl.lit(ingested_at).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    for at in range(0, len(fresh), PART):
        wanted = fresh.slice(at, PART)
        if wanted.any():
            rows = given.slice(at, PART).collect().filter(wanted)
            stamped = rows.with_columns(ingested_at=moment, release_id=pl.lit(release_id))
            yield stamped.select(*STORED).cast(STORED)


def _commit(parts: Iterator[pl.DataFrame], table: DeltaTable, release_id: str) -> None:
    properties = CommitProperties(
        custom_metadata={"release_id": release_id},
        app_transactions=[Transaction(WRITER, table.version() + 1)],
    )
    batches = (batch for part in parts for batch in RecordBatchReader.from_stream(part))
    schema = RecordBatchReader.from_stream(STORED.to_frame()).schema
    stream = RecordBatchReader.from_batches(schema, batches)
    write_deltalake(table, stream, mode="append", commit_properties=properties)


def _count(given: pl.LazyFrame, *, fresh: pl.Series, there: pl.LazyFrame, release_id: str) -> Stored:
    rows = pl.concat([given.select(*KEY, "value", "unit"), fresh.to_frame().lazy()], how="horizontal")
    new = rows.filter("fresh").join(there, on=KEY, how="anti").select(KEY).unique()
    known = rows.filter("fresh").join(there, on=KEY, how="semi")
    revised = known.join(there, on=[*KEY, "value", "unit"], how="anti")
    counts = [one.select(pl.len()).collect(engine="streaming").item() for one in (new, revised)]
    return Stored(new=counts[0], revised=counts[1], repeated=len(fresh) - int(fresh.sum()), release_id=release_id)


def _release_id(report_ids: pl.Series, *, ingested_at: datetime) -> str:
    content = blake2b(digest_size=4)
    for report_id in report_ids.unique().sort():
        content.update(report_id.encode())
    return f"{ingested_at:%Y-%m-%dT%H-%M-%SZ}-{content.hexdigest()}"
