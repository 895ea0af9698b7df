"""How often the drift test is wrong, and how soon it is right: figures made up, series that err together.

Each history has three years of monthly retraining and a look each month. Errors of a month are the sector's shock and
the series' own, with fat tails; intervals are made of a finite backtest's errors, as in a run. Then errors grow.

    python -m bench.drift
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecaster.domain.drift import SCOPES, judged
from forecaster.domain.realised import BOUNDS, FIGURES

SERIES, SECTORS, MONTHS = 60, ("ev", "battery", "solar"), 36
FOLDS = 12  # of the backtest, a pool of a sector's errors
TOGETHER = 0.7  # correlation of errors within a sector
SOUND, TWICE, SHIFTED = (1.0, 0.0), (2.0, 0.0), (1.0, 1.5)  # times as large, and by so many standard errors too low


@dataclass(frozen=True, slots=True)
class Found:
    """What the looks at one history found, month by month."""

    sector: list[bool]
    series: list[bool]


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=200)
    histories = parser.parse_args().histories
    for name, case in (("sound", SOUND), ("twice as large", TWICE), ("shifted", SHIFTED)):
        found = [_looks(np.random.default_rng(seed), case=case) for seed in range(histories)]
        for scope in SCOPES:
            looks = np.array([getattr(one, scope) for one in found])
            months = [int(np.argmax(row)) + 1 for row in looks if row.any()]
            median = f"{np.median(months):.0f}" if len(months) > histories / 2 else "-"
            print(
                f"{name:15} {scope:7} looks {looks.mean():7.2%}  years {looks[:, :12].any(axis=1).mean():6.1%}"
                f"  three years {looks.any(axis=1).mean():6.1%}  median months to the first {median}"
            )


def _looks(draw: np.random.Generator, *, case: tuple[float, float]) -> Found:
    figures = pl.concat(list(_sectors(draw, case=case)))
    promised = figures.select("unique_id", coverage_80=pl.lit(0.8), folds=pl.lit(FOLDS)).unique()
    judged_each = [
        judged(figures.filter(pl.col("block_end") <= month), promised=promised).filter("drifted")["scope"].to_list()
        for month in figures["block_end"].unique().sort()
    ]
    return Found(*([scope in found for found in judged_each] for scope in SCOPES))


def _sectors(draw: np.random.Generator, *, case: tuple[float, float]) -> Iterator[pl.DataFrame]:
    each = SERIES // len(SECTORS)
    times, shift = case
    for sector in SECTORS:
        ends = np.quantile(_errors(draw, count=FOLDS, series=each), (0.025, 0.1, 0.9, 0.975))
        errors = times * _errors(draw, count=MONTHS, series=each) + shift
        for number in range(each):
            yield _figures(f"{sector}.production.X{number}", errors[:, number], ends=ends)


def _errors(draw: np.random.Generator, *, count: int, series: int) -> np.ndarray:
    shocks = np.sqrt(TOGETHER) * draw.standard_t(5, (count, 1)) + np.sqrt(1 - TOGETHER) * draw.standard_t(
        5, (count, series)
    )
    return np.asarray(shocks / np.sqrt(5 / 3))


def _figures(unique_id: str, errors: np.ndarray, *, ends: np.ndarray) -> pl.DataFrame:
    months = pl.date_range(date(2024, 1, 1), date(2026, 12, 1), "1mo", eager=True)
    blank = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in FIGURES.items()]
    low, high = BOUNDS[95], BOUNDS[80]
    bounds = dict(zip((low[0], high[0], high[1], low[1]), (pl.lit(float(end)) for end in ends), strict=True))
    frame = pl.DataFrame({"at": months, "error": errors}).with_columns(blank)
    return frame.with_columns(
        pl.lit(unique_id).alias("unique_id"),
        pl.lit("v").alias("vintage"),
        pl.col("at").dt.offset_by("-1mo").alias("cutoff"),
        pl.col("at").alias("block_start"),
        pl.col("at").alias("block_end"),
        pl.col("error").alias("y"),
        **bounds,
    ).select(FIGURES.names())


if __name__ == "__main__":
    main()
