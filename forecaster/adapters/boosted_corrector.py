"""Gradient-boosted trees behind the corrector port, by scikit-learn.

Its histogram trees are LightGBM's method, and on these errors as good (docs/decisions.md); they need no library of the
system, and scikit-learn is there anyway.
"""

from collections.abc import Sequence

import polars as pl
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

SEED = 1
SETTINGS = {
    "loss": "absolute_error",
    "max_iter": 200,
    "max_leaf_nodes": 15,
    "learning_rate": 0.05,
    "min_samples_leaf": 200,
    "early_stopping": False,
    "random_state": SEED,
}


class BoostedCorrections:
    """Trees that were grown; implements `ports.Corrections`."""

    def __init__(self, trees: HistGradientBoostingRegressor, *, features: Sequence[str]) -> None:
        self._trees = trees
        self._features = tuple(features)

    def of(self, rows: pl.DataFrame) -> pl.Series:
        """The error to be expected of each row, in its own unit of noise."""
        with threadpool_limits(1, "openmp"):
            return pl.Series("expected", self._trees.predict(rows.select(self._features).to_numpy()))


class BoostedCorrector:
    """Grows trees on absolute errors; implements `ports.Corrector`."""

    def learn(self, rows: pl.DataFrame, *, features: Sequence[str]) -> BoostedCorrections:
        """Corrections from rows with the columns `features` and `target`.

        One thread, so that sums are taken in one order: the same rows give the same trees on any machine.
        """
        with threadpool_limits(1, "openmp"):
            trees = HistGradientBoostingRegressor(**SETTINGS)
            trees.fit(rows.select(features).to_numpy(), rows["target"].to_numpy())
        return BoostedCorrections(trees, features=features)
