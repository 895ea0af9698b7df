"""What was stated of each span when it first was."""

from collections.abc import Collection
from datetime import date, datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import bears_on, rests_on, with_derived
from forecaster.domain.realised import BLOCK, stated_blocks
from forecaster.domain.reports import known_at


def first_prints(
    reports: pl.DataFrame, *, catalogue: Catalogue, since: datetime, after: date, wanted: Collection[str]
) -> pl.DataFrame:
    """Blocks as they were when first they could be told, day of release by day of release.

    Args:
        reports: REPORTS columns, at least those that `wanted` rests on.
        catalogue: what they mean.
        since: only days after this instant are gone through.
        after: only blocks that end after this month.
        wanted: series_ids.

    Returns:
        unique_id, block_start, block_end, y; sorted.
    """
    # A sum stays within its year, so what came before the year of the first block bears on none of them.
    recent = reports.filter(pl.col("period_start") >= date(after.year, 1, 1))
    later = recent.filter(pl.col("released_at") > since)
    declared = catalogue.series.keys() & set(wanted)
    found: list[pl.DataFrame] = []
    for (_,), released in later.sort("released_at").group_by(pl.col("released_at").dt.date(), maintain_order=True):
        touched = sorted(bears_on(released["series_id"], catalogue=catalogue) & declared)
        known = known_at(recent, as_of=released["released_at"].max())  # type: ignore[arg-type]  # a column of instants
        found.append(_blocks(known, touched, catalogue=catalogue).filter(pl.col("block_end") > after))
    schema = {"unique_id": pl.String, "block_start": pl.Date, "block_end": pl.Date, "y": pl.Float64}
    every = pl.concat(found) if found else pl.DataFrame(schema=schema)
    return every.unique(BLOCK, keep="first", maintain_order=True).sort(BLOCK)


def _blocks(reports: pl.DataFrame, series_ids: Collection[str], *, catalogue: Catalogue) -> pl.DataFrame:
    needed = rests_on(*series_ids, catalogue=catalogue)
    built = build_panel(reports.filter(pl.col("series_id").is_in(list(needed))), catalogue=catalogue)
    panel = with_derived(built.panel, catalogue=catalogue)
    return stated_blocks(panel.filter(pl.col("unique_id").is_in(list(series_ids))))
