"""The rows that a vintage keeps of every series of the catalogue."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from forecaster.domain.catalogue import Catalogue, Series
from forecaster.domain.freshness import is_overdue
from forecaster.domain.months import month_after
from forecaster.domain.ports import Outcome
from forecaster.domain.vintage import SERIES

FORECAST = "forecast"
"""The status of a series that has one; any other status says why not."""

NOT_ASKED = "It was not part of this run."
"""The status of a series whose sector was not trained."""


def series_rows(
    catalogue: Catalogue,
    *,
    panel: pl.DataFrame,
    reports: pl.DataFrame,
    reasons: Mapping[str, str],
    forecasts: pl.DataFrame,
    weights: pl.DataFrame,
    failed: Sequence[Outcome],
    backtest: pl.DataFrame,
    today: date,
) -> pl.DataFrame:
    """One row a series of the catalogue: what it is, how fresh, how forecast, or why not.

    Args:
        catalogue: names, units, sums.
        panel: PANEL columns, sorted by unique_id, ds: as the vintage keeps it.
        reports: STORED columns, sorted by REPORTS_ORDER: as the vintage keeps them.
        reasons: series_id -> why it is not forecast.
        forecasts: FORECASTS columns, sorted by series_id, period.
        weights: as `combination.weights` gives them.
        failed: every failed fit, those of the backtest included.
        backtest: as `summary.by_series` gives it.
        today: what "stale" is judged by.

    Returns:
        The SERIES columns, sorted by series_id.
    """
    rows = [_described(series, catalogue) for series in catalogue.series.values()]
    frame = pl.DataFrame(rows, schema_overrides=SERIES, infer_schema_length=None)
    for extra in (
        _extent(panel),
        _released(reports),
        _weighted(weights),
        _failures(failed),
        backtest.rename({"unique_id": "series_id"}),
    ):
        frame = frame.join(extra, on="series_id", how="left")
    stale = [_is_stale(row, catalogue, today=today) for row in frame.iter_rows(named=True)]
    filled = frame.with_columns(
        pl.Series("stale", stale),
        pl.col("weights").fill_null("{}"),
        pl.col("failed").fill_null("[]"),
        pl.col("folds").fill_null(0),
        pl.Series("status", _statuses(frame, forecasts=forecasts, reasons=reasons, failed=failed, weights=weights)),
    )
    return placed(filled, forecasts=forecasts, panel=panel, reports=reports)


def _statuses(
    frame: pl.DataFrame,
    *,
    forecasts: pl.DataFrame,
    reasons: Mapping[str, str],
    failed: Sequence[Outcome],
    weights: pl.DataFrame,
) -> list[str]:
    """FORECAST, or why there is none: too few figures, every candidate failed, or errors that can't be scaled."""
    forecast, combined = set(forecasts["series_id"]), set(weights["unique_id"])
    last = {outcome.unique_id: outcome.reason for outcome in sorted(failed)}
    statuses = []
    for series_id in frame["series_id"]:
        if series_id in forecast:
            statuses.append(FORECAST)
        elif series_id in reasons:
            statuses.append(reasons[series_id])
        elif series_id in combined:
            statuses.append("Its figures repeat themselves from year to year, so that no error scale is known.")
        else:
            statuses.append(f"Every candidate failed; the last: {last.get(series_id, 'none takes its length')}.")
    return statuses


def placed(
    series: pl.DataFrame, *, forecasts: pl.DataFrame, panel: pl.DataFrame, reports: pl.DataFrame
) -> pl.DataFrame:
    """Series with the places of their rows.

    Args:
        series: the SERIES columns, places missing or out of date.
        forecasts: FORECASTS columns, sorted by series_id, period.
        panel: PANEL columns, sorted by unique_id, ds.
        reports: STORED columns, sorted by REPORTS_ORDER.

    Returns:
        The SERIES columns, sorted by series_id.
    """
    places = ("row_start", "row_count", "panel_start", "panel_count", "reports_start", "reports_count")
    found = series.drop(places, strict=False)
    for rows, key, start, count in (
        (forecasts, "series_id", "row_start", "row_count"),
        (panel, "unique_id", "panel_start", "panel_count"),
        (reports, "series_id", "reports_start", "reports_count"),
    ):
        at = (
            rows.with_row_index("at")
            .group_by(series_id=key)
            .agg(pl.col("at").min().alias(start), pl.len().alias(count))
        )
        found = found.join(at, on="series_id", how="left")
    return found.with_columns(pl.col(places).fill_null(0)).select(SERIES.names()).cast(SERIES).sort("series_id")


def _described(series: Series, catalogue: Catalogue) -> dict[str, object]:
    return {
        "series_id": series.series_id,
        "sector": series.sector,
        "measure": series.measure,
        "region": series.region,
        "segment": series.segment,
        "source": series.source,
        "leading": series.leading,
        "name": series.name,
        "name_zh": series.name_zh,
        "unit": series.unit,
        "kind": series.kind,
        "derived": series.derived,
        "parents": list(catalogue.parents.get(series.series_id, ())),
        "children": list(catalogue.children.get(series.series_id, ())),
    }


def _extent(panel: pl.DataFrame) -> pl.DataFrame:
    return panel.group_by(series_id="unique_id").agg(first_period=pl.col("ds").min(), last_period=pl.col("ds").max())


def _released(reports: pl.DataFrame) -> pl.DataFrame:
    return reports.group_by("series_id").agg(last_release=pl.col("released_at").max())


def _weighted(weights: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {"series_id": key, "weights": json.dumps(dict(group.select("model", "weight").iter_rows()))}
        for (key,), group in weights.group_by("unique_id")
    ]
    return pl.DataFrame(rows, schema={"series_id": pl.String(), "weights": pl.String()})


def _failures(failed: Sequence[Outcome]) -> pl.DataFrame:
    """The latest failure of each series and model; the cutoff tells whether it was in the backtest."""
    latest: dict[str, dict[str, Outcome]] = {}
    for outcome in sorted(failed):
        latest.setdefault(outcome.unique_id, {})[outcome.model] = outcome
    rows = [
        {
            "series_id": key,
            "failed": json.dumps(
                [{"model": o.model, "reason": f"from {o.cutoff:%Y-%m}: {o.reason}"} for o in outcomes.values()]
            ),
        }
        for key, outcomes in latest.items()
    ]
    return pl.DataFrame(rows, schema={"series_id": pl.String(), "failed": pl.String()})


def _is_stale(row: Mapping[str, object], catalogue: Catalogue, *, today: date) -> bool:
    """Whether the figure after the last one should have come out by now."""
    last = row["last_period"]
    if not isinstance(last, date):
        return True
    return is_overdue(month_after(last), source=catalogue.sources[str(row["source"])], today=today)


def failures(series: pl.DataFrame) -> tuple[Mapping[str, Any], ...]:
    """The models that failed, by series: series_id, failed (each with model and reason).

    Args:
        series: the SERIES of a vintage.
    """
    rows = series.filter(pl.col("failed") != "[]").select("series_id", "failed")
    return tuple({"series_id": key, "failed": json.loads(failed)} for key, failed in rows.iter_rows())
