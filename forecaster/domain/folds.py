"""Rolling cutoffs: from where in the past a backtest forecasts."""

from collections.abc import Collection

import polars as pl

from forecaster.domain.experiment import CALENDAR, Folds
from forecaster.domain.months import month_numbers


def last_cutoffs(panel: pl.DataFrame) -> pl.DataFrame:
    """Where each series ends.

    Args:
        panel: PANEL columns.

    Returns:
        unique_id, cutoff (the last month), sorted.
    """
    return panel.group_by("unique_id").agg(pl.col("ds").max().alias("cutoff")).sort("unique_id")


def rolling_cutoffs(panel: pl.DataFrame, *, folds: Folds, no_trade: Collection[str] = ()) -> pl.DataFrame:
    """The cutoffs of every series' backtest.

    Args:
        panel: PANEL columns, months consecutive.
        folds: how many cutoffs, how far apart, and how many months must lie before one.
        no_trade: as `settled_cutoffs` takes them.

    Returns:
        unique_id, cutoff, one row a fold, sorted; none for a series that is too short. At the calendar, cutoffs are
        months whose count from the first January of the era is a multiple of the step, such as the ends of quarters.
    """
    ends = last_cutoffs(panel)
    past_mark = _counted("cutoff") % folds.step if folds.at == CALENDAR else pl.lit(0)
    back = pl.DataFrame({"months": [k * folds.step for k in range(1, folds.count + 1)]})
    wanted = ends.with_columns(past=past_mark).join(back, how="cross")
    months = pl.format("-{}mo", pl.col("months") + pl.col("past"))
    wanted = wanted.select("unique_id", pl.col("cutoff").dt.offset_by(months))
    return settled_cutoffs(panel, wanted=wanted, min_train=folds.min_train, no_trade=no_trade)


def settled_cutoffs(
    panel: pl.DataFrame, *, wanted: pl.DataFrame, min_train: int, no_trade: Collection[str] = ()
) -> pl.DataFrame:
    """Cutoffs from which a model sees nothing that was stated only later.

    A cutoff inside a block, or inside a bridged hole, would let the model see a share of what was stated only later; it
    moves back to the last month up to which everything is settled.

    Args:
        panel: PANEL columns, months consecutive.
        wanted: unique_id, cutoff.
        min_train: months that must lie before a cutoff.
        no_trade: series whose months without a figure are known to be zeros as soon as the others' figures are out.

    Returns:
        unique_id, cutoff, each once, sorted; none for a series that is too short.
    """
    first = pl.col("ds").min().over("unique_id").alias("first")
    months = panel.sort("unique_id", "ds").select("unique_id", "ds", first, settled=_settled(no_trade))
    at = wanted.join(months, left_on=["unique_id", "cutoff"], right_on=["unique_id", "ds"])
    long_enough = pl.col("settled") >= pl.col("first").dt.offset_by(f"{min_train - 1}mo")
    return at.filter(long_enough).select("unique_id", cutoff="settled").unique().sort("unique_id", "cutoff")


def _settled(no_trade: Collection[str]) -> pl.Expr:
    """Of each month, the last one up to it that rests on nothing stated later; null where there is none."""
    stated = pl.col("block_end").is_not_null()
    next_stated = pl.when(stated).then("ds").backward_fill().over("unique_id")
    zero = pl.when((pl.col("y") == 0) & pl.col("unique_id").is_in(list(no_trade))).then("ds")
    rests_on = pl.coalesce("block_end", zero, next_stated).cast(pl.Int32).cum_max().over("unique_id")
    is_settled = rests_on <= pl.col("ds").cast(pl.Int32)
    return pl.when(is_settled).then("ds").forward_fill().over("unique_id")


def fold_numbers(cutoffs: pl.DataFrame, *, folds: Folds) -> pl.DataFrame:
    """Which cutoffs of different series belong together.

    Args:
        cutoffs: unique_id, cutoff: the last ones and those of `rolling_cutoffs`.
        folds: as `rolling_cutoffs` took them.

    Returns:
        unique_id, cutoff, fold (0: the last months, wherever each series ends; then from the latest to the earliest);
        sorted. Bodies publish at different speed. Before the end, a fold is as far before each series' last month as
        before the others', so that a series ends as far behind them as it does now; at the calendar, a fold is the
        months around one date.
    """
    number = _counted("cutoff") if folds.at == CALENDAR else month_numbers("cutoff")
    last = number.max().over("unique_id")
    back = (last - number) // folds.step
    if folds.at == CALENDAR:
        mark = -(-number // folds.step)  # one that was moved back belongs to the date it was meant for
        latest = pl.when(number < last).then(mark).max()
        back = pl.when(number == last).then(0).otherwise(latest - mark + 1)
    return cutoffs.select("unique_id", "cutoff", fold=back.cast(pl.Int64)).sort("unique_id", "cutoff")


def _counted(column: str) -> pl.Expr:
    """Months counted so that each December is a multiple of twelve."""
    return month_numbers(column) + 1
