"""A vintage that knows what came of the tiny one's forecasts."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from forecaster.domain.panel import PANEL
from forecaster.domain.vintage import Vintage
from tests.reports import report, reports
from tests.vintages import EV, issue, months, placed, stored, tiny_vintage

SOON, LATER = "2026-09-20T02-00-00Z-aaaa", "2026-12-01T02-00-00Z-bbbb"
CAME = [(date(2026, 9, 1), 1_600_000.0), (date(2026, 10, 1), 1_700_000.0)]


def known_later(vintage_id: str = LATER) -> Vintage:
    """The tiny vintage, issued in December: it knows September, stated as 1.55 and then as 1.6 million, and October."""
    tiny = tiny_vintage(vintage_id)
    came = pl.DataFrame([(EV, ds, y, "reported", ds, ds, ["r"]) for ds, y in CAME], schema=PANEL, orient="row")
    panel = pl.concat([tiny.panel, came]).sort("unique_id", "ds")
    since = stored(
        reports(
            report(EV, "2026-09", "2026-09", 1_550_000.0, released="2026-10-16"),
            report(EV, "2026-09", "2026-09", 1_600_000.0, released="2026-11-16"),
            report(EV, "2026-10", "2026-10", 1_700_000.0, released="2026-11-16"),
        )
    )
    held = pl.concat([tiny.reports, since])
    later = pl.col("period").dt.offset_by("2mo")
    forecasts = tiny.forecasts.with_columns(period=pl.when(pl.col("series_id") == EV).then(later).otherwise("period"))
    rows = tiny.series.with_columns(
        last_period=pl.when(pl.col("series_id") == EV).then(date(2026, 10, 1)).otherwise("last_period")
    )
    places = placed(rows.to_dicts(), forecasts=forecasts, panel=panel, reports=held)
    instants = {"issued_at": datetime(2026, 12, 1, 2, tzinfo=UTC), "data_as_of": datetime(2026, 12, 1, tzinfo=UTC)}
    return replace(
        tiny,
        issue=replace(issue(vintage_id), **instants),
        series=places,
        panel=panel,
        reports=held,
        forecasts=forecasts,
    )


def monthly(count: int) -> list[Vintage]:
    """A vintage a month from the tiny one on, each ending a month later, each forecasting the same level."""
    tiny = tiny_vintage()
    found = []
    for at, cutoff in enumerate(months(date(2026, 8, 1), count)):
        instant = datetime(cutoff.year, cutoff.month, 20, tzinfo=UTC)
        forecasts = tiny.forecasts.with_columns(pl.col("period").dt.offset_by(f"{at}mo"))
        rows = tiny.series.with_columns(
            last_period=pl.when(pl.col("row_count") > 0).then(cutoff).otherwise("last_period")
        )
        series = placed(rows.to_dicts(), forecasts=forecasts, panel=tiny.panel, reports=tiny.reports)
        own = replace(issue(f"{instant:%Y-%m-%dT%H-%M-%SZ}-aaaa"), issued_at=instant, data_as_of=instant)
        found.append(replace(tiny, issue=own, series=series, forecasts=forecasts))
    return found
