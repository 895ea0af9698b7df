"""A vintage of many series that are alike but for their region."""

import polars as pl

from forecaster.domain.panel import PANEL
from forecaster.domain.vintage import FORECASTS, SERIES, Vintage
from forecaster.domain.vintage_rules import SCORES
from tests.vintages import EV, HORIZON, forecasts_of, issue, panel_of, ranks_of, series_row, tiny_vintage

MONTHS = 36


def series_ids(count: int) -> list[str]:
    """The ids of so many series, in order."""
    return [f"ev.production.R{number:07}" for number in range(count)]


def many_series(count: int) -> Vintage:
    """A vintage of so many series without reports."""
    ids = pl.DataFrame({"series_id": series_ids(count)})
    forecasts = ids.join(forecasts_of(EV, level=1.5e6).drop("series_id"), how="cross").select(FORECASTS.names())
    panel = ids.rename({"series_id": "unique_id"}).join(
        panel_of(EV, level=1.5e6, count=MONTHS).drop("unique_id"), how="cross"
    )
    row = pl.DataFrame([{key: series_row(EV).get(key) for key in SERIES}], schema=SERIES).drop("series_id")
    places = {
        name: pl.int_range(pl.len()) * size if name.endswith("start") else pl.lit(size)
        for name, size in {
            **{"row_start": HORIZON, "row_count": HORIZON, "panel_start": MONTHS, "panel_count": MONTHS},
            **{"reports_start": 0, "reports_count": 0},
        }.items()
    }
    series = ids.join(row, how="cross").with_columns(region=pl.col("series_id").str.tail(8), **places)
    return Vintage(
        issue=issue(),
        forecasts=forecasts,
        series=series.select(SERIES.names()).cast(dict(SERIES)),
        panel=panel.select(PANEL.names()),
        scores=pl.DataFrame(schema=SCORES),
        ranks=ranks_of(None),
        reports=tiny_vintage().reports.clear(),
    )
