"""Anybody's panel on a shelf: checked as a whole, and worked on some series at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from forecaster.domain.anypanel import Taken, as_panel, ids
from forecaster.domain.errors import BadPanel
from forecaster.domain.panel_rows import NOTHING, Seen, batches, check_length, dated, plain, seen_with
from forecaster.domain.panel_survey import Form, Survey, form_of, surveyed
from forecaster.domain.shelf import Shelf

NAME = pl.col("unique_id")

MOST = 300_000
"""What a batch weighs: rows of figures and of forecasts, some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class ShelvedPanel:
    """A panel whose rows and dates are without faults; its series may be of any kind and length."""

    rows: Shelf
    seen: Seen
    form: Form
    has_zeros: bool  # some series is zero throughout: that much can be forecast of any length

    @property
    def names(self) -> pl.Series:
        """Every series, sorted."""
        return self.seen.series["unique_id"]

    def batches(self, *, weight: int, most: int = MOST) -> Iterator[Taken]:
        """All series, some at a time, in order.

        Args:
            weight: rows that are made of a series, besides those that it has.
            most: rows of a batch.
        """
        for batch in batches(self.seen, weight=weight, most=most):
            yield as_panel(_rows(self.rows, batch, seen=self.seen), numbers=batch["number"])

    def some(self, wanted: pl.Series) -> pl.DataFrame:
        """PANEL columns of the series with some ids."""
        numbered = self.seen.series.with_row_index("number").with_columns(id=ids(self.seen.series.height))
        found = numbered.filter(pl.col("id").is_in(wanted.implode()))
        rows = self.rows.all().filter(NAME.is_in(found["unique_id"].implode())).collect()
        return as_panel(dated(rows, seen=self.seen), numbers=found["number"]).panel


def shelved(
    parts: Iterable[pl.DataFrame], *, shelf: Shelf, file: str, weight: int = 0, most: int = MOST
) -> ShelvedPanel:
    """Put a panel on a shelf, and check it.

    Periods follow each other by whole months (on one day of the month, or on its last), by one span of time (an hour,
    a day, a week), or by one whole number; by the same for all series. Each period then stands for a month.

    Args:
        parts: unique_id, ds (a date, a date with a time, or a whole number) and y; rows in any order.
        shelf: empty.
        file: named in errors.
        weight: as `ShelvedPanel.batches` takes it.
        most: as `ShelvedPanel.batches` takes it.

    Raises:
        BadPanel: a missing column, a value that is no finite number, a period twice, a hole, a series that is too
            long; names the series.
    """
    seen = NOTHING
    for part in parts:
        rows = plain(part, file=file)
        seen = seen_with(seen, part=rows)
        shelf.put(rows)
    check_length(seen, file=file)

    def again() -> Iterator[pl.DataFrame]:
        return (_rows(shelf, batch, seen=seen) for batch in batches(seen, weight=weight, most=most))

    survey, has_zeros = Survey(), False
    for rows in again():
        survey = survey.and_(surveyed(rows))
        has_zeros = has_zeros or _has_zeros(rows)
    return ShelvedPanel(shelf, seen, form_of(survey, rows=again, file=file), has_zeros)


def check_hope(panel: ShelvedPanel, *, needed: int, season: int, file: str) -> None:
    """Refuse a panel of which nothing can be forecast, before anything is fitted.

    Args:
        panel: on its shelf.
        needed: periods after which an error is known.
        season: periods a year.
        file: named in the error.

    Raises:
        BadPanel: every series is too short for an error to be known, and none is of zeros alone.
    """
    if int(panel.seen.series.select(pl.col("rows").max()).item()) < needed and not panel.has_zeros:
        raise no_interval(needed=needed, season=season, file=file)


def no_interval(*, needed: int, season: int, file: str) -> BadPanel:
    """No error of any series is known."""
    what = f"has no series of {needed} periods that does not repeat itself, so that no interval can be told."
    return BadPanel(file=file, what=f"{what} With a shorter season than {season}, fewer periods may do.")


def _rows(shelf: Shelf, batch: pl.DataFrame, *, seen: Seen) -> pl.DataFrame:
    first, last = batch["unique_id"][0], batch["unique_id"][-1]
    return dated(shelf.all().filter(NAME.is_between(pl.lit(first), pl.lit(last))).collect(), seen=seen)


def _has_zeros(rows: pl.DataFrame) -> bool:
    return not rows.group_by("unique_id").agg((pl.col("y") == 0).all()).filter("y").is_empty()
