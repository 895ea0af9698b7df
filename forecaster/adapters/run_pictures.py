"""The charts of a run as pictures and as interactive pages, both from one definition."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert
from altair.utils.schemapi import debug_mode

from forecaster import charts, run_charts
from forecaster.domain.issue import FORECAST
from forecaster.domain.ports import RunRecord
from forecaster.domain.skill import benchmark_of, skill_by_series
from forecaster.domain.summary import by_horizon, calibration_by_sector, weights_by_sector

WIDTH = 560
"""Pixels; the frame that the MLflow UI shows a page in has no width that a chart could follow."""

YEAR = 12
SHOWN_BEFORE = 6 * YEAR
"""Months before a past forecast that are drawn: enough for its seasons, few enough for the months that came."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><title>Chart</title><script>{scripts}</script></head>
<body><div id="chart"></div>
<script>vegaEmbed("#chart", {chart}, {{"renderer": "svg"}}).catch(console.error);</script></body>
</html>
"""
"""Ours, since the vendor takes 2 s to bundle the scripts anew."""

Named = tuple[str, alt.TopLevelMixin]


def get_ready() -> None:
    """Let the vendor start."""
    vl_convert.vegalite_to_svg(charts.calibration(pl.DataFrame(schema=["nominal", "observed"])).to_json())


def draw(record: RunRecord, folder: Path) -> None:
    """Write every chart of a run as NAME.png and NAME.html in a folder, which is made."""
    folder.mkdir()
    # Built here and drawn beside: drawing holds no lock of the interpreter. What is built is always of the same kinds,
    # so Altair's check of each part against its schema, a third of the building, is left to the tests.
    with ThreadPoolExecutor(1) as beside, debug_mode(False):
        charts_of_run = chain(_of_sectors(record), _of_series(record))
        drawn = [
            beside.submit(_draw, chart.to_json(indent=None, validate=False), folder / name)
            for name, chart in charts_of_run
        ]
    for one in drawn:
        one.result()


def _of_sectors(record: RunRecord) -> Iterator[Named]:
    for sector, rows in _by_sector(by_horizon(record.blocks, scales=record.scales)):
        title = f"{sector}: backtest error by horizon"
        yield f"error-by-horizon-{sector}", charts.error_by_horizon(rows, title=title)
    for sector, rows in _by_sector(calibration_by_sector(record.coverage)):
        title = f"{sector}: coverage in the backtest"
        yield f"calibration-{sector}", charts.calibration(rows, title=title)
    benchmark = benchmark_of(record.experiment)
    if benchmark is not None:
        for sector, rows in _by_sector(skill_by_series(record.blocks, scales=record.scales, benchmark=benchmark)):
            title = f"{sector}: skill over the seasonal naive forecast in the backtest"
            yield f"skill-{sector}", run_charts.skill_chart(rows, title=title)
    yield "weights", run_charts.weights_chart(weights_by_sector(_trained(record)))


def _of_series(record: RunRecord) -> Iterator[Named]:
    for series_id in _largest(record):
        yield f"fan-{series_id}", _fan(record, series_id)
        past = _past_fan(record, series_id)
        if past is not None:
            yield f"last-fold-{series_id}", past


def _by_sector(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for (sector,), rows in frame.group_by("sector", maintain_order=True):
        yield str(sector), rows


def _trained(record: RunRecord) -> pl.DataFrame:
    """The series that this run forecast: its vintage may carry other sectors over."""
    tested = pl.col("series_id").is_in(record.blocks["unique_id"].unique().implode())
    return record.vintage.series.filter((pl.col("status") == FORECAST) & tested)


def _largest(record: RunRecord) -> list[str]:
    """The series with the largest forecast of each sector and measure: its whole, or its main part."""
    size = record.vintage.forecasts.group_by("series_id").agg(pl.col("mean").sum())
    forecast = _trained(record).filter("leading")
    ranked = forecast.join(size, on="series_id").sort("mean", descending=True)
    return sorted(ranked.unique(["sector", "measure"], keep="first", maintain_order=True)["series_id"])


def _fan(record: RunRecord, series_id: str) -> alt.LayerChart:
    row = _series(record, series_id)
    forecasts = record.vintage.forecasts.filter(pl.col("series_id") == series_id)
    drawn = charts.fan_chart(_history(record, series_id), forecasts, title=row["name"], unit=row["unit"])
    drawn.width = WIDTH
    return drawn


def _past_fan(record: RunRecord, series_id: str) -> alt.LayerChart | None:
    """The latest forecast of the backtest that a year has passed over since, else the earliest; None without any."""
    past = record.past.filter(pl.col("unique_id") == series_id)
    cutoffs = past["cutoff"].unique().sort().to_list()
    if not cutoffs:
        return None
    row, history = _series(record, series_id), _history(record, series_id)
    cutoff = _settled(cutoffs, history=history)
    forecasts = past.filter(pl.col("cutoff") == cutoff).rename({"ds": "period", "y_hat": "mean"}).sort("period")
    came = history.filter(pl.col("ds").is_between(cutoff, forecasts["period"].max(), closed="right"))
    known = history.filter(pl.col("ds") <= cutoff).tail(SHOWN_BEFORE)
    title = f"{row['name']}: forecast from {cutoff:%Y-%m} and what came"
    drawn = run_charts.past_fan_chart(known, forecasts, came, title=title, unit=row["unit"])
    drawn.width = WIDTH
    return drawn


def _settled(cutoffs: list[date], *, history: pl.DataFrame) -> date:
    old_enough = [cutoff for cutoff in cutoffs if history.filter(pl.col("ds") > cutoff).height >= YEAR]
    return old_enough[-1] if old_enough else cutoffs[0]


def _series(record: RunRecord, series_id: str) -> dict[str, str]:
    return record.vintage.series.row(by_predicate=pl.col("series_id") == series_id, named=True)


def _history(record: RunRecord, series_id: str) -> pl.DataFrame:
    return record.vintage.panel.filter(pl.col("unique_id") == series_id).select("ds", "y", "obtained")


def _draw(specification: str, file: Path) -> None:
    file.with_name(file.name + ".png").write_bytes(vl_convert.vegalite_to_png(specification, scale=2.0))
    file.with_name(file.name + ".html").write_text(page_of(specification), encoding="utf-8")


def page_of(specification: str) -> str:
    """A page that draws a chart and needs no other host."""
    return PAGE.format(scripts=_scripts(), chart=specification.replace("<", "\\u003c"))  # no name may end the script


@cache
def _scripts() -> str:
    names = ("vega", "vega-lite", "vega-embed")
    return "\n".join((charts.SCRIPTS / f"{name}.min.js").read_text(encoding="utf-8") for name in names)
