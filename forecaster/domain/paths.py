"""Joint paths: possible futures of a series, made from its quantiles and from ranks that its pool shares.

Quantiles of single months say nothing of their sum: bounds don't add up. A path is one whole future of a series; the
sum over its months is one possible year-to-date. Ranks of the paths are kept, not the paths: with a series' own
quantiles they give its futures, and every series of a pool shares them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from forecaster.domain.vintage import QUANTILES

PATHS = 399
"""Their ranks, k / 400, hold every quantile that is kept: no quantile of a sum lies between two paths."""

RANKS = pl.Schema({"pool": pl.String(), "step": pl.Int32(), "ranks": pl.List(pl.Float64())})
"""One row a pool (null: the whole panel) and step, from 1: the rank, in (0, 1), of each of PATHS paths; sorted."""

ORDER = tuple(round(quantile * (PATHS + 1)) - 1 for quantile in QUANTILES)
"""Which of the paths, by the size of their values, is each quantile."""

Place = tuple[int, float]
"""Of a rank among QUANTILES: the piece between two of them, and how far along it (below 0 or above 1: beyond)."""


def places(ranks: Sequence[float]) -> tuple[Place, ...]:
    """Where ranks lie among the quantiles that are kept; the same for every series of a pool.

    Args:
        ranks: in (0, 1).
    """
    found = []
    for rank in ranks:
        piece = min(max(bisect_right(QUANTILES, rank) - 1, 0), len(QUANTILES) - 2)
        found.append((piece, (rank - QUANTILES[piece]) / (QUANTILES[piece + 1] - QUANTILES[piece])))
    return tuple(found)


def values_at(placed: Sequence[Place], *, quantiles: Sequence[float]) -> list[float]:
    """The values that ranks stand for, between a month's kept quantiles.

    Args:
        placed: as `places` gives them.
        quantiles: of the month, one for each of QUANTILES, ascending.

    Returns:
        One value a rank: straight between quantiles, and on along the outermost piece beyond them, never below 0
        where the lowest quantile is not.
    """
    rises = [high - low for low, high in pairwise(quantiles)]
    values = [quantiles[piece] + along * rises[piece] for piece, along in placed]
    return [max(value, 0.0) for value in values] if quantiles[0] >= 0 else values


def quantiles_of(values: Sequence[float]) -> list[float]:
    """The quantiles of PATHS values, one for each of QUANTILES, ascending.

    Source: Hyndman & Fan (1996), "Sample quantiles in statistical packages", definition 6; exact at these ranks.
    """
    ordered = sorted(values)
    return [ordered[at] for at in ORDER]
