"""Error scales for series that tell none themselves: too short, or so regular that last year's figure never erred.

What is needed of a panel is a row of a few numbers a series, so that it may be measured some series at a time.
"""

import polars as pl


def measured(panel: pl.DataFrame, *, final: pl.DataFrame, scales: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """What stand-ins are told from.

    Args:
        panel: unique_id, ds, y among other columns: all of some series.
        final: unique_id, cutoff: the last ones.
        scales: as `scores.error_scales` gives them.
        blocks: of the combination's backtest, as `scores.scored_blocks` gives them.

    Returns:
        unique_id, scale (of the last cutoff; null: none), size and move (means of |y|, and of |y| from period to
        period; null: a single period), own (mean absolute error of the backtest; null: none); sorted.
    """
    sizes = panel.sort("unique_id", "ds").group_by("unique_id")
    told = sizes.agg(size=pl.col("y").abs().mean(), move=pl.col("y").diff().abs().mean())
    own = blocks.group_by("unique_id").agg(own=(pl.col("y") - pl.col("y_hat")).abs().mean())
    now = final.join(scales, on=["unique_id", "cutoff"], how="left").select("unique_id", "scale")
    return now.join(told, on="unique_id").join(own, on="unique_id", how="left").sort("unique_id")


def stand_in_scales(measures: pl.DataFrame) -> pl.DataFrame:
    """Scales of the series that have none.

    A series that was forecast before has the mean absolute error of that: a constant one 0. Any other has the wider of
    two guesses: its mean move from period to period, and its mean size, each times what the panel's series have as
    scale over theirs (the median). A series of zeros alone has 0.

    Args:
        measures: as `measured` gives them, of the whole panel.

    Returns:
        unique_id, scale; sorted. Nothing for series about which the panel says nothing either.
    """
    usual = measures.drop_nulls("scale")
    over = {name: usual.filter(pl.col(name) > 0).select(pl.col("scale") / pl.col(name)) for name in ("size", "move")}
    guesses = [pl.col(name) * frame["scale"].median() for name, frame in over.items() if not frame.is_empty()]
    zero = pl.when(pl.col("size") == 0).then(0.0)
    scale = pl.coalesce("own", zero, pl.max_horizontal(*guesses) if guesses else pl.lit(None, pl.Float64))
    lacking = measures.filter(pl.col("scale").is_null())
    return lacking.select("unique_id", scale=scale).drop_nulls("scale").sort("unique_id")


def with_stand_ins(ahead: pl.DataFrame, *, others: pl.DataFrame, errors_known: bool) -> pl.DataFrame:
    """Forecasts of some series, all with a scale.

    Args:
        ahead: unique_id, scale (null: none) among other columns.
        others: as `stand_in_scales` gives them.
        errors_known: whether an error of any series is known; if not, a width can be told of no scale but 0.

    Returns:
        The same columns; series of which no interval can be told are left out.
    """
    guess = others.rename({"scale": "stand_in"})
    held = ahead.join(guess, on="unique_id", how="left", maintain_order="left")
    found = held.with_columns(scale=pl.coalesce("scale", "stand_in")).drop("stand_in").drop_nulls("scale")
    return found if errors_known else found.filter(pl.col("scale") == 0)
