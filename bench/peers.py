"""Accuracy and time beside Prophet, on a sample of the monthly series of M3.

python -m bench.peers [--every 20]
"""

import argparse
import logging
import time

import polars as pl
from prophet import Prophet

from bench.m3 import HEADER, HORIZON, line, m3_monthly, scores, timed, yardstick
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES


def main() -> None:
    """Print a row of figures for each."""
    options = argparse.ArgumentParser()
    options.add_argument("--every", type=int, default=20)
    train, test = m3_monthly(every=options.parse_args().every)
    count = train["unique_id"].n_unique()
    print(f"M3 monthly, {count} series")
    print(HEADER)
    found, seconds = timed(train, profile="fast")
    peer, peer_seconds = _prophet(train)
    measure = yardstick(train)
    for name, forecasts, spent in (("fast", found, seconds), ("Prophet", peer, peer_seconds)):
        print(line(name, scores(forecasts, train=train, test=test), seconds=spent / count, measure=measure))


def _prophet(train: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Its forecasts with default settings, quantiles from its 1,000 simulated futures; and seconds on one core."""
    logging.disable(logging.INFO)  # a line for each series
    started, parts = time.perf_counter(), []
    for (name,), series in train.group_by("unique_id", maintain_order=True):
        model = Prophet(weekly_seasonality=False, daily_seasonality=False).fit(series.select("ds", "y").to_pandas())
        ahead = model.make_future_dataframe(HORIZON, freq="MS", include_history=False)
        futures = pl.DataFrame(model.predictive_samples(ahead)["yhat"].T)
        columns = {
            column: [futures[f"column_{at}"].quantile(quantile) for at in range(HORIZON)]
            for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
        }
        mean = model.predict(ahead)["yhat"].to_list()
        steps = pl.Series(range(1, HORIZON + 1), dtype=pl.Int32)
        parts.append(pl.DataFrame({"unique_id": [name] * HORIZON, "step": steps, "mean": mean, **columns}))
    return pl.concat(parts), time.perf_counter() - started


if __name__ == "__main__":
    main()
