"""Drift as alerts, with the figures that prove it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from forecaster.domain.alert_facts import accuracy_drift
from forecaster.domain.alerts import Alert
from forecaster.domain.drift import SCOPES, freshest
from forecaster.domain.panel import SECTOR
from forecaster.domain.realised import BOUNDS, realised_scores

SHOWN = 12  # latest figures that an alert shows


def drift_alerts(shares: pl.DataFrame, *, figures: pl.DataFrame, promised: pl.DataFrame, now: datetime) -> list[Alert]:
    """One alert a sector or series that drifts.

    Args:
        shares: as `drift.judged` gives them.
        figures: the FIGURES columns of `realised`.
        promised: unique_id, mase: of the backtest; null: not known.
        now: when it was found.
    """
    held = freshest(figures).with_columns(SECTOR).join(promised, on="unique_id", how="left")
    alerts = []
    for (scope, key), rows in shares.filter("drifted").group_by("scope", "key", maintain_order=True):
        own = held.filter(pl.col(SCOPES[str(scope)]) == key)
        about = {str(scope): str(key)}
        alerts.append(accuracy_drift(about, judged=rows.to_dicts(), evidence=_evidence(own), now=now))
    return alerts


def _evidence(own: pl.DataFrame) -> Mapping[str, Any]:
    """How accurate forecasts were and should have been, by horizon too, and the latest figures."""
    end = own["block_end"].max()
    by_horizon = realised_scores(own, by=["step"]).select("step", "mase", "figures")
    mase = realised_scores(own, by=[])["mase"].item()
    backtest = own.unique("unique_id")["mase"].mean()
    low, high = BOUNDS[95]
    latest = own.sort("block_end", "unique_id").tail(SHOWN)
    month = pl.col("block_end").dt.strftime("%Y-%m")
    shown = latest.select(
        "vintage", series="unique_id", month=month, horizon="step", value="y", mean="y_hat", low_95=low, high_95=high
    )
    return {
        "until": f"{end:%Y-%m}" if isinstance(end, date) else "",
        "mase": mase,
        "mase_backtest": backtest,
        "by_horizon": by_horizon.rename({"step": "horizon"}).to_dicts(),
        "latest": shown.to_dicts(),
    }
