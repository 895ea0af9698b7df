"""Take a release of official figures in, whole or not at all."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import RefusedRelease
from forecaster.domain.ports import ReportStore
from forecaster.domain.submission import restate


@dataclass(frozen=True, slots=True)
class Release:
    """Rows of one file, and what was said beside it."""

    file: str
    rows: pl.DataFrame  # the ROWS columns
    source: str | None = None  # for rows that name none
    released: str | None = None  # for rows that name no date


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a release. `new` counts spans of a series, the others count reports."""

    file: str
    release_id: str
    new: int  # figures not stated before
    revised: int  # known figures stated otherwise
    repeated: int  # reports stored already
    further: int  # known figures stated alike in another place, and second statements of a new one


def reports_of(release: Release, *, catalogue: Catalogue, now: datetime) -> pl.DataFrame:
    """The reports of a release: the REPORTS columns.

    Args:
        release: the rows of a file.
        catalogue: series, units and release lags.
        now: with a zone.

    Raises:
        RefusedRelease: a line is in error; all such lines are listed with what to mend.
    """
    rows = release.rows
    if release.source is not None:
        unnamed = pl.col("source").is_null() & ~pl.col("series_id").str.contains("@").fill_null(value=False)
        rows = rows.with_columns(source=pl.when(unnamed).then(pl.lit(release.source)).otherwise("source"))
    if release.released is not None:
        rows = rows.with_columns(pl.col("released_at").fill_null(release.released))
    restated = restate(rows, catalogue=catalogue, now=now)
    if restated.problems:
        raise RefusedRelease(file=release.file, problems=restated.problems)
    return restated.reports


def take_in(
    release: Release, *, store: ReportStore, catalogue: Catalogue, now: datetime, dry_run: bool = False
) -> Taken:
    """Store the reports of a release that are not there yet.

    Args:
        release: the rows of a file.
        store: where reports are kept.
        catalogue: series, units and release lags.
        now: with a zone; recorded as the instant of ingestion.
        dry_run: count, and store nothing.

    Raises:
        RefusedRelease: a line is in error; nothing was stored.
        StoreConflict: other writers kept committing first; nothing was stored.
    """
    reports = reports_of(release, catalogue=catalogue, now=now)
    stored = store.append(reports, ingested_at=now, dry_run=dry_run)
    further = reports.height - stored.new - stored.revised - stored.repeated
    return Taken(
        file=release.file,
        release_id=stored.release_id,
        new=stored.new,
        revised=stored.revised,
        repeated=stored.repeated,
        further=further,
    )
