"""Reports in a line each, for tests."""

from datetime import UTC, date, datetime, time

import polars as pl

from forecaster.domain.months import month_end
from forecaster.domain.reports import REPORTS, identified


def month(text: str) -> date:
    """The first day of YYYY-MM."""
    return date.fromisoformat(f"{text}-01")


def report(
    series_id: str, first: str, last: str, value: float, *, unit: str = "vehicles", released: str | None = None
) -> dict[str, object]:
    """One value over the months `first` to `last`, released on a day; by default some days after its end."""
    start, end = month(first), month_end(month(last))
    basis = "month" if first == last else "ytd"
    day = datetime.fromisoformat(released) if released else datetime.combine(end, time())
    return {
        "series_id": series_id,
        "period_start": start,
        "period_end": end,
        "basis": basis,
        "kind": "value",
        "value": value,
        "unit": unit,
        "released_at": day.replace(tzinfo=UTC),
        "released_assumed": released is None,
    }


def reports(*rows: dict[str, object]) -> pl.DataFrame:
    """A frame of the REPORTS columns."""
    empty = dict.fromkeys(("status", "url", "title", "note"))
    plain = pl.Schema({name: kind for name, kind in REPORTS.items() if name != "report_id"})
    return identified(pl.DataFrame([{**empty, **row} for row in rows], schema=plain))
