"""Monthly retraining of the bundled catalogue with kept fits, beside the same from nothing.

By the command itself, each run a process of its own: from nothing on the bundled figures less the newest months of each
body that publishes them; then one month after the other comes in and is retrained; the last one once more from nothing.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean

import polars as pl

from bench.spent import Meter
from forecaster.adapters.bundled_reports import bundled_reports
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.domain.months import month_numbers
from forecaster.settings import load_settings

KEPT = re.compile(r"([\d,]+) of ([\d,]+) fits are kept")
COMPARED = ("forecasts", "backtest")
KEYS = {"forecasts": ["series_id", "period"], "backtest": ["unique_id", "cutoff", "model", "block_start", "block_end"]}


@dataclass(frozen=True, slots=True)
class Timed:
    """One run."""

    what: str
    wall: float  # seconds
    cpu: float  # seconds of it and its processes
    kept: int
    fits: int
    frames: dict[str, pl.DataFrame]  # name -> numbers of the run's record, sorted


def take_in(reports: pl.DataFrame, *, home: Path, at: datetime) -> None:
    """Put reports in the store of a home folder."""
    DeltaReports(str(home / "reports")).append(reports, ingested_at=at)


def months_of_bundled(*, withheld: int) -> list[pl.DataFrame]:
    """The bundled reports: without the newest months of each body, and then month by month.

    Of each body and not of each series: what a body ended long ago has no newest month that comes in now.
    """
    series = load_catalogue(load_settings().catalogue_file).series
    bodies = {key: one.source for key, one in series.items()}
    known = bundled_reports().filter(pl.col("series_id").is_in(list(bodies)))
    body, end = pl.col("series_id").replace_strict(bodies), month_numbers("period_end")
    later = (withheld - end.max().over(body) + end).clip(lower_bound=0)
    parts = known.with_columns(later=later).sort("later", "report_id").partition_by("later", maintain_order=True)
    return [part.drop("later") for part in parts]


def retrain(home: Path, *options: str, what: str) -> Timed:
    """Run the command in a home folder, and read its record."""
    meter, began = Meter(), time.perf_counter()
    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "forecaster", "retrain", "--json", *options],
        env={**os.environ, "SECTORCAST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    cpu = meter.seconds()
    if ended.returncode:
        raise SystemExit(f"{what}: the run failed:\n{ended.stderr}")
    pairs = [tuple(int(text.replace(",", "")) for text in pair) for pair in KEPT.findall(ended.stderr)]
    run_id = json.loads(ended.stdout)["run_id"]
    timed = Timed(what, wall, cpu, sum(kept for kept, _ in pairs), sum(of for _, of in pairs), _record(home, run_id))
    kept = f"{timed.kept:,} of {timed.fits:,} fits kept" if timed.fits else "no fit kept"
    print(f"{what}: {wall:.1f} s, {cpu:.1f} s of CPU, {kept}", flush=True)
    return timed


def _record(home: Path, run_id: str) -> dict[str, pl.DataFrame]:
    """Forecasts and backtest of a run, as MLflow keeps them."""
    frames = {}
    for name in COMPARED:
        # The copy of a home names the artifacts' folder of the first.
        (file,) = home.parent.glob(f"*/mlartifacts/**/{run_id}/artifacts/{name}.parquet")
        frames[name] = pl.read_parquet(file).sort(KEYS[name])
    return frames


def main() -> None:
    """Measure, and compare the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", default="production")
    parser.add_argument("--months", type=int, default=3, help="that come in; a cutoff becomes one three months later")
    given = parser.parse_args()
    asked = ("--experiment", given.experiment)
    with tempfile.TemporaryDirectory() as temporary:
        home, other = Path(temporary) / "kept", Path(temporary) / "nothing"
        home.mkdir()
        first, *months = months_of_bundled(withheld=given.months)
        at = pl.concat([first, *months]).select(pl.col("released_at").max()).item()
        take_in(first, home=home, at=at)
        kept = []
        retrain(home, *asked, what=f"{given.months} months before, from nothing")
        for number, month in enumerate(months, start=1):
            take_in(month, home=home, at=at)
            if number == len(months):
                shutil.copytree(home, other, ignore=shutil.ignore_patterns("fits.db*"))
            kept.append(retrain(home, *asked, what=f"month {number} of {given.months}, with kept fits"))
        nothing = retrain(other, *asked, what="the last month, from nothing")
        print(f"the file of kept fits: {(home / 'fits.db').stat().st_size / 1e6:.1f} MB")
    _compare(kept, nothing)


def _compare(kept: Sequence[Timed], nothing: Timed) -> None:
    for what, months in (("the last month", kept[-1:]), (f"mean of {len(kept)} months", kept)):
        wall = nothing.wall / fmean(month.wall for month in months)
        cpu = nothing.cpu / fmean(month.cpu for month in months)
        print(f"from nothing / with kept fits, {what}: {wall:.1f} on the clock, {cpu:.1f} of CPU")
    last = kept[-1].frames
    rows = sum(frame.height for frame in last.values())
    if any(not last[name].equals(nothing.frames[name]) for name in COMPARED):
        raise SystemExit("The numbers differ.")
    print(f"The same numbers to the last bit: {rows:,} rows of forecasts and backtest.")


if __name__ == "__main__":
    main()
