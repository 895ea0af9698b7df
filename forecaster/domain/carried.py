"""A vintage of some sectors with the other sectors as they are in service."""

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from forecaster.domain.issue import placed
from forecaster.domain.vintage import REPORTS_ORDER, Vintage

NOT_YET_TRAINED = "It is not yet trained: it was declared after the last run of its sector."
_NOT_YET = {
    "status": pl.lit(NOT_YET_TRAINED),
    **dict.fromkeys(("first_period", "last_period", "last_release"), pl.lit(None)),
}


def carried_over(fresh: Vintage, *, kept: Vintage, sectors: Collection[str]) -> Vintage:
    """A vintage whose run trained some sectors, with the other sectors as they are in service.

    Args:
        fresh: of the run.
        kept: the vintage in service.
        sectors: those that the run trained.

    Returns:
        The fresh vintage with the rest of `kept` beside it: forecasts, panel, scores and reports of one series stay
        together, and so do the ranks of a sector; those of the whole panel are the fresh ones. The issue says of each
        sector that was carried over which run made it. Series that were declared since are listed, not yet trained and
        without figures, since the run of their sector knew none.
    """
    of_fresh = pl.col("sector").is_in(list(sectors))
    taken = fresh.series.filter(of_fresh)
    ours = taken["series_id"].implode()
    others = kept.series.filter(~of_fresh & ~pl.col("series_id").is_in(ours))
    since = fresh.series.filter(~of_fresh & ~pl.col("series_id").is_in(others["series_id"].implode()))
    theirs = others["series_id"].implode()
    both = {
        name: pl.concat(
            [
                getattr(fresh, name).filter(pl.col(key).is_in(ours)),
                getattr(kept, name).filter(pl.col(key).is_in(theirs)),
            ]
        ).sort(key, *order)
        for name, key, *order in (
            ("forecasts", "series_id", "period"),
            ("panel", "unique_id", "ds"),
            ("scores", "unique_id", "cutoff"),
            ("reports", *REPORTS_ORDER),
        )
    }
    series = pl.concat([taken, others, since.with_columns(**_NOT_YET)])
    kept_ranks = kept.ranks.filter(pl.col("pool").is_in(list(sectors)).not_())  # drops the null pool as well
    origins = {sector: replace(kept.issue.of(sector), carried={}) for sector in sorted({*others["sector"]})}
    return Vintage(
        issue=replace(fresh.issue, carried=origins),
        series=placed(series, forecasts=both["forecasts"], panel=both["panel"], reports=both["reports"]),
        ranks=pl.concat([fresh.ranks, kept_ranks]).sort("pool", "step"),
        **both,
    )
