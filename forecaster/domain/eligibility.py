"""Which series have enough data to be forecast, and why the others have not."""

from datetime import date

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.derived import NO_TRADE

ENOUGH_MONTHS = 13
"""A year and a month: without it no error scale is known, and so no honest interval."""

ENOUGH_BLOCKS = 8
STATED_SHARE = 0.6


def reasons_against(panel: pl.DataFrame, *, catalogue: Catalogue, today: date, horizon: int) -> dict[str, str]:
    """Why a series is not forecast.

    Args:
        panel: PANEL columns, derived series included, as `panel.latest_stretch` gives them.
        catalogue: every series that could have been.
        today: the day of `as_of`.
        horizon: months that would be forecast.

    Returns:
        series_id -> one sentence, only for series that are not forecast.
    """
    found = {
        row["unique_id"]: row
        for row in panel.group_by("unique_id")
        .agg(
            pl.len().alias("months"),
            pl.col("ds").max().alias("last"),
            pl.struct("block_start", "block_end")
            .filter(pl.col("block_start").is_not_null())
            .n_unique()
            .alias("blocks"),
            pl.col("block_start").is_not_null().mean().alias("stated"),
            (pl.col("y") == 0).all().alias("zero"),
            last_end=pl.col("ds").max().dt.offset_by(f"{horizon}mo"),
        )
        .iter_rows(named=True)
    }
    reasons = {}
    for series_id, series in catalogue.series.items():
        row = found.get(series_id)
        reason = (
            "No figures are known yet."
            if row is None
            else _reason(row, today=today, holes_are_zero=series.missing_month == NO_TRADE)
        )
        if reason is not None:
            reasons[series_id] = reason
    return reasons


def _reason(row: dict[str, object], *, today: date, holes_are_zero: bool) -> str | None:
    months, blocks, stated = int(str(row["months"])), int(str(row["blocks"])), float(str(row["stated"]))
    last, last_end = row["last"], row["last_end"]
    assert isinstance(last, date)
    assert isinstance(last_end, date)
    if months < ENOUGH_MONTHS:
        return f"{months} months in a row are known; {ENOUGH_MONTHS} are needed."
    if last_end < today:
        return f"The last figure is of {last:%Y-%m}; every month forecast from there is past."
    if blocks < ENOUGH_BLOCKS:
        return f"{blocks} stated figures; {ENOUGH_BLOCKS} are needed."
    if stated < STATED_SHARE and not holes_are_zero:
        return (
            f"Only {stated:.0%} of its {months} months are covered by a stated figure; {STATED_SHARE:.0%} are needed."
        )
    if row["zero"]:
        return "Every month is zero."
    return None
