"""Rows of report files in a line each, for tests."""

from datetime import UTC, datetime

import polars as pl

from forecaster.domain.submission import ROWS

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)

SOUND = {
    "series_id": "ev.production.CN",
    "period_start": "2026-08",
    "period_end": "2026-08",
    "basis": "month",
    "value": "1409000",
    "unit": "vehicles",
    "released_at": "2026-09-15",
}


def row(**changed: str | None) -> dict[str, str | None]:
    """A sound row, but for what is changed."""
    return {**SOUND, **changed}


def rows(*given: dict[str, str | None]) -> pl.DataFrame:
    """A frame of the ROWS columns, numbered from line 2 as under a header."""
    whole = [{**dict.fromkeys(ROWS), **one, "line": line} for line, one in enumerate(given, start=2)]
    return pl.DataFrame(whole, schema=ROWS)
