"""What kind of series a history is, told from its figures alone, so that each kind gets models that suit it."""

import polars as pl

CONSTANT = "constant"
"""One figure throughout, zero among them: nothing is known of how far it may move."""

INTERMITTENT = "intermittent"
"""Months of nothing stand between demands, none of which is below 0."""

REGULAR = "regular"
"""Any other."""

KINDS = (REGULAR, INTERMITTENT, CONSTANT)

INTERVAL = 1.32
"""Mean months from one demand to the next above which a series is intermittent.

Source: Syntetos, Boylan & Croston (2005), "On the categorization of demand patterns": beyond it Croston's method in the
form of Syntetos & Boylan has the smaller error, however much demands differ in size. It is a share of zeros of 24 %.
"""

OPENED = 12
"""Months from the first demand on after which those before it are not counted: they tell when a market opened.

A market that opened later has yet to show that it buys every month: on the bundled series, models for intermittent
demand have the smaller error there (7 cutoffs).
"""


def kind() -> pl.Expr:
    """The kind of a history; needs y, the rows of one series (up to a cutoff) in order of time."""
    demands = pl.col("y") != 0
    open_for = pl.len() - demands.arg_max()
    since = pl.when(open_for >= OPENED).then(open_for).otherwise(pl.len())
    return (
        pl.when(pl.col("y").min() == pl.col("y").max())
        .then(pl.lit(CONSTANT))
        .when((since > INTERVAL * demands.sum()) & (pl.col("y").min() >= 0))
        .then(pl.lit(INTERMITTENT))
        .otherwise(pl.lit(REGULAR))
    )
