"""Champion and challenger on the same series and folds, and how sure their difference is."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.paired_test import p_value
from forecaster.domain.panel import SECTOR

ALL = "all"
"""The sector of the row about all of them."""

SAME, AGAIN, RECORDED = "same method", "backtested again", "recorded"
"""How the champion's errors are known: they are the challenger's own; its method was tried on today's panel; they were
recorded when it went into service, on the figures of then."""

COMPARED = pl.Schema(
    {
        "sector": pl.String(),
        "series": pl.UInt32(),
        "champion": pl.Float64(),  # mean MASE over common series and folds
        "challenger": pl.Float64(),
        "difference": pl.Float64(),  # below 0 where the challenger is better
        "p_value": pl.Float64(),  # of no difference, two-sided; null: too few folds to tell
        "folds": pl.UInt32(),
        "how": pl.String(),  # SAME, AGAIN or RECORDED; of all: those that occur
    }
)
"""A row a sector, sorted; the last one is about all, under ALL."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a decision rests on."""

    table: pl.DataFrame  # COMPARED; empty where no fold is common
    rows: int  # series and folds that both forecast
    notes: tuple[str, ...]  # why sectors could not be backtested again
    same_method: bool  # whether the champion was made by the challenger's method, of this code or an earlier one
    same_numbers: bool  # whether nothing differs but the figures


def compare(
    challenger: pl.DataFrame,
    *,
    champion: pl.DataFrame,
    folds: pl.DataFrame,
    overlap: int,
    notes: tuple[str, ...] = (),
    same_method: bool = False,
) -> Comparison:
    """Compare scores where both have one.

    Args:
        challenger: unique_id, cutoff, mase.
        champion: the same, and how (SAME, AGAIN or RECORDED).
        folds: unique_id, cutoff, fold, as `folds.fold_numbers` gives them.
        overlap: folds whose forecasts have months in common: horizon over step, rounded up.
        notes: why sectors could not be backtested again.
        same_method: as in `Comparison`.
    """
    keys = ["unique_id", "cutoff"]
    both = challenger.join(champion.rename({"mase": "champion"}), on=keys).join(folds, on=keys)
    both = both.drop_nulls(["mase", "champion"]).with_columns(SECTOR).sort(keys)
    if both.is_empty():
        return Comparison(pl.DataFrame(schema=COMPARED), 0, notes, same_method, same_numbers=False)
    named = [(str(name), rows) for (name,), rows in both.group_by("sector", maintain_order=True)]
    table = [_row(name, rows, overlap=overlap) for name, rows in [*sorted(named, key=lambda one: one[0]), (ALL, both)]]
    same = bool((both["how"] == SAME).all())
    return Comparison(pl.DataFrame(table, schema=COMPARED), both.height, notes, same_method, same_numbers=same)


def _row(sector: str, rows: pl.DataFrame, *, overlap: int) -> dict[str, object]:
    """One line; each fold counts by its share of the rows, so that what is tested is the difference that is told."""
    difference = pl.col("mase") - pl.col("champion")
    by_fold = rows.group_by("fold").agg(difference.sum()).sort("fold")["mase"]
    shares = (by_fold * (len(by_fold) / rows.height)).to_list()
    champion, challenger = (float(rows.select(pl.col(name).mean()).item()) for name in ("champion", "mase"))
    return {
        "sector": sector,
        "series": rows["unique_id"].n_unique(),
        "champion": champion,
        "challenger": challenger,
        "difference": challenger - champion,
        "p_value": p_value(shares, overlap=overlap),
        "folds": len(by_fold),
        "how": ", ".join(rows["how"].unique().sort()),
    }
