"""The files of a run: forecasts, backtest, charts, decision; written to a folder that a run log takes."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from forecaster.domain.combination import COMBINATION
from forecaster.domain.ports import RunRecord
from forecaster.domain.trials import LEAST_BLOCKS, LEAST_GAIN

DECISION = "decision.md"
CHARTS = "charts"
INPUTS = "inputs"
"""Where the record keeps the files that it was run from."""

EXPERIMENT, CATALOGUE = "experiment.toml", "catalogue.toml"
"""These files."""

COMPARED_HEAD = [
    "| sector | series | folds | champion MASE | challenger MASE | difference | p | the champion's errors |",
    "|---|---|---|---|---|---|---|---|",
]
PAIRED = (
    "p: how often a difference as large comes about by chance, two-sided; paired by series and fold, fold means tested "
    "as by Diebold & Mariano with the periodogram variance of Coroneo & Iacone (2020), shrunk for overlapping folds."
)


def write_artifacts(record: RunRecord, folder: Path) -> None:
    """Write every file of a run.

    Args:
        record: the run.
        folder: empty; gets what `write_figures` writes, and charts/.
    """
    write_figures(record, folder)
    write_charts(record, folder)


def write_charts(record: RunRecord, folder: Path) -> None:
    """Write the charts of a run to charts/ in a folder."""
    # The process of a run has another one do this, and does without Altair.
    from forecaster.adapters.run_pictures import draw  # noqa: PLC0415  # half a second

    draw(record, folder / CHARTS)


def get_ready_to_draw() -> None:
    """Take the seconds now that the first chart would take."""
    from forecaster.adapters.run_pictures import get_ready  # noqa: PLC0415  # the same

    get_ready()


def write_figures(record: RunRecord, folder: Path) -> None:
    """Write every file of a run but its charts.

    Args:
        record: the run.
        folder: gets forecasts.parquet, backtest.parquet, vintage.zip, decision.md and inputs/.
    """
    (folder / INPUTS).mkdir()
    for name, text in record.inputs.items():
        (folder / INPUTS / name).write_text(text, encoding="utf-8")
    record.vintage.forecasts.write_parquet(folder / "forecasts.parquet")
    backtest = record.blocks.join(record.scales, on=["unique_id", "cutoff"], how="left")
    backtest.write_parquet(folder / "backtest.parquet")
    _archive(record, folder / "vintage.zip")
    (folder / DECISION).write_text(_decision(record), encoding="utf-8")


def _archive(record: RunRecord, file: Path) -> None:
    vintage = record.vintage
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("issue.json", json.dumps(asdict(vintage.issue), default=str, indent=2))
        for name, frame in vintage.frames().items():
            held = BytesIO()
            frame.write_parquet(held)
            archive.writestr(f"{name}.parquet", held.getvalue())


def _decision(record: RunRecord) -> str:
    stays = "Only tried: nothing changes in service." if record.tried else "The champion stays."
    verdict = "The challenger goes into service." if record.decision.promote else stays
    lines = [f"# {verdict}", "", record.decision.reason, ""]
    if not record.decision.by_sector.is_empty():
        lines += COMPARED_HEAD
        lines += [_compared(row) for row in record.decision.by_sector.iter_rows(named=True)]
        lines += ["", PAIRED]
    if not record.decision.lost.is_empty():
        lines += ["", "| forecast in service, but not by this run | why |", "|---|---|"]
        lines += [f"| {series_id} | {status} |" for series_id, status in record.decision.lost.iter_rows()]
    return "\n".join([*lines, *_reconciliation(record), *_variants(record), *_held(record), ""])


def _compared(row: Mapping[str, Any]) -> str:
    chance = "too few folds" if row["p_value"] is None else f"{row['p_value']:.3f}"
    errors = f"{row['champion']:.4f} | {row['challenger']:.4f} | {row['difference']:+.4f}"
    return f"| {row['sector']} | {row['series']} | {row['folds']} | {errors} | {chance} | {row['how']} |"


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
    lines = ["", "## Lunar New Year, working days, drivers, learnt weights", ""]
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
