"""Forecasts that compete with a series' combination on the series' own footing, and what went into each."""

from dataclasses import dataclass

import polars as pl

RIVALS = pl.Schema(
    {
        "unique_id": pl.String(),
        "variant": pl.String(),
        "cutoff": pl.Date(),
        "ds": pl.Date(),
        "step": pl.Int32(),
        "y_hat": pl.Float64(),
    }
)
PARTS = pl.Schema(
    {
        "unique_id": pl.String(),
        "variant": pl.String(),
        "cutoff": pl.Date(),
        "model": pl.String(),
        "weight": pl.Float64(),  # of a series, variant and cutoff they sum to 1
    }
)


@dataclass(frozen=True, slots=True)
class Rivals:
    """What competes."""

    points: pl.DataFrame  # RIVALS
    parts: pl.DataFrame  # PARTS


def joined(*several: Rivals) -> Rivals:
    """All rivals in one; of none, none."""
    points = [one.points.select(RIVALS.names()).cast(RIVALS) for one in several]
    parts = [one.parts.select(PARTS.names()).cast(PARTS) for one in several]
    return Rivals(pl.concat([RIVALS.to_frame(), *points]), pl.concat([PARTS.to_frame(), *parts]))
