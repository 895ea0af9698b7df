"""The releases that reports came with."""

from datetime import datetime

import polars as pl

from forecaster.domain.news import Origin


def origins_of(
    given: pl.LazyFrame, *, fresh: pl.Series, there: pl.LazyFrame, release_id: str, at: datetime
) -> tuple[Origin, ...]:
    """The releases that stored what is given: the earlier ones that it repeats, the oldest first, then itself.

    Args:
        given: the REPORTS columns.
        fresh: of each row, whether this release stores it.
        there: the STORED columns of what was there before.
        release_id: of this release; it counts only if anything is stored.
        at: when that is.
    """
    rows = pl.concat([given.select("report_id", "series_id"), fresh.to_frame().lazy()], how="horizontal")
    repeated = there.join(rows.filter(~pl.col("fresh")), on="report_id", how="semi").select("release_id").unique()
    of_each = there.join(repeated, on="release_id", how="semi").group_by("release_id")
    found = of_each.agg(pl.col("ingested_at").min(), pl.col("series_id").unique()).collect(engine="streaming")
    earlier = [
        Origin(one, then, tuple(sorted(ids))) for one, then, ids in found.sort("ingested_at", "release_id").rows()
    ]
    new = rows.filter("fresh").select(pl.col("series_id").unique().sort()).collect(engine="streaming")["series_id"]
    return (*earlier, Origin(release_id, at, tuple(new))) if len(new) else tuple(earlier)
