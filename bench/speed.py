"""What the engine costs: beside a bare loop of the vendor with the same models, and by the number of series.

The command is run as anybody runs it; its memory and that of its processes is read from /proc, so this needs Linux.

python -m bench.speed [--series 300] [--scale 1000 10000] [--large] [--months 36] [--profile fast]
"""

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from statsforecast import StatsForecast, models

from bench.m3 import HORIZON, SEASON, m3_monthly
from bench.spent import Meter, descendants, seconds_so_far
from forecaster.adapters.statsforecast_engine import statsforecast_engine
from forecaster.cli.predict import PROFILES
from forecaster.domain.experiment import Candidate
from forecaster.domain.folds import last_cutoffs
from forecaster.domain.panel import PANEL

LARGE = 100_000
WINDOWS, STEP = 2, 6
MODELS = ("AutoETS", "AutoCES", "DynamicOptimizedTheta")
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu_seconds: float  # with its processes
    own_mb: float  # the most that it held
    process_mb: float  # the most that one of its processes held


def main() -> None:
    """Print CPU seconds side by side and their ratio, then time and memory by the number of series."""
    options = argparse.ArgumentParser()
    options.add_argument("--series", type=int, default=300, help="beside the bare loop; 0: leave that out")
    options.add_argument("--scale", type=int, nargs="*", default=[1000, 10_000])
    options.add_argument("--large", action="store_true", help=f"{LARGE:,} series too: over an hour of CPU")
    options.add_argument("--months", type=int, help="only so many last months of each series")
    options.add_argument("--profile", choices=PROFILES, default="fast")
    asked = options.parse_args()
    train, _ = m3_monthly(every=1)
    if asked.series:
        _print_beside(_first(train, asked.series))
    shown = train.group_by("unique_id", maintain_order=True).tail(asked.months) if asked.months else train
    print(
        f"{'series':>8} {'CPU ms a series':>16} {'ms a series':>12} {'peak MB of the command':>23} {'of a process':>13}"
    )
    for count in [*asked.scale, *([LARGE] if asked.large else [])]:
        cost = _command(shown, count=count, profile=asked.profile)
        print(
            f"{count:8,} {1000 * cost.cpu_seconds / count:16.1f} {1000 * cost.seconds / count:12.1f}"
            f" {cost.own_mb:23,.0f} {cost.process_mb:13,.0f}",
            flush=True,
        )


def _print_beside(train: pl.DataFrame) -> None:
    ours, bare = _measured(_engine, train), _measured(_bare, train)
    count = train["unique_id"].n_unique()
    print(f"{count} series, {len(MODELS)} stock models, one forecast and {WINDOWS} cutoffs each; CPU seconds:")
    print(f"engine {ours:.1f}, bare StatsForecast.forecast and cross_validation {bare:.1f}, ratio {ours / bare:.2f}\n")


def _engine(train: pl.DataFrame) -> None:
    month = pl.col("ds")
    panel = train.with_columns(obtained=pl.lit("reported"), block_start=month, block_end=month)
    panel = panel.with_columns(reports=pl.lit([], pl.List(pl.String()))).select(PANEL.names()).cast(PANEL)
    back = pl.DataFrame({"months": [-STEP * at for at in range(WINDOWS + 1)]})
    cutoffs = last_cutoffs(panel).join(back, how="cross")
    cutoffs = cutoffs.select("unique_id", pl.col("cutoff").dt.offset_by(pl.format("{}mo", "months")))
    models = [Candidate(name, name, {"season_length": SEASON}) for name in MODELS]
    with statsforecast_engine(workers=WORKERS) as engine:
        engine.predict(panel, cutoffs=cutoffs, candidates=models, horizon=HORIZON, progress=lambda _: None)


def _bare(train: pl.DataFrame) -> None:
    loop = StatsForecast(
        models=[getattr(models, name)(season_length=SEASON) for name in MODELS], freq="1mo", n_jobs=WORKERS
    )
    loop.forecast(df=train, h=HORIZON)
    loop.cross_validation(df=train, h=HORIZON, n_windows=WINDOWS, step_size=STEP)


def _measured(work: Callable[[pl.DataFrame], None], train: pl.DataFrame) -> float:
    """CPU seconds of a process that does some work, with those it starts."""
    context = multiprocessing.get_context("spawn")
    there, here = context.Pipe()
    process = context.Process(target=_work, args=(work, train, here))
    process.start()
    seconds = float(there.recv())
    process.join()
    return seconds


def _work(
    work: Callable[[pl.DataFrame], None], train: pl.DataFrame, here: "multiprocessing.connection.Connection"
) -> None:
    work(train)
    here.send(seconds_so_far())


def _command(train: pl.DataFrame, *, count: int, profile: str) -> Cost:
    """What `sectorcast predict` takes for so many series."""
    with tempfile.TemporaryDirectory() as folder:
        panel, out = Path(folder) / "panel.csv", Path(folder) / "forecasts.csv"
        _write_repeated(train, count=count, file=panel)
        words = ["predict", str(panel), "-o", str(out), "--horizon", str(HORIZON), "--profile", profile]
        started, meter, held = time.monotonic(), Meter(), dict[int, float]()
        with (Path(folder) / "told").open("w+") as told:
            line = [sys.executable, "-m", "forecaster", *words]
            command = subprocess.Popen(line, stdout=told, stderr=told)  # noqa: S603  # this program's own command
            while command.poll() is None:
                held |= {pid: peak for pid in descendants(command.pid) if (peak := _peak_mb(pid))}
                time.sleep(0.25)
            if command.returncode:
                told.seek(0)
                raise SystemExit(told.read())
        own = held.pop(command.pid)
        seconds = time.monotonic() - started
        return Cost(seconds, meter.seconds(), own, max(held.values()))


def _peak_mb(pid: int) -> float:
    """The most memory that a process held; 0 where it has ended.

    Not that of `getrusage`: a process that is started there begins with the peak of the one that starts it.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _first(train: pl.DataFrame, count: int) -> pl.DataFrame:
    return train.filter(pl.col("unique_id").is_in(train["unique_id"].unique().sort()[:count].implode()))


def _write_repeated(train: pl.DataFrame, *, count: int, file: Path) -> None:
    """A CSV of so many series, the same ones again and again under other names."""
    names = train["unique_id"].unique().sort()
    with file.open("wb") as stream:
        for number, start in enumerate(range(0, count, len(names))):
            wanted = train.filter(pl.col("unique_id").is_in(names.head(count - start).implode()))
            named = wanted.with_columns(unique_id=pl.format("{}-{}", pl.lit(f"{number:04}"), "unique_id"))
            named.write_csv(stream, include_header=not number)


if __name__ == "__main__":
    main()
