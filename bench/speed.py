"""What the engine costs: beside a bare loop of the vendor with the same models, and by the number of series.

python -m bench.speed [--series 300] [--scale 1000 10000]
"""

import argparse
import multiprocessing
import resource
from collections.abc import Callable

import polars as pl
from statsforecast import StatsForecast, models

from bench.m3 import HORIZON, SEASON, m3_monthly
from forecaster.adapters.statsforecast_engine import statsforecast_engine
from forecaster.cli.predict import candidates
from forecaster.domain.experiment import Candidate
from forecaster.domain.folds import last_cutoffs
from forecaster.domain.panel import PANEL
from forecaster.predicting import predict

WINDOWS, STEP = 2, 6
MODELS = ("AutoETS", "AutoCES", "DynamicOptimizedTheta")
WORKERS = 2


def main() -> None:
    """Print CPU seconds side by side and their ratio, then time and memory by the number of series."""
    options = argparse.ArgumentParser()
    options.add_argument("--series", type=int, default=300)
    options.add_argument("--scale", type=int, nargs="*", default=[1000, 10_000])
    asked = options.parse_args()
    train, _ = m3_monthly(every=1)
    _print_beside(_first(train, asked.series))
    print(f"\n{'series':>8} {'CPU ms a series':>16} {'peak MB of the command':>23} {'of a process':>13}")
    for count in asked.scale:
        seconds, own, workers = _measured(_predict, _repeated(train, count))
        print(f"{count:8,} {1000 * seconds / count:16.1f} {own:23,.0f} {workers:13,.0f}")


def _print_beside(train: pl.DataFrame) -> None:
    ours, *_ = _measured(_engine, train)
    bare, *_ = _measured(_bare, train)
    count = train["unique_id"].n_unique()
    print(f"{count} series, {len(MODELS)} stock models, one forecast and {WINDOWS} cutoffs each; CPU seconds:")
    print(f"engine {ours:.1f}, bare StatsForecast.forecast and cross_validation {bare:.1f}, ratio {ours / bare:.2f}")


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


def _predict(train: pl.DataFrame) -> None:
    with statsforecast_engine(workers=WORKERS) as engine:
        predict(
            train,
            file="M3",
            candidates=candidates("fast", season=SEASON),
            how="mean",
            horizon=HORIZON,
            season=SEASON,
            engine=engine,
            progress=lambda _: None,
        )


def _measured(work: Callable[[pl.DataFrame], None], train: pl.DataFrame) -> tuple[float, float, float]:
    """CPU seconds of a process that does some work, with those it starts; peak MB of it, and of the largest started."""
    context = multiprocessing.get_context("spawn")
    there, here = context.Pipe()
    process = context.Process(target=_work, args=(work, train, here))
    process.start()
    seconds, own, workers = there.recv()
    process.join()
    return float(seconds), float(own), float(workers)


def _work(
    work: Callable[[pl.DataFrame], None], train: pl.DataFrame, here: "multiprocessing.connection.Connection"
) -> None:
    work(train)
    both = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    here.send((sum(one.ru_utime + one.ru_stime for one in both), *(one.ru_maxrss / 1024 for one in both)))


def _first(train: pl.DataFrame, count: int) -> pl.DataFrame:
    return train.filter(pl.col("unique_id").is_in(train["unique_id"].unique().sort()[:count].implode()))


def _repeated(train: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many series, the same ones again and again under other names."""
    names = train["unique_id"].unique().sort()
    rounds = pl.DataFrame({"round": range(-(-count // len(names)))})
    wanted = rounds.join(names.to_frame(), how="cross").head(count)
    named = wanted.join(train, on="unique_id").with_columns(unique_id=pl.format("{}-{}", "round", "unique_id"))
    return named.select("unique_id", "ds", "y")


if __name__ == "__main__":
    main()
