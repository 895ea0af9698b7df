"""Take a release of official figures in, all its files whole or none of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.changes import changes_of
from forecaster.domain.doubts import doubts_of
from forecaster.domain.errors import LineProblem, RefusedRelease
from forecaster.domain.news import News, news_of
from forecaster.domain.ports import ReportStore
from forecaster.domain.reports import REPORTS
from forecaster.domain.submission import restate
from forecaster.domain.unforeseen import Unforeseen, unforeseen

MOST_PROBLEMS = 1_000
"""So many lines in error are listed; a file that is wrong throughout is read no further."""

MOST_WARNINGS = 100_000
BATCH = 200_000  # reports

Spool = Callable[[Iterable[pl.DataFrame]], pl.LazyFrame]
"""Keeps parts of a frame until all of a file is known to be sound."""


@dataclass(frozen=True, slots=True)
class Release:
    """Rows of one file, and what was said beside it."""

    file: str
    rows: Iterable[pl.DataFrame]  # in parts of the ROWS columns
    source: str | None = None  # for rows that name none
    released: str | None = None  # for rows that name no date
    left_out: tuple[str, ...] = ()  # products of a printed table that no series stands for


@dataclass(frozen=True, slots=True)
class Sound:
    """A file without a line in error, as NUMBERED reports."""

    file: str
    reports: pl.LazyFrame
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to say of one file of a release."""

    file: str
    reports: int
    doubtful: int  # figures to look at twice; stored all the same
    warnings: tuple[LineProblem, ...]  # why, by line; the first 100,000
    left_out: tuple[str, ...]  # products of a printed table that no series stands for, and columns of no known kind
    assumed: int  # reports without a release date, whose source's usual lag was taken
    changes: pl.DataFrame | None  # of a dry run: the CHANGES columns, by line
    unforeseen: tuple[Unforeseen, ...] = ()  # figures outside the band in service, by line; warnings tell of them too


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a release. `new` counts spans of a series, the others count reports."""

    files: tuple[Seen, ...]
    release_id: str
    new: int  # figures not stated before
    revised: int  # known figures stated otherwise
    repeated: int  # reports stored already
    further: int  # known figures stated alike in another place, and second statements of a new one
    news: tuple[News, ...] = ()  # this release, if anything changed, and those that stored what it repeats

    @property
    def changed(self) -> bool:
        """Whether anything was stored that was not there."""
        return self.new + self.revised + self.further > 0

    @property
    def doubtful(self) -> int:
        """Figures of all files to look at twice; stored all the same."""
        return sum(one.doubtful for one in self.files)


def in_memory(parts: Iterable[pl.DataFrame]) -> pl.LazyFrame:
    """A spool for releases that fit into memory."""
    return pl.concat(parts).lazy()


def sound(release: Release, *, catalogue: Catalogue, now: datetime, spool: Spool = in_memory) -> Sound:
    """The reports of a release, once every line was found sound.

    Args:
        release: the rows of a file.
        catalogue: series, units and release lags.
        now: with a zone.
        spool: keeps the reports until the last line was read.

    Raises:
        RefusedRelease: a line is in error; all such lines are listed with what to mend, the first 1,000 at least.
    """
    return Sound(release.file, spool(_restated(release, catalogue=catalogue, now=now)), release.left_out)


def _restated(release: Release, *, catalogue: Catalogue, now: datetime) -> Iterator[pl.DataFrame]:
    problems: list[LineProblem] = []
    for rows in release.rows:
        restated = restate(_completed(rows, release), catalogue=catalogue, now=now)
        problems += restated.problems
        if len(problems) >= MOST_PROBLEMS:
            what = "and after it: the file was read no further. Mend what is listed first."
            problems = [*problems[:MOST_PROBLEMS], LineProblem(problems[-1].line, "all", what)]
            break
        if not problems:
            yield restated.reports
    if problems:
        raise RefusedRelease(file=release.file, problems=tuple(problems))


def _completed(rows: pl.DataFrame, release: Release) -> pl.DataFrame:
    if release.source is not None:
        unnamed = pl.col("source").is_null() & ~pl.col("series_id").str.contains("@").fill_null(value=False)
        rows = rows.with_columns(source=pl.when(unnamed).then(pl.lit(release.source)).otherwise("source"))
    if release.released is not None:
        rows = rows.with_columns(pl.col("released_at").fill_null(release.released))
    return rows


def take_in(
    *files: Sound,
    store: ReportStore,
    catalogue: Catalogue,
    now: datetime,
    forecasts: pl.DataFrame | None = None,
    dry_run: bool = False,
) -> Taken:
    """Store the reports of a release that are not there yet: those of all its files, or none.

    Args:
        files: found sound, at least one. A later one is compared with those before it, too.
        store: where reports are kept.
        catalogue: units of the series.
        now: with a zone; recorded as the instant of ingestion.
        forecasts: the FORECASTS columns of what is in service, to warn of figures far from them.
        dry_run: count and warn, and store nothing.

    Raises:
        StoreConflict: other writers kept committing first; nothing was stored.
        PlaceUnusable: the store can't be read or written; nothing was stored.
    """
    seen: list[Seen] = []
    for at, file in enumerate(files):
        known = _Known(store, now, tuple(one.reports for one in files[:at]))
        seen.append(_look(file, known=known, catalogue=catalogue, forecasts=forecasts, changes=dry_run))
    reports = pl.concat([one.reports.select(*REPORTS) for one in files])
    stored = store.append(reports, ingested_at=now, dry_run=dry_run)
    given = sum(one.reports for one in seen)
    return Taken(
        files=tuple(seen),
        release_id=stored.release_id,
        new=stored.new,
        revised=stored.revised,
        repeated=stored.repeated,
        further=given - stored.new - stored.revised - stored.repeated,
        news=news_of(stored.origins, catalogue=catalogue),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known when a file comes: what is stored, and the files before it."""

    store: ReportStore
    now: datetime
    before: tuple[pl.LazyFrame, ...]

    def of(self, series_ids: list[str]) -> pl.DataFrame:
        """The REPORTS columns of some series."""
        stored = self.store.read(as_of=self.now, series_ids=series_ids).select(*REPORTS)
        wanted = pl.col("series_id").is_in(series_ids)
        others = [one.filter(wanted).select(*REPORTS).collect(engine="streaming") for one in self.before]
        return pl.concat([stored, *others])


def _look(file: Sound, *, known: _Known, catalogue: Catalogue, forecasts: pl.DataFrame | None, changes: bool) -> Seen:
    warnings: list[LineProblem] = []
    outside: list[Unforeseen] = []
    changed: list[pl.DataFrame] = []
    for figures in _batches(file.reports):
        there = known.of(figures["series_id"].unique().to_list())
        warnings += doubts_of(figures, known=there, catalogue=catalogue)
        if forecasts is not None:
            outside += unforeseen(figures, known=there, catalogue=catalogue, forecasts=forecasts)
        if changes:
            changed.append(changes_of(figures, known=there))
    warnings += [one.as_problem() for one in outside]
    counts = file.reports.select(pl.len().alias("all"), pl.col("released_assumed").sum().alias("assumed")).collect()
    reports, assumed = (int(counts[name].item()) for name in ("all", "assumed"))
    return Seen(
        file=file.file,
        reports=reports,
        doubtful=len(warnings),
        warnings=tuple(sorted(warnings, key=lambda one: one.line)[:MOST_WARNINGS]),
        left_out=file.left_out,
        assumed=assumed,
        changes=pl.concat(changed).sort("line") if changed else None,
        unforeseen=tuple(sorted(outside, key=lambda one: (one.line, one.first))),
    )


def _batches(reports: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The reports, those of one series together, some hundred thousand at a time."""
    counted = reports.group_by("series_id").agg(pl.len()).sort("series_id").collect(engine="streaming")
    number = (counted["len"].cum_sum() - 1) // BATCH
    for _, group in counted.group_by(number, maintain_order=True):
        yield reports.filter(pl.col("series_id").is_in(group["series_id"].to_list())).collect(engine="streaming")
