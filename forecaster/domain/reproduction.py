"""How far two sets of forecasts differ that should be the same."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.vintage import QUANTILE_COLUMNS


@dataclass(frozen=True, slots=True)
class Worst:
    """The number that differs most, relative to its size."""

    series_id: str
    period: str  # YYYY-MM
    column: str  # mean, or a quantile's
    then: float
    now: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sets of forecasts, number by number."""

    series: int  # in both
    numbers: int  # compared
    differing: int  # of them
    largest: float  # difference over the larger of the two sizes; 0 where none differs
    worst: Worst | None
    only_then: tuple[str, ...]  # series that are forecast no more
    only_now: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether every number is the same to its last bit."""
        return not (self.differing or self.only_then or self.only_now)


def compare(then: pl.DataFrame, now: pl.DataFrame) -> Difference:
    """Two sets of forecasts, number by number.

    Args:
        then: FORECASTS columns.
        now: the same.
    """
    keys = ["series_id", "period"]
    long = [
        one.unpivot(index=keys, on=["mean", *QUANTILE_COLUMNS], variable_name="column", value_name=name)
        for one, name in ((then, "then"), (now, "now"))
    ]
    both = long[0].join(long[1], on=[*keys, "column"], how="full", coalesce=True)
    differing = both.filter(pl.col("then").ne_missing(pl.col("now")))
    size = pl.max_horizontal(pl.col("then").abs(), pl.col("now").abs())
    relative = ((pl.col("then") - pl.col("now")).abs() / size).alias("relative")
    ranked = differing.drop_nulls().with_columns(relative).sort("relative", descending=True)
    names = set(then["series_id"]), set(now["series_id"])
    return Difference(
        series=len(names[0] & names[1]),
        numbers=both.height,
        differing=differing.height,
        largest=float(ranked["relative"][0]) if ranked.height else 0.0,
        worst=_worst(ranked),
        only_then=tuple(sorted(names[0] - names[1])),
        only_now=tuple(sorted(names[1] - names[0])),
    )


def _worst(ranked: pl.DataFrame) -> Worst | None:
    if ranked.is_empty():
        return None
    first = ranked.row(0, named=True)
    return Worst(first["series_id"], f"{first['period']:%Y-%m}", first["column"], first["then"], first["now"])
