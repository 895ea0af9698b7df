"""Frame contract of a vintage: the forecasts issued by one published run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

QUANTILES = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)


def quantile_column(quantile: float) -> str:
    """Column of a quantile: 0.025 -> q2_5, 0.1 -> q10."""
    return "q" + f"{quantile * 100:g}".replace(".", "_")


QUANTILE_COLUMNS = tuple(quantile_column(quantile) for quantile in QUANTILES)

FORECASTS = pl.Schema(
    {
        "series_id": pl.String(),
        "period": pl.Date(),  # first day of the month
        "step": pl.Int32(),  # months after the cutoff, from 1
        "mean": pl.Float64(),  # the combined point forecast, in the series' own unit
        **dict.fromkeys(QUANTILE_COLUMNS, pl.Float64()),  # ascending within a row
    }
)
"""Sorted by series_id, then period."""

SERIES = pl.Schema(
    {
        "series_id": pl.String(),
        "sector": pl.String(),
        "measure": pl.String(),
        "region": pl.String(),
        "segment": pl.String(),  # null: none
        "source": pl.String(),  # key of the publishing body
        "leading": pl.Boolean(),  # false: another body's figures lead, the id carries @source
        "name": pl.String(),
        "name_zh": pl.String(),
        "unit": pl.String(),
        "kind": pl.String(),  # flow or stock
        "derived": pl.String(),  # null: reported; sum or remainder: worked out from other series
        "parents": pl.List(pl.String()),
        "children": pl.List(pl.String()),
        "first_period": pl.Date(),  # null: nothing reported yet
        "last_period": pl.Date(),  # the cutoff of its forecasts
        "last_release": pl.Datetime("us", "UTC"),
        "stale": pl.Boolean(),  # figures are overdue by the source's usual lag
        "status": pl.String(),  # "forecast", or why it has none
        "weights": pl.String(),  # JSON object candidate -> weight; "{}" without a forecast
        "failed": pl.String(),  # JSON list of {"model", "reason"}
        "mase": pl.Float64(),  # of the combination in the backtest; null: too short to say
        "coverage_80": pl.Float64(),  # of the 80 % interval in the backtest, out of sample
        "folds": pl.Int32(),
        "row_start": pl.UInt32(),  # first row of its forecasts
        "row_count": pl.UInt32(),  # months forecast; 0 without a forecast
        "panel_start": pl.UInt32(),  # first row of its panel
        "panel_count": pl.UInt32(),
        "reports_start": pl.UInt32(),  # first row of its own reports
        "reports_count": pl.UInt32(),
    }
)
"""Every series of the catalogue, sorted by series_id."""


FRAMES = ("forecasts", "series", "panel", "scores", "ranks", "reports")
"""What a vintage is made of, by name."""

REPORTS_ORDER = ("series_id", "period_end", "released_at", "report_id")


@dataclass(frozen=True, slots=True)
class Issue:
    """When a vintage was issued, from which data, by which run."""

    vintage_id: str
    issued_at: datetime
    data_as_of: datetime
    experiment: str
    run_id: str  # of MLflow
    model_version: str  # "" where MLflow was out of reach: its run was not recorded yet
    decision: str  # why it went into service
    code_version: str
    carried: Mapping[str, "Issue"] = field(default_factory=dict)  # sector that an earlier run made -> how it was issued
    reconciliation: str = "none"  # how its forecasts were made to add up
    apart: Mapping[str, str] = field(default_factory=dict)  # totals that are no sum of their parts, and why
    method: str = ""  # the whole experiment, as `experiment_text` gives it; "" of vintages from before it was kept

    def of(self, sector: str) -> "Issue":
        """How the forecasts of a sector were issued: by this vintage's run, or by an earlier one."""
        return self.carried.get(sector, self)

    def all_apart(self) -> dict[str, str]:
        """Totals that are no sum of their parts, of every sector, and why."""
        carried = {
            total: reason
            for sector, origin in self.carried.items()
            for total, reason in origin.apart.items()
            if total.split(".", maxsplit=1)[0] == sector
        }
        return {**carried, **self.apart}


@dataclass(frozen=True, slots=True)
class Vintage:
    """A whole vintage in memory, ready to publish; frames as FORECASTS, SERIES, PANEL, RANKS and STORED."""

    issue: Issue
    forecasts: pl.DataFrame
    series: pl.DataFrame
    panel: pl.DataFrame
    scores: pl.DataFrame  # backtest of the combination: unique_id, cutoff, mase; for the next comparison
    ranks: pl.DataFrame  # of joint paths, for sums of months
    reports: pl.DataFrame  # every report known at data_as_of; sorted by REPORTS_ORDER

    def frames(self) -> dict[str, pl.DataFrame]:
        """Every frame by its name, as a vintage is written."""
        return {name: getattr(self, name) for name in FRAMES}
