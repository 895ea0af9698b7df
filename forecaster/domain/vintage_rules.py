"""What a vintage must keep to be served: rules, checked before it is written."""

from collections.abc import Iterator
from itertools import pairwise

import polars as pl

from forecaster.domain.panel import PANEL
from forecaster.domain.paths import PATHS, RANKS
from forecaster.domain.reports import STORED
from forecaster.domain.vintage import FORECASTS, QUANTILE_COLUMNS, REPORTS_ORDER, SERIES, Vintage

SCORES = pl.Schema({"unique_id": pl.String(), "cutoff": pl.Date(), "mase": pl.Float64()})


def broken_rules(vintage: Vintage) -> tuple[str, ...]:
    """What is wrong with a vintage, each fault a sentence; empty where it can be served."""
    shapes = tuple(_shape_faults(vintage))
    if shapes:
        return shapes
    return (
        *_order_faults(vintage),
        *_number_faults(vintage.forecasts),
        *_history_faults(vintage),
        *_index_faults(vintage.series, rows=vintage.forecasts, key="series_id", index="row"),
        *_index_faults(vintage.series, rows=vintage.panel, key="unique_id", index="panel"),
        *_index_faults(vintage.series, rows=vintage.reports, key="series_id", index="reports"),
        *_rank_faults(vintage.ranks, forecasts=vintage.forecasts),
        *_status_faults(vintage.series),
    )


def _shape_faults(vintage: Vintage) -> Iterator[str]:
    wanted = {"forecasts": FORECASTS, "series": SERIES, "panel": PANEL, "scores": SCORES}
    wanted |= {"ranks": RANKS, "reports": STORED}
    for name, schema in wanted.items():
        found = getattr(vintage, name).schema
        if found != schema:
            differing = sorted({str(pair) for pair in set(found.items()) ^ set(schema.items())})
            yield f"the columns of {name} differ from the contract: {', '.join(differing) or 'their order'}"


def _order_faults(vintage: Vintage) -> Iterator[str]:
    ids = vintage.series["series_id"]
    if not ids.is_sorted() or ids.n_unique() < len(ids):
        yield "series are not sorted by series_id, each once"
    for name, key, time in (("forecasts", "series_id", "period"), ("panel", "unique_id", "ds")):
        keys = getattr(vintage, name).select(key, time)
        if not keys.equals(keys.sort(key, time)) or keys.is_duplicated().any():
            yield f"{name} are not sorted by {key}, then {time}, each once"
    steps = vintage.forecasts.group_by("series_id").agg(last=pl.col("step").max(), rows=pl.len())
    holed = steps.filter(pl.col("last") != pl.col("rows")).sort("series_id")
    if not holed.is_empty():
        yield f"forecasts of {len(holed)} series, first {holed['series_id'][0]}, lack a step between 1 and their last"
    keys = vintage.reports.select(REPORTS_ORDER)
    if not keys.equals(keys.sort(REPORTS_ORDER)) or keys.is_duplicated().any():
        yield f"reports are not sorted by {', '.join(REPORTS_ORDER)}, each once"


def _number_faults(forecasts: pl.DataFrame) -> Iterator[str]:
    numbers = forecasts.select("mean", *QUANTILE_COLUMNS)
    unfit = numbers.select(pl.any_horizontal(pl.all().is_null() | ~pl.all().is_finite())).to_series()
    if unfit.any():
        yield f"{unfit.sum()} rows of forecasts hold a null, NaN or infinite number"
    crossed = forecasts.select(
        pl.any_horizontal(pl.col(low) > pl.col(high) for low, high in pairwise(QUANTILE_COLUMNS))
    ).to_series()
    if crossed.any():
        yield f"{crossed.sum()} rows of forecasts have quantiles out of order"


def _history_faults(vintage: Vintage) -> Iterator[str]:
    unfit = vintage.panel.filter(pl.col("y").is_null() | ~pl.col("y").is_finite())
    if not unfit.is_empty():
        yield f"{len(unfit)} rows of panel, first of {unfit['unique_id'][0]}, hold a null, NaN or infinite number"
    bare = vintage.series.filter(pl.col("row_count") > 0, pl.col("panel_count") == 0)
    if not bare.is_empty():
        yield f"{len(bare)} series, first {bare['series_id'][0]}, have forecasts without a history"


def _rank_faults(ranks: pl.DataFrame, *, forecasts: pl.DataFrame) -> Iterator[str]:
    keys = ranks.select("pool", "step")
    if not keys.equals(keys.sort("pool", "step")) or keys.is_duplicated().any():
        yield "ranks are not sorted by pool, then step, each once"
    inside = pl.col("ranks").list.eval((pl.element() > 0) & (pl.element() < 1)).list.sum() == PATHS
    unfit = ranks.filter(((pl.col("ranks").list.len() == PATHS) & inside).fill_null(value=False).not_())
    if not unfit.is_empty():
        yield f"{len(unfit)} rows of ranks don't hold {PATHS} ranks between 0 and 1"
    short = ranks.group_by("pool").agg(pl.len()).filter(pl.col("len") < (forecasts["step"].max() or 0))
    if not short.is_empty() or (len(forecasts) and ranks["pool"].null_count() == 0):
        yield "ranks don't reach as far as the forecasts"


def _index_faults(series: pl.DataFrame, *, rows: pl.DataFrame, key: str, index: str) -> Iterator[str]:
    """The start and count of each series against where its rows are."""
    start, count = f"{index}_start", f"{index}_count"
    found = rows.with_row_index("at").group_by(key).agg(at=pl.col("at").min(), rows=pl.len()).rename({key: "id"})
    joined = series.select(pl.col("series_id").alias("id"), start, count).join(
        found, on="id", how="full", coalesce=True
    )
    counted = pl.col(count).eq_missing(pl.col("rows").fill_null(0))
    placed = (pl.col("rows").is_null()) | pl.col(start).eq_missing(pl.col("at"))
    wrong = joined.filter(~(counted & placed))
    if not wrong.is_empty():
        yield f"{start} and {count} of {wrong['id'][0]} and {len(wrong) - 1} more are not where its rows are"


def _status_faults(series: pl.DataFrame) -> Iterator[str]:
    unlike = series.filter((pl.col("status") == "forecast") != (pl.col("row_count") > 0))
    if not unlike.is_empty():
        yield f"{len(unlike)} series, first {unlike['series_id'][0]}, have a status unlike their forecasts"
    unfit = series.filter(pl.any_horizontal(~pl.col("mase", "coverage_80").is_finite()))
    if not unfit.is_empty():
        yield f"{len(unfit)} series, first {unfit['series_id'][0]}, have a NaN or infinite score"
