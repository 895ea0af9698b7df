"""The files of a run: forecasts, backtest, charts, decision; written to a folder that a run log takes."""

import json
import zipfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert

from forecaster import charts
from forecaster.domain.combination import COMBINATION
from forecaster.domain.issue import FORECAST
from forecaster.domain.ports import RunRecord
from forecaster.domain.summary import by_horizon, calibration_by_sector
from forecaster.domain.variant_choice import LEAST_BLOCKS, LEAST_GAIN

WIDTH = 560
"""Pixels; the frame that the MLflow UI shows a page in has no width that a chart could follow."""


def write_artifacts(record: RunRecord, folder: Path) -> None:
    """Write every file of a run.

    Args:
        record: the run.
        folder: empty; gets forecasts.parquet, backtest.parquet, vintage.zip, decision.md and charts/.
    """
    record.vintage.forecasts.write_parquet(folder / "forecasts.parquet")
    backtest = record.blocks.join(record.scales, on=["unique_id", "cutoff"], how="left")
    backtest.write_parquet(folder / "backtest.parquet")
    _archive(record, folder / "vintage.zip")
    (folder / "decision.md").write_text(_decision(record), encoding="utf-8")
    drawn = folder / "charts"
    drawn.mkdir()
    for name, chart in _charts(record):
        _draw(chart, drawn / name)


def _archive(record: RunRecord, file: Path) -> None:
    vintage = record.vintage
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("issue.json", json.dumps(asdict(vintage.issue), default=str, indent=2))
        for name, frame in vintage.frames().items():
            held = BytesIO()
            frame.write_parquet(held)
            archive.writestr(f"{name}.parquet", held.getvalue())


def _decision(record: RunRecord) -> str:
    verdict = "The challenger goes into service." if record.decision.promote else "The champion stays."
    lines = [f"# {verdict}", "", record.decision.reason, ""]
    if not record.decision.by_sector.is_empty():
        lines += ["| sector | series | champion MASE | challenger MASE |", "|---|---|---|---|"]
        lines += [
            f"| {row['sector']} | {row['series']} | {row['champion']:.4f} | {row['challenger']:.4f} |"
            for row in record.decision.by_sector.iter_rows(named=True)
        ]
    if not record.decision.lost.is_empty():
        lines += ["", "| forecast in service, but not by this run | why |", "|---|---|"]
        lines += [f"| {series_id} | {status} |" for series_id, status in record.decision.lost.iter_rows()]
    return "\n".join([*lines, *_reconciliation(record), *_variants(record), *_held(record), ""])


def _reconciliation(record: RunRecord) -> list[str]:
    issue = record.vintage.issue
    lines = ["", f"## Reconciliation: {issue.reconciliation}", ""]
    if not record.levels.is_empty():
        lines += ["| sector | level (0: the total) | series | MASE before | after |", "|---|---|---|---|---|"]
        lines += [
            f"| {row['sector']} | {row['level']} | {row['series']} | {row['before']:.4f} | {row['after']:.4f} |"
            for row in record.levels.iter_rows(named=True)
        ]
    if issue.apart:
        lines += ["", "| total that is no sum of its parts | why |", "|---|---|"]
        lines += [f"| {total} | {reason} |" for total, reason in sorted(issue.apart.items())]
    return lines


def _variants(record: RunRecord) -> list[str]:
    if record.variants.is_empty():
        return []
    lines = ["", "## Lunar New Year, working days, drivers", ""]
    lines += [
        "MASE over the figures that both forecasts were scored on; the last two columns over the whole backtest,",
        f"where only what was known at each cutoff decides. Used: {LEAST_GAIN:.0%} better over {LEAST_BLOCKS} figures,",
        "the best of a series' variants, and its driver known up to the series' last month.",
        "",
    ]
    lines += ["| series | variant | figures | MASE plain | MASE variant | used | always plain | as chosen |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for row in record.variants.iter_rows(named=True):
        scores = [row["plain"], row["mase"]], [row["mase_unchosen"], row["mase_chosen"]]
        cells = [" | ".join(f"{value:.4f}" for value in pair) for pair in scores]
        used = "yes" if row["used"] else "no"
        lines.append(f"| {row['unique_id']} | {row['variant']} | {row['blocks']} | {cells[0]} | {used} | {cells[1]} |")
    return lines


def _held(record: RunRecord) -> list[str]:
    """The forecasts in this vintage that were held within what their series' past growth allows."""
    last = dict(record.vintage.series.select("series_id", "last_period").iter_rows())
    own = [one for one in record.failed if one.model == COMBINATION and one.cutoff == last.get(one.unique_id)]
    if not own:
        return []
    lines = ["", "## Forecasts that were held", "", "| series | what was done |", "|---|---|"]
    return [*lines, *(f"| {one.unique_id} | {one.reason} |" for one in own)]


def _charts(record: RunRecord) -> list[tuple[str, alt.TopLevelMixin]]:
    found: list[tuple[str, alt.TopLevelMixin]] = []
    horizons = by_horizon(record.blocks, scales=record.scales)
    for (sector,), rows in horizons.group_by("sector", maintain_order=True):
        title = f"{sector}: backtest error by horizon"
        found.append((f"error-by-horizon-{sector}", charts.error_by_horizon(rows, title=title)))
    for (sector,), rows in calibration_by_sector(record.coverage).group_by("sector", maintain_order=True):
        title = f"{sector}: coverage in the backtest"
        found.append((f"calibration-{sector}", charts.calibration(rows, title=title)))
    for series_id in _largest(record):
        found.append((f"fan-{series_id}", _fan(record, series_id)))
    return found


def _largest(record: RunRecord) -> list[str]:
    """The series with the largest forecast of each sector and measure: its whole, or its main part."""
    size = record.vintage.forecasts.group_by("series_id").agg(pl.col("mean").sum())
    forecast = record.vintage.series.filter((pl.col("status") == FORECAST) & pl.col("leading"))
    ranked = forecast.join(size, on="series_id").sort("mean", descending=True)
    return sorted(ranked.unique(["sector", "measure"], keep="first", maintain_order=True)["series_id"])


def _fan(record: RunRecord, series_id: str) -> alt.LayerChart:
    vintage = record.vintage
    row = vintage.series.row(by_predicate=pl.col("series_id") == series_id, named=True)
    history = vintage.panel.filter(pl.col("unique_id") == series_id).select("ds", "y", "obtained")
    forecasts = vintage.forecasts.filter(pl.col("series_id") == series_id)
    drawn = charts.fan_chart(history, forecasts, title=row["name"], unit=row["unit"])
    return drawn.properties(width=WIDTH)


def _draw(chart: alt.TopLevelMixin, file: Path) -> None:
    """One definition, as a picture and as an interactive page that needs no network."""
    specification = chart.to_json()
    file.with_name(file.name + ".png").write_bytes(vl_convert.vegalite_to_png(specification, scale=2.0))
    page = vl_convert.vegalite_to_html(specification, bundle=True)
    file.with_name(file.name + ".html").write_text(page, encoding="utf-8")
