"""Published forecasts beside what came since: only figures that were officially stated count.

A figure is a block of the panel: a month that was stated, or the smallest span around it whose sum was. A forecast is
of a block where it holds every month of it.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from forecaster.domain.months import months_between
from forecaster.domain.paths import Place, quantiles_of, values_at
from forecaster.domain.scores import SEASON, bias, error_scales, mase, scaled_error, smape
from forecaster.domain.vintage import QUANTILE_COLUMNS

BLOCK = ("unique_id", "block_start", "block_end")
BOUNDS = {80: ("q10", "q90"), 95: ("q2_5", "q97_5")}
"""Level in percent -> the quantiles at its ends."""

ENDS = [end for ends in BOUNDS.values() for end in ends]

FIGURES = pl.Schema(
    {
        "unique_id": pl.String(),
        "vintage": pl.String(),
        "cutoff": pl.Date(),
        "block_start": pl.Date(),
        "block_end": pl.Date(),
        "step": pl.Int32(),  # months from the cutoff to the end of the block
        "y": pl.Float64(),  # what came, in the series' own unit
        "y_hat": pl.Float64(),  # the mean that was published
        **dict.fromkeys(ENDS, pl.Float64()),  # of the sum, where the block has several months
        "naive": pl.Float64(),  # what the same months of the last known year had; null where they are not known
        "scale": pl.Float64(),  # as `scores.error_scales` gives it, on what was known then; null where none can be told
    }
)
"""Sorted by unique_id, vintage, block_start."""

SCORES = ("mase", "smape", "bias", "coverage_80", "coverage_95", "skill", "series", "figures")
"""What `realised_scores` tells of a group."""

Paths = Mapping[str | None, Sequence[Sequence[Place]]]
"""Pool (a sector, or None for the whole panel) -> the places of its paths' ranks, a month each."""


def stated_blocks(panel: pl.DataFrame) -> pl.DataFrame:
    """What was officially stated.

    Args:
        panel: unique_id, ds, y, block_start, block_end.

    Returns:
        unique_id, block_start, block_end, y; blocks whose months are all there, sorted.
    """
    size = months_between("block_start", "block_end")
    held = panel.filter(pl.col("block_start").is_not_null()).group_by(BLOCK).agg(pl.col("y").sum(), found=pl.len())
    return held.filter(pl.col("found") == size).drop("found").sort(BLOCK)


def realised(
    forecasts: pl.DataFrame, *, stated: pl.DataFrame, panel: pl.DataFrame, vintage: str, paths: Paths
) -> pl.DataFrame:
    """The figures of one vintage beside what came.

    Args:
        forecasts: FORECASTS columns.
        stated: as `stated_blocks` gives it.
        panel: unique_id, ds, y, block_start, block_end: as the vintage knew them.
        vintage: its id.
        paths: of the vintage, for the quantiles of sums of several months.

    Returns:
        The FIGURES columns.
    """
    months = forecasts.rename({"series_id": "unique_id", "period": "ds"}).with_columns(
        cutoff=pl.col("ds").dt.offset_by(pl.format("-{}mo", "step"))
    )
    spread = stated.with_columns(ds=pl.date_ranges("block_start", "block_end", interval="1mo")).explode("ds")
    last_year = -(-pl.col("step") // SEASON) * SEASON  # so many months back, the same month is known
    held = (
        months.join(spread.rename({"y": "stated"}), on=["unique_id", "ds"])
        .with_columns(before=pl.col("ds").dt.offset_by(pl.format("-{}mo", last_year)))
        .join(panel.select("unique_id", before="ds", naive="y"), on=["unique_id", "before"], how="left")
        .sort("unique_id", "step")
    )
    size = months_between("block_start", "block_end")
    sums = (
        held.group_by(*BLOCK, "cutoff", maintain_order=True)
        .agg(
            pl.col("step").max(),
            y=pl.col("stated").first(),
            y_hat=pl.col("mean").sum(),
            naive=pl.when(pl.col("naive").is_not_null().all()).then(pl.col("naive").sum()),
            steps=pl.col("step"),
            quantiles=pl.concat_list(QUANTILE_COLUMNS),
            found=pl.len(),
        )
        .filter(pl.col("found") == size)
    )
    scales = error_scales(panel, cutoffs=sums.select("unique_id", "cutoff").unique())
    bounds = pl.DataFrame(
        [_bounds(*row, paths=paths) for row in sums.select("unique_id", "steps", "quantiles").iter_rows()],
        schema=dict.fromkeys(ENDS, pl.Float64()),
        orient="row",
    )
    whole = sums.hstack(bounds).join(
        scales.select("unique_id", "cutoff", "scale"), on=["unique_id", "cutoff"], how="left"
    )
    return whole.with_columns(vintage=pl.lit(vintage)).select(FIGURES.names()).cast(FIGURES).sort(*BLOCK)


def realised_scores(figures: pl.DataFrame, *, by: Sequence[str]) -> pl.DataFrame:
    """Scores of figures, each series with equal weight.

    Args:
        figures: FIGURES columns, and those of `by`.
        by: grouping columns; none for one row of all, which is there without a figure too.

    Returns:
        The `by` columns and those of SCORES, sorted. mase and bias (above 0: forecasts were
        too low) are in units of a series' usual error, smape in percent, coverage a share of 1; skill is 1 less the
        ratio of mase to that of the seasonal naive forecast, over the figures for which both are known. Null where
        nothing can be told.
    """
    compared = pl.col("naive").is_not_null() & pl.col("scale").is_not_null()
    naive = (pl.col("y") - pl.col("naive")).abs() / pl.col("scale")
    own = scaled_error()
    series = figures.group_by(list(dict.fromkeys(["unique_id", *by]))).agg(
        mase=mase(),
        smape=smape(),
        bias=bias(),
        **{f"coverage_{level}": pl.col("y").is_between(low, high).mean() for level, (low, high) in BOUNDS.items()},
        _own=own.filter(compared).mean(),
        _naive=naive.filter(compared).mean(),
        figures=pl.len(),
    )
    series = series.sort(list(dict.fromkeys(["unique_id", *by])))  # sums follow the order of rows to the last digit
    told = ["mase", "smape", "bias", *[f"coverage_{level}" for level in BOUNDS]]
    ratio = pl.col("_own").mean() / pl.col("_naive").mean()
    groups = series.group_by(by) if by else series.group_by(pl.lit(1).alias("_all"))
    scores = groups.agg(
        pl.col(told).mean(),
        skill=pl.when(pl.col("_naive").mean() > 0).then(1 - ratio),
        series=pl.len(),
        figures=pl.col("figures").sum(),
    )
    return scores.select(*by, *SCORES).sort(by) if by else scores.select(SCORES)


def _bounds(unique_id: str, steps: list[int], quantiles: list[list[float]], *, paths: Paths) -> list[float]:
    """The quantiles of BOUNDS of a block: its month's, or those of the sum of its months over joint paths."""
    if len(steps) == 1:
        found: Sequence[float] = quantiles[0]
    else:
        placed = paths.get(unique_id.split(".", maxsplit=1)[0]) or paths[None]
        months = [values_at(placed[step - 1], quantiles=held) for step, held in zip(steps, quantiles, strict=True)]
        found = quantiles_of([sum(values) for values in zip(*months, strict=True)])
    return [found[QUANTILE_COLUMNS.index(end)] for end in ENDS]
