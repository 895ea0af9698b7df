"""Error scales for series that tell none, or hardly one: too short, or so regular that last year's figure never erred.

What is needed of a panel is a row of a few numbers a series, so that it may be measured some series at a time.
"""

import polars as pl

from forecaster.domain.scores import SEASON


def measured(panel: pl.DataFrame, *, final: pl.DataFrame, scales: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """What stand-ins are told from.

    Args:
        panel: unique_id, ds, y among other columns: all of some series.
        final: unique_id, cutoff: the last ones.
        scales: as `scores.error_scales` gives them.
        blocks: of the combination's backtest, as `scores.scored_blocks` gives them.

    Returns:
        unique_id, periods (how many), scale (of the last cutoff; null: none), size and move (means of |y|, and of |y|
        from period to period; null: a single period), own (mean absolute error of the backtest; null: none); sorted.
    """
    sizes = panel.sort("unique_id", "ds").group_by("unique_id")
    told = sizes.agg(periods=pl.len(), size=pl.col("y").abs().mean(), move=pl.col("y").diff().abs().mean())
    own = blocks.group_by("unique_id").agg(own=(pl.col("y") - pl.col("y_hat")).abs().mean())
    now = final.join(scales, on=["unique_id", "cutoff"], how="left").select("unique_id", "scale")
    return now.join(told, on="unique_id").join(own, on="unique_id", how="left").sort("unique_id")


def stand_in_scales(measures: pl.DataFrame, *, season: int = SEASON) -> pl.DataFrame:
    """Scales of the series that have none, or one of less than a season of errors.

    A series that was forecast before has the mean absolute error of that: a constant one 0. Any other has the wider of
    two guesses: its mean move from period to period, and its mean size, each times what the panel's series have as
    scale over theirs (the median). A series of zeros alone has 0. The few errors of one that has them and no backtest
    count beside such a guess, which counts as half a season of them.

    Args:
        measures: as `measured` gives them, of the whole panel.
        season: periods a year.

    Returns:
        unique_id, scale, times (that over the series' own; null: it has none); sorted. Nothing for series about which
        the panel says nothing either.
    """
    few = (pl.col("periods") < 2 * season) & pl.col("own").is_null()
    told = measures.drop_nulls("scale")
    usual = told if told.filter(~few).is_empty() else told.filter(~few)
    over = {name: usual.filter(pl.col(name) > 0).select(pl.col("scale") / pl.col(name)) for name in ("size", "move")}
    guesses = [pl.col(name) * frame["scale"].median() for name, frame in over.items() if not frame.is_empty()]
    zero = pl.when(pl.col("size") == 0).then(0.0)
    guess = pl.coalesce("own", zero, pl.max_horizontal(*guesses) if guesses else pl.lit(None, pl.Float64))
    errors, weight = pl.col("periods").cast(pl.Float64) - season, season / 2
    both = (errors * pl.col("scale") + weight * guess) / (errors + weight)
    lacking = measures.filter(pl.col("scale").is_null() | few)
    scale = pl.coalesce(both, "scale", guess)
    found = lacking.select("unique_id", scale=scale, times=scale / pl.col("scale"))
    return found.drop_nulls("scale").sort("unique_id")


def with_stand_ins(ahead: pl.DataFrame, *, others: pl.DataFrame, errors_known: bool) -> pl.DataFrame:
    """Forecasts of some series, all with a scale.

    Args:
        ahead: unique_id, scale (of each step; null: none) among other columns.
        others: as `stand_in_scales` gives them.
        errors_known: whether an error of any series is known; if not, a width can be told of no scale but 0.

    Returns:
        The same columns; series of which no interval can be told are left out.
    """
    guess = others.rename({"scale": "stand_in"})
    held = ahead.join(guess, on="unique_id", how="left", maintain_order="left")
    scale = pl.coalesce(pl.col("scale") * pl.col("times").fill_null(1.0), "stand_in")
    found = held.with_columns(scale=scale).drop("stand_in", "times").drop_nulls("scale")
    return found if errors_known else found.filter(pl.col("scale") == 0)
