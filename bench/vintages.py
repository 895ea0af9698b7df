"""Vintages of any size, as a run would have made them: level, trend and spread of each series from its number."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecaster.adapters.vintage_files import write_vintage
from forecaster.adapters.vintage_pointer import VintagePointer
from forecaster.domain.history import PUBLISHED, Cause
from forecaster.domain.panel import PANEL
from forecaster.domain.paths import PATHS, RANKS
from forecaster.domain.reports import STORED
from forecaster.domain.vintage import FORECASTS, QUANTILES, SERIES, Issue, Vintage, quantile_column
from forecaster.domain.vintage_rules import SCORES

HORIZON = 24
CAUSE = Cause(PUBLISHED, "made for a measurement", "bench")
ISSUED = datetime(2026, 9, 16, 2, 0, 11, tzinfo=UTC)


def series_id(number: int) -> str:
    """The id of the n-th series."""
    return f"ev.production.{number:07d}"


def published(root: Path, *, series: int, name: str) -> None:
    """Publish a vintage without the checks of its contents, which take memory several times its size.

    Args:
        root: of the vintages.
        series: how many, each with HORIZON months and one figure.
        name: becomes the vintage's id.
    """
    root.mkdir(parents=True, exist_ok=True)
    write_vintage(vintage(series, name=name), root=root).rename(root / name)
    VintagePointer(root).move_to(name, cause=CAUSE)


def vintage(series: int, *, name: str) -> Vintage:
    """A vintage in memory."""
    issue = Issue(name, ISSUED, ISSUED, "production", "0f3c2a", "14", "made for a measurement", "0")
    ids = pl.DataFrame({"series_id": [series_id(number) for number in range(series)]}).with_row_index("number")
    return Vintage(
        issue=issue,
        forecasts=_forecasts(ids),
        series=_series(ids),
        panel=_panel(ids),
        scores=pl.DataFrame(schema=SCORES),
        ranks=_ranks(),
        reports=pl.DataFrame(schema=STORED),
    )


def _forecasts(ids: pl.DataFrame) -> pl.DataFrame:
    steps = pl.DataFrame({"step": range(1, HORIZON + 1)}, schema={"step": pl.Int32()})
    months = pl.date(2026 + (pl.col("step") + 7) // 12, (pl.col("step") + 7) % 12 + 1, 1)
    mean = (1000.0 + pl.col("number") % 977) * (1 + pl.col("step") / 100)
    spread = mean * 0.02 * (1 + pl.col("step") / 12)
    rows = ids.join(steps, how="cross").with_columns(period=months, mean=mean)
    bounds = {quantile_column(quantile): mean + spread * (quantile - 0.5) * 10 for quantile in QUANTILES}
    return rows.with_columns(**bounds).select(FORECASTS.names()).cast(FORECASTS)


def _series(ids: pl.DataFrame) -> pl.DataFrame:
    told = {
        "sector": "ev", "measure": "production", "segment": None, "source": "nbs", "leading": True,
        "name": "New energy vehicle output, region", "name_zh": "新能源汽车产量", "unit": "vehicles", "kind": "flow",
        "derived": None, "first_period": date(2019, 1, 1), "last_period": date(2026, 8, 1), "last_release": ISSUED,
        "stale": False, "status": "forecast", "weights": '{"auto_ets":0.5,"auto_ces":0.5}', "failed": "[]",
        "mase": 0.71, "coverage_80": 0.81, "folds": 12, "row_count": HORIZON, "panel_count": 1,
        "reports_start": 0, "reports_count": 0,
    }  # fmt: skip  # a list of names reads best filled
    columns = {name: pl.lit(value, dtype=SERIES[name]) for name, value in told.items()}
    nobody = pl.lit([], dtype=pl.List(pl.String))
    places = {"row_start": pl.col("number") * HORIZON, "panel_start": pl.col("number")}
    region = pl.col("series_id").str.split(".").list.last()
    found = ids.with_columns(region=region, parents=nobody, children=nobody, **columns, **places)
    return found.select(SERIES.names()).cast(SERIES)


def _panel(ids: pl.DataFrame) -> pl.DataFrame:
    month = pl.lit(date(2026, 8, 1))
    rows = ids.select(
        unique_id="series_id", ds=month, y=1000.0 + pl.col("number") % 977, obtained=pl.lit("reported"),
        block_start=month, block_end=month, reports=pl.lit([], dtype=pl.List(pl.String)),
    )  # fmt: skip
    return rows.select(PANEL.names()).cast(PANEL)


def _ranks() -> pl.DataFrame:
    ranks = [(at + 1) / (PATHS + 1) for at in range(PATHS)]
    return pl.DataFrame([(None, step, ranks) for step in range(1, HORIZON + 1)], schema=RANKS, orient="row")
