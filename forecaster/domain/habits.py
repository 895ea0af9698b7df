"""A source that changed its habit: it publishes much later or earlier than the catalogue says, or in other spans.

One late release is a holiday, one article without a figure is an article: only what three months in a row show counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from forecaster.domain.catalogue import Catalogue, Source
from forecaster.domain.freshness import usual_day
from forecaster.domain.months import month_numbers
from forecaster.domain.reports import VALUE

LATEST = 3  # months that show a habit
WITHIN = 5  # months that they lie within: what was collected here and there shows none
DAYS = 7  # by which each is off the usual day
BEFORE, OFTEN = 12, 9  # months before them; a basis that came in so many of these is a habit

LATER, EARLIER, CEASED, BEGUN = "later", "earlier", "ceased", "begun"


@dataclass(frozen=True, slots=True)
class ChangedHabit:
    """What a source does otherwise than it used to."""

    source: str
    what: str  # later, earlier, ceased or begun
    measure: str | None  # sector.measure; None of days, which are the source's
    basis: str | None  # that ceased or began
    months: tuple[str, ...]  # that show it, as 2026-08
    days: tuple[int, ...]  # after (below 0: before) the usual day, one a month


def changed_habits(reports: pl.DataFrame, *, catalogue: Catalogue) -> list[ChangedHabit]:
    """What the latest reports of each source show.

    Args:
        reports: the REPORTS columns.
        catalogue: the habits as declared.

    Returns:
        Sorted by source; a source without three recent months is told nothing of.
    """
    sources = {key: series.source for key, series in catalogue.series.items()}
    known = reports.filter(pl.col("kind") == VALUE, pl.col("series_id").is_in(list(sources)))
    told = known.with_columns(
        source=pl.col("series_id").replace_strict(sources, return_dtype=pl.String),
        measure=pl.col("series_id").str.split(".").list.head(2).list.join("."),
        month=pl.col("period_end").dt.month_start(),
    )
    found: list[ChangedHabit] = []
    for (key,), own in told.sort("source", "month").group_by("source", maintain_order=True):
        source = catalogue.sources[str(key)]
        found += [*_days(own, source=source), *_spans(own, source=source)]
    return found


def _days(own: pl.DataFrame, *, source: Source) -> Iterator[ChangedHabit]:
    """Whether the first figures of each of the latest months came off the usual day, to the same side."""
    stated = own.filter(~pl.col("released_assumed"))
    first = stated.group_by("month").agg(pl.col("released_at").min().dt.date()).sort("month").tail(LATEST)
    if not _is_recent(first["month"]):
        return
    off = tuple((at - usual_day(month, source=source)).days for month, at in first.iter_rows())
    for what, is_off in ((LATER, min(off) > DAYS), (EARLIER, max(off) < -DAYS)):
        if is_off:
            yield ChangedHabit(source.key, what, None, None, _shown(first["month"]), off)


def _spans(own: pl.DataFrame, *, source: Source) -> Iterator[ChangedHabit]:
    """Bases that came with nearly every month and no longer do, and undeclared ones that never did and now do."""
    for (measure,), figures in own.group_by("measure", maintain_order=True):
        months = figures["month"].unique().sort()
        latest = months.tail(LATEST)
        if not _is_recent(latest):
            continue
        number = month_numbers("month")
        earlier = pl.DataFrame({"month": latest.head(1)}).select(number).item()
        before = figures.filter(number.is_between(earlier - BEFORE, earlier - 1))
        for basis in figures["basis"].unique().sort():
            was = before.filter(pl.col("basis") == basis)["month"].n_unique()
            now = figures.filter(pl.col("basis") == basis, pl.col("month").is_in(latest.implode()))["month"].n_unique()
            begun = was == 0 and now == LATEST and basis not in source.publishes and not before.is_empty()
            if begun or (was >= OFTEN and now == 0):
                yield ChangedHabit(source.key, BEGUN if begun else CEASED, str(measure), basis, _shown(latest), ())


def _is_recent(months: pl.Series) -> bool:
    """Whether there are enough months, and near each other."""
    numbers = pl.DataFrame({"month": months}).select(month_numbers("month")).to_series().to_list()
    return len(numbers) == LATEST and numbers[-1] - numbers[0] < WITHIN


def _shown(months: pl.Series) -> tuple[str, ...]:
    return tuple(months.dt.strftime("%Y-%m").to_list())
