"""When figures are due, by the usual lag of their source, and which are missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from forecaster.domain.catalogue import Catalogue, Source
from forecaster.domain.months import month_after, month_end

GRACE_DAYS = 15
"""A release so much later than usual is overdue; holidays move releases by some days."""

JANUARY = 1


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the figures of one series are."""

    series_id: str
    source: str
    last_period: date | None  # None: nothing is known yet
    next_due: date | None  # when the next release usually comes
    missed: int  # months that should be known by now
    days_late: int  # of the oldest of them, after its usual day; 0 without one


def usual_day(month: date, *, source: Source) -> date:
    """When the figure of a month is usually out; January's with February's where a source states both as one."""
    with_february = month.month == JANUARY and "jan-feb" in source.publishes
    last = month_after(month) if with_february else month
    return month_end(last) + timedelta(days=source.release_lag_days)


def is_overdue(month: date, *, source: Source, today: date) -> bool:
    """Whether the figure of a month should be out, with some days of grace."""
    return usual_day(month, source=source) + timedelta(days=GRACE_DAYS) < today


def freshness(row: Mapping[str, Any], *, catalogue: Catalogue, today: date) -> Freshness | None:
    """How fresh a series is.

    Args:
        row: of SERIES.
        catalogue: the habits of its source.
        today: what lateness is judged by.

    Returns:
        Its freshness; None for a source that the catalogue no longer holds.
    """
    source = catalogue.sources.get(row["source"])
    last: date | None = row["last_period"]
    if source is None:
        return None
    if last is None:
        return Freshness(row["series_id"], row["source"], None, None, 0, 0)
    following = month_after(last)
    due, missed = usual_day(following, source=source), 0
    while is_overdue(month_after(following, months=missed), source=source, today=today):
        missed += 1
    return Freshness(row["series_id"], row["source"], last, due, missed, (today - due).days if missed else 0)
