"""Ranks of joint paths, fitted to how the errors of one forecast hang together over its months."""

from math import isfinite

import numpy as np
import polars as pl

from forecaster.domain.paths import PATHS, RANKS

SEED = 20_170_101
"""Any; fixed, so that the same errors give the same paths."""

ENOUGH_PAIRS = 150
"""Errors of neighbouring steps that a correlation needs."""

UNKNOWN = 0.9
"""The correlation where the whole panel has too few errors to tell: errors accumulate, neighbours are much alike."""

HIGHEST = 0.995


def joint_ranks(errors: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    """Ranks of joint paths for each pool.

    The chain of ranks follows a Gaussian copula of first order: the normal scores of one step and the next are
    correlated as those of the pooled backtest errors are, step by step. Errors of accumulating shocks are such a chain.

    Args:
        errors: as `intervals.scaled_errors` gives them.
        horizon: steps wanted, at least 1.

    Returns:
        The RANKS columns, sorted by pool (null first), step; within a step every rank k / (PATHS + 1) occurs once.

    Source: Nelsen, An Introduction to Copulas (2006), sections 2.3 and 6.3.
    """
    panel = _correlations(errors, otherwise=[UNKNOWN] * (horizon - 1))
    rows = [(None, step, ranks) for step, ranks in enumerate(_chain(panel), start=1)]
    for pool in errors["pool"].unique().sort():
        along = _correlations(errors.filter(pl.col("pool") == pool), otherwise=panel)
        rows += [(pool, step, ranks) for step, ranks in enumerate(_chain(along), start=1)]
    return pl.DataFrame(rows, schema=RANKS, orient="row")


def _correlations(errors: pl.DataFrame, *, otherwise: list[float]) -> list[float]:
    """Correlation of each step's normal scores with the next step's; `otherwise` where pairs are too few."""
    keys = ["unique_id", "cutoff", "step"]
    scored = errors.select(*keys, score=pl.col("error").rank().over("step"))
    after = scored.with_columns(pl.col("step") - 1)
    found = list(otherwise)
    for (at,), group in scored.join(after, on=keys, suffix="_next", maintain_order="left").group_by("step"):
        number = int(str(at))
        if group.height >= ENOUGH_PAIRS and number <= len(found):
            rank = group.select(pl.corr("score", "score_next", method="spearman")).item()
            if not isfinite(rank):  # errors that are all alike
                continue
            # Pearson's correlation of the normal scores that have this rank correlation.
            found[number - 1] = float(np.clip(2 * np.sin(np.pi * rank / 6), 0.0, HIGHEST))
    return found


def _chain(along: list[float]) -> list[list[float]]:
    """Ranks of every path at each step; within a step they are evenly spread, so that marginals stay exact."""
    shocks = np.random.default_rng(SEED).standard_normal((len(along) + 1, PATHS))
    scores = [shocks[0]]
    for tie, shock in zip(along, shocks[1:], strict=True):
        scores.append(tie * scores[-1] + np.sqrt(1 - tie * tie) * shock)
    return [((np.argsort(np.argsort(score)) + 1) / (PATHS + 1)).tolist() for score in scores]
