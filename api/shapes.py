"""What is asked of forecasts beside their means."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from forecaster.adapters.vintage_totals import INCLUDES_ESTIMATED
from forecaster.domain.published_basis import MONTH
from forecaster.domain.vintage import quantile_column


@dataclass(frozen=True, slots=True)
class Shape:
    """How uncertainty is stated, and in which basis."""

    levels: Sequence[float]  # in percent, each with stored quantiles
    quantiles: Sequence[float] | None  # instead of intervals; None for intervals
    basis: str

    def uncertain(self) -> dict[str, str]:
        """Column of a table -> column of a vintage."""
        if self.quantiles is not None:
            return {f"q{quantile:g}": quantile_column(quantile) for quantile in self.quantiles}
        return {
            f"{side}_{level:g}": quantile_column(end)
            for level in self.levels
            for side, end in zip(("lower", "upper"), ends(level), strict=True)
        }

    def schema(self) -> pl.Schema:
        """The columns of a table."""
        text = pl.String()
        return pl.Schema(
            {
                **dict.fromkeys(("series_id", "name", "period", "unit", "basis"), text),
                **dict.fromkeys(("mean", *self.uncertain()), pl.Float64()),
                **dict.fromkeys(("cutoff", "vintage"), text),
                **({} if self.basis == MONTH else {INCLUDES_ESTIMATED: pl.Boolean()}),
            }
        )


def ends(level: float) -> tuple[float, float]:
    """The quantiles at the ends of a level in percent: 80 -> 0.1, 0.9."""
    low = round((1 - level / 100) / 2, 6)
    return low, round(1 - low, 6)
