"""How wrong the forecasts of a hierarchy may be: each member's usual error, how it grows, and what goes together."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from forecaster.domain.hierarchy import Numbers, Whole
from forecaster.domain.intervals import OWN_WEIGHT, SMOOTHING
from forecaster.domain.mint import shrunk_correlation

ENOUGH = 100
"""Errors about a step that tell how large they are."""


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Errors of a hierarchy's members in units of their scales."""

    sizes: Numbers  # of each member
    growth: Numbers  # with the step, from 1
    correlation: Numbers  # members x members

    def spread(self, steps: Whole, *, scales: Numbers) -> Numbers:
        """The usual error of forecasts: the shape of `steps` (members, or members x months), 0 where one is 0 or less.

        Args:
            steps: months after each forecast's cutoff.
            scales: of each member, in its unit.
        """
        grown = np.where(steps > 0, self.growth[np.clip(steps, 1, len(self.growth)) - 1], 0.0)
        return np.asarray((self.sizes * scales * grown.T).T)


def error_shape(errors: pl.DataFrame, *, members: tuple[str, ...], horizon: int) -> ErrorShape:
    """The shape that known errors tell; without any, all members alike and independent.

    Args:
        errors: unique_id (members only), fold, ds, step, error (in units of the scale).
        members: in the order wanted.
        horizon: the longest step.

    Returns:
        Of errors of all steps together, each over what is usual at its step.
    """
    steps = errors["step"].to_numpy().astype(np.int64)
    growth = _growth(steps, np.abs(errors["error"].to_numpy()), horizon=horizon)
    cells = errors.select("fold", "ds").unique().sort("fold", "ds")
    rows = errors.join(cells.with_row_index("cell"), on=["fold", "ds"], maintain_order="left")
    place = {member: at for at, member in enumerate(members)}
    table = np.full((len(cells), len(members)), np.nan)
    usual = growth[np.minimum(steps, horizon) - 1]
    table[rows["cell"].to_numpy(), [place[key] for key in rows["unique_id"]]] = errors["error"].to_numpy() / usual
    counts, squares = (~np.isnan(table)).sum(axis=0), np.nansum(table**2, axis=0)
    pooled = squares.sum() / counts.sum() if squares.sum() > 0 else 1.0
    return ErrorShape(
        sizes=np.sqrt((squares + OWN_WEIGHT * pooled) / (counts + OWN_WEIGHT)),
        growth=growth,
        correlation=shrunk_correlation(table, groups=cells["fold"].to_numpy().astype(np.int64)),
    )


def _growth(steps: Whole, sizes: Numbers, *, horizon: int) -> Numbers:
    """Mean absolute error by step, never falling; beyond what is known, with the root of the step."""
    inside = steps <= horizon
    total, count = (
        _around(np.bincount(steps[inside], weights=weights[inside], minlength=horizon + 1)[1:].astype(np.float64))
        for weights in (sizes, np.ones_like(sizes))
    )
    known = np.flatnonzero((count >= ENOUGH) & (total > 0))
    root = np.sqrt(np.arange(1, horizon + 1))
    if not len(known):
        return np.asarray(root)
    means = np.where((count >= ENOUGH) & (total > 0), total / np.maximum(count, 1.0), 0.0)
    found = np.where(np.arange(horizon) > known[-1], means[known[-1]] * root / root[known[-1]], means)
    found = np.maximum.accumulate(found)
    return np.where(found > 0, found, found[known[0]])


def _around(numbers: Numbers) -> Numbers:
    """Of each step, the sum over it and its neighbours."""
    return np.convolve(numbers, np.ones(2 * SMOOTHING + 1), "full")[SMOOTHING : SMOOTHING + len(numbers)]
