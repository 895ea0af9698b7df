"""Quantiles of totals from joint paths of their parts: bounds don't add up, paths do."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from forecaster.domain.coherence import numbered, replaced, rows_of, shape_at
from forecaster.domain.error_shape import ErrorShape
from forecaster.domain.experiment import MINT, NONE
from forecaster.domain.hierarchy import Flags, Numbers, Structure, Whole
from forecaster.domain.mint import onto_sums, paths_onto_sums
from forecaster.domain.moments import Ground, Moment, moments, pieces
from forecaster.domain.paths import ORDER, PATHS
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES

SEED = 20_210_101
"""Any; fixed, so that the same errors give the same paths."""

LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)


def coherent_quantiles(quantiles: pl.DataFrame, *, errors: pl.DataFrame, how: str, ground: Ground) -> pl.DataFrame:
    """Quantiles of totals from joint paths of their parts.

    Paths of the parts have the quantiles given and go together as their backtest errors did (a Gaussian copula with the
    shrunk correlations of the errors that were known); a path of a total is the sum of its parts' paths. Skewed parts
    sum to more than their total's own quantiles say: with minimum trace, the means of all distributions are moved onto
    the sums first, each by its width, and the paths of each part scaled to its mean. Bottom-up leaves parts as they
    are. Where a total is known, its parts' paths are moved to meet it.

    Args:
        quantiles: unique_id, cutoff, ds and QUANTILE_COLUMNS among others, ascending in a row.
        errors: as `intervals.scaled_errors` gives them.
        how: one of RECONCILIATIONS.
        ground: hierarchies, folds, known figures.

    Returns:
        The same rows and columns; ascending in a row, and never below 0 but for signed series.

    Source: Ben Taieb, Taylor & Hyndman (2021), "Hierarchical probabilistic forecasting of electricity demand with smart
        meter data", JASA 116, with a copula in place of their permutations: a dozen folds order few paths.
    """
    if how == NONE:
        return quantiles
    by_fold = numbered(errors, ground=ground)
    found = [
        rows_of(moment, _quantiles(moment, shape_at(moment, errors=by_fold), how=how), columns=QUANTILE_COLUMNS)
        for moment in moments(quantiles, columns=QUANTILE_COLUMNS, ground=ground)
    ]
    return replaced(quantiles, found, columns=QUANTILE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where ranks lie between the QUANTILES, each of the shape series x paths."""

    piece: Whole  # the quantile below
    along: Numbers  # how far the rank is from there to the next one, 0 to 1

    def of(self, rows: Whole) -> "Placed":
        """Those of some series."""
        return Placed(self.piece[rows], self.along[rows])


def placed(ranks: Numbers) -> Placed:
    """Where ranks (series x paths, in (0, 1)) lie: the same for every month, and looked up once."""
    edges = np.array(QUANTILES)
    piece = np.clip(np.searchsorted(edges, ranks, side="right") - 1, 0, len(edges) - 2)
    return Placed(piece, (ranks - edges[piece]) / (edges[piece + 1] - edges[piece]))


def at_ranks(quantiles: Numbers, *, places: Placed) -> Numbers:
    """The values that ranks stand for, as `paths.values_at` tells them, for many series at once.

    Args:
        quantiles: series x QUANTILES, ascending.
        places: of the series' ranks.
    """
    low, high = (np.take_along_axis(quantiles, at, axis=1) for at in (places.piece, places.piece + 1))
    values = low + places.along * (high - low)
    return np.asarray(np.where(quantiles[:, :1] >= 0, np.maximum(values, 0.0), values))


def _quantiles(moment: Moment, shape: ErrorShape, *, how: str) -> Numbers:
    of_ranks, values = placed(_ranks(shape)), moment.values.copy()
    for piece in pieces(moment):
        floored, own = moment.floored[piece.rows], of_ranks.of(piece.rows)
        for month in piece.months:
            quantiles = values[piece.rows, month]
            width = quantiles[:, HIGH] - quantiles[:, LOW]  # 0 where known
            paths = at_ranks(quantiles, places=own)
            if how == MINT:
                paths = _recentred(paths, width=width, structure=piece.structure, floored=floored)
            moved = paths_onto_sums(paths, spread=width, structure=piece.structure, floored=floored)
            values[piece.rows, month] = np.sort(moved, axis=1)[:, ORDER]
    return values


def _recentred(paths: Numbers, *, width: Numbers, structure: Structure, floored: Flags) -> Numbers:
    """Paths whose means add up: scaled where they can't be below 0, else shifted."""
    means = paths.mean(axis=1)
    wanted = onto_sums(means, spread=width, correlation=np.eye(len(means)), structure=structure, floored=floored)
    factor = np.divide(wanted, means, out=np.ones_like(means), where=means > 0)
    return np.asarray(np.where(floored[:, None], paths * factor[:, None], paths + (wanted - means)[:, None]))


def _ranks(shape: ErrorShape) -> Numbers:
    """Of each member's paths: members x PATHS, every rank k / (PATHS + 1) once in a row."""
    shocks = np.random.default_rng(SEED).standard_normal((len(shape.sizes), PATHS))
    scores = np.linalg.cholesky(shape.correlation) @ shocks
    return np.asarray((scores.argsort(axis=1).argsort(axis=1) + 1) / (PATHS + 1))
