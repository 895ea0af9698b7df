"""Whether published intervals hold what they promise: a test that is seldom wrong, however forecasts hang together.

Intervals are made of the backtest's errors, horizon by horizon, so what falls outside them is the backtest's promise
broken at that horizon. A forecast from a cutoff up to a month errs by what happened in between: forecasts whose spans
overlap err together and are one window, those of disjoint spans err independently. The share outside of a window has a
known mean and lies between 0 and 1, whatever ties its figures to each other, which bounds the probability that the
mean of several windows is as large by chance. What the backtest promised it knows from a few folds alone, so that its
standard error is granted besides. Source: Hoeffding (1963), theorem 1; Holm (1979) over all that is tested.
"""

import math

import polars as pl

from forecaster.domain.panel import SECTOR
from forecaster.domain.realised import BOUNDS

ALPHA = 0.01
"""Probability, at most, that a look at all sectors and series finds drift where there is none; half for either."""

WINDOWS = 12
"""So many of the latest windows are judged: a year of monthly retraining."""

LEAST = 3
"""Windows without which nothing is judged."""

FOLDS = 12
"""Of a backtest that is not known."""

SCOPES = {"sector": "sector", "series": "unique_id"}
"""What is judged -> the column of its key."""

JUDGED = pl.Schema(
    {
        "scope": pl.String(),  # sector or series
        "key": pl.String(),
        "level": pl.Int32(),  # percent
        "windows": pl.Int32(),
        "figures": pl.Int32(),
        "outside": pl.Float64(),  # mean share of a window's figures outside the interval
        "promised": pl.Float64(),  # the share that the level and the backtest allow
        "p_value": pl.Float64(),  # at most; 1 below LEAST windows
        "drifted": pl.Boolean(),
    }
)
"""Sorted by scope, key, level."""


def freshest(figures: pl.DataFrame) -> pl.DataFrame:
    """Of each figure the last forecast before it came.

    Args:
        figures: the FIGURES columns of `realised`.

    Returns:
        The same columns, one row a unique_id and block, sorted.
    """
    block = ("unique_id", "block_start", "block_end")
    return figures.sort(*block, "cutoff", "vintage").unique(block, keep="last", maintain_order=True)


def judged(figures: pl.DataFrame, *, promised: pl.DataFrame) -> pl.DataFrame:
    """What fell outside the intervals in service, and whether chance explains it.

    Args:
        figures: the FIGURES columns of `realised`.
        promised: unique_id, coverage_80 (what the 80 % interval held in the backtest), folds; null: not known.

    Returns:
        The JUDGED columns; a share is promised as the level says, or as the backtest had it where that was more, and a
        standard error of as many independent folds above that.
    """
    held = freshest(figures).with_columns(SECTOR).join(promised, on="unique_id", how="left").with_columns(**_shares())
    found = [_of_scope(held, scope=scope, column=column) for scope, column in SCOPES.items()]
    return pl.concat(found).sort("scope", "key", "level")


def _shares() -> dict[str, pl.Expr]:
    """Of each figure and level, whether it lies outside, and the share that was promised."""
    missed = (1 - pl.col("coverage_80").fill_null(0.8)).clip(0.2) / 0.2  # times as often as the level says
    outside = {f"outside_{level}": ~pl.col("y").is_between(*ends) for level, ends in BOUNDS.items()}
    return outside | {f"promised_{level}": _allowed(missed * (1 - level / 100)) for level in BOUNDS}


def _allowed(share: pl.Expr) -> pl.Expr:
    folds = pl.col("folds").fill_null(FOLDS).clip(1)
    return (share + (share * (1 - share) / folds).sqrt()).clip(upper_bound=0.9)


def _of_scope(held: pl.DataFrame, *, scope: str, column: str) -> pl.DataFrame:
    windows = _windows(held, column=column)
    rows = [
        _row(windows.filter(pl.col("key") == key), scope=scope, key=key, level=level)
        for key in windows["key"].unique().sort()
        for level in BOUNDS
    ]
    return _holm(pl.DataFrame(rows, schema=JUDGED, orient="row"))


def _windows(held: pl.DataFrame, *, column: str) -> pl.DataFrame:
    """The latest windows of each key, oldest first: what their figures' shares are."""
    ordered = held.sort(column, "cutoff", "block_end").rename({column: "key"} if column != "key" else {})
    before = pl.col("block_end").cum_max().shift().over("key")
    begins = (pl.col("cutoff") >= before).fill_null(value=True)  # what came before has ended
    numbered = ordered.with_columns(window=begins.cum_sum().over("key"))
    shares = [name for level in BOUNDS for name in (f"outside_{level}", f"promised_{level}")]
    means = numbered.group_by("key", "window").agg(pl.col(shares).mean(), figures=pl.len())
    return means.sort("key", "window").group_by("key", maintain_order=True).tail(WINDOWS)


def _row(windows: pl.DataFrame, *, scope: str, key: str, level: int) -> dict[str, object]:
    count = windows.height
    outside, promised = (float(windows[f"{name}_{level}"].mean()) for name in ("outside", "promised"))  # type: ignore[arg-type]  # columns of floats
    p_value = chance(outside, promised=promised, windows=count) if count >= LEAST else 1.0
    about = {"scope": scope, "key": key, "level": level, "windows": count, "figures": int(windows["figures"].sum())}
    return {**about, "outside": outside, "promised": promised, "p_value": p_value, "drifted": False}


def chance(outside: float, *, promised: float, windows: int) -> float:
    """The largest probability that the mean of independent shares is as large.

    Args:
        outside: the mean found, 0 to 1.
        promised: the mean expected, 0 to 1.
        windows: how many shares, at least 1.

    Source: Hoeffding (1963), theorem 1, eq. 2.1.
    """
    if outside <= promised:
        return 1.0
    inside = (1 - outside) * math.log((1 - outside) / (1 - promised)) if outside < 1 else 0.0
    return math.exp(-windows * (outside * math.log(outside / promised) + inside))


def _holm(rows: pl.DataFrame) -> pl.DataFrame:
    """Mark what is drift at half of ALPHA over all rows that could be judged (Holm 1979)."""
    tested = int((rows["windows"] >= LEAST).sum())
    bound = (ALPHA / 2) / (tested - pl.int_range(pl.len(), dtype=pl.Int64)).clip(1)
    ordered = rows.sort("p_value", "key", "level")
    return ordered.with_columns(drifted=(pl.col("p_value") <= bound).cum_min() & (pl.col("p_value") < 1))
