"""A tiny valid vintage, built in memory: three series, one of them without a forecast."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecaster.domain.panel import PANEL
from forecaster.domain.paths import PATHS, RANKS
from forecaster.domain.reports import STORED
from forecaster.domain.vintage import FORECASTS, QUANTILES, REPORTS_ORDER, SERIES, Issue, Vintage, quantile_column
from forecaster.domain.vintage_rules import SCORES
from tests.reports import report, reports

HORIZON = 24
EV, LFP, THIN = "ev.production.CN", "battery.production.CN.lfp", "solar.exports.Africa.panels@miit"
CUTOFF = date(2026, 8, 1)
WHY_THIN = "3 observations; 8 are needed"


def issue(vintage_id: str = "2026-09-16T02-00-11Z-7f3a", **changed: str) -> Issue:
    """An issue; its instants follow from nothing but the id's default."""
    fields = {
        "vintage_id": vintage_id,
        "experiment": "production",
        "run_id": "0f3c2a",
        "model_version": "14",
        "decision": "first vintage",
        "code_version": "0.1.0",
    }
    return Issue(
        issued_at=datetime(2026, 9, 16, 2, 0, 11, tzinfo=UTC),
        data_as_of=datetime(2026, 9, 15, 2, tzinfo=UTC),
        **{**fields, **changed},
    )


def months(first: date, count: int) -> list[date]:
    """`count` consecutive months from the one of `first`."""
    start = first.year * 12 + first.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(start, start + count)]


def forecasts_of(series_id: str, *, level: float, horizon: int = HORIZON) -> pl.DataFrame:
    """Forecasts that rise by 1 % of `level` a month, with quantiles around them."""
    rows = []
    for step, period in enumerate(months(date(2026, 9, 1), horizon), start=1):
        mean = level * (1 + step / 100)
        spread = level * 0.02 * (1 + step / 12)
        quantiles = {quantile_column(q): mean + spread * (q - 0.5) * 10 for q in QUANTILES}
        rows.append({"series_id": series_id, "period": period, "step": step, "mean": mean, **quantiles})
    return pl.DataFrame(rows, schema=FORECASTS)


def panel_of(series_id: str, *, level: float, count: int) -> pl.DataFrame:
    """`count` months up to the cutoff; Januaries and Februaries estimated."""
    rows = [
        {
            "unique_id": series_id,
            "ds": ds,
            "y": level * (0.7 + 0.3 * at / count) * (0.8 if ds.month < 3 else 1.0),
            "obtained": "estimated" if ds.month < 3 else "reported",
            "block_start": ds,
            "block_end": ds,
            "reports": [f"r{at}"],
        }
        for at, ds in enumerate(_ending(count))
    ]
    return pl.DataFrame(rows, schema=PANEL)


def _ending(count: int) -> list[date]:
    last = CUTOFF.year * 12 + CUTOFF.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(last - count + 1, last + 1)]


def series_row(series_id: str, **changed: object) -> dict[str, object]:
    """A row of SERIES for an id, its places in the other frames left at 0."""
    body = series_id.split("@")
    sector, measure, region, *segment = body[0].split(".")
    return {
        "series_id": series_id,
        "sector": sector,
        "measure": measure,
        "region": region,
        "segment": segment[0] if segment else None,
        "source": body[1] if len(body) > 1 else "nbs",
        "leading": len(body) == 1,
        "name": f"{sector} {measure}, {region}",
        "name_zh": f"{sector} 产量",
        "unit": "vehicles" if sector == "ev" else "GWh",
        "kind": "flow",
        "derived": None,
        "parents": [],
        "children": [],
        "first_period": date(2019, 1, 1),
        "last_period": CUTOFF,
        "last_release": datetime(2026, 9, 14, 2, tzinfo=UTC),
        "stale": False,
        "status": "forecast",
        "weights": json.dumps({"auto_ets": 0.4, "auto_ces": 0.6}),
        "failed": json.dumps([{"model": "auto_arima", "reason": "took longer than 60 s"}]),
        "mase": 0.71,
        "coverage_80": 0.81,
        "folds": 12,
        **changed,
    }


def ranks_of(*pools: str | None, horizon: int = HORIZON) -> pl.DataFrame:
    """Ranks of paths that keep to their rank from month to month."""
    ranks = [(at + 1) / (PATHS + 1) for at in range(PATHS)]
    rows = [(pool, step, ranks) for pool in pools for step in range(1, horizon + 1)]
    return pl.DataFrame(rows, schema=RANKS, orient="row")


def stored(reports: pl.DataFrame) -> pl.DataFrame:
    """Reports as a vintage keeps them."""
    held = reports.with_columns(ingested_at=pl.col("released_at"), release_id=pl.lit("r"))
    return held.select(STORED.names()).cast(STORED).sort(REPORTS_ORDER)


def reports_of(series_id: str, panel: pl.DataFrame, *, unit: str = "vehicles") -> pl.DataFrame:
    """A report of each month of a panel."""
    months = [(f"{ds:%Y-%m}", y) for ds, y in panel.select("ds", "y").iter_rows()]
    return stored(reports(*(report(series_id, text, text, y, unit=unit) for text, y in months)))


def placed(
    series: list[dict[str, object]], *, forecasts: pl.DataFrame, panel: pl.DataFrame, reports: pl.DataFrame
) -> pl.DataFrame:
    """SERIES from rows, sorted, with the places of their rows in the other frames filled in."""
    frame = pl.DataFrame([{key: row.get(key) for key in SERIES} for row in series], schema=SERIES)
    for key, rows, index in (
        ("series_id", forecasts, "row"),
        ("unique_id", panel, "panel"),
        ("series_id", reports, "reports"),
    ):
        start, count = f"{index}_start", f"{index}_count"
        places = rows.with_row_index("at").group_by(key).agg(pl.col("at").min().alias(start), pl.len().alias(count))
        frame = frame.drop(start, count).join(places, left_on="series_id", right_on=key, how="left")
    counts = [pl.col(f"{index}_start", f"{index}_count").fill_null(0) for index in ("row", "panel", "reports")]
    return frame.with_columns(counts).select(list(SERIES)).cast(dict(SERIES)).sort("series_id")


def tiny_vintage(vintage_id: str = "2026-09-16T02-00-11Z-7f3a", *, level: float = 1_500_000.0) -> Vintage:
    """Two series with forecasts and one without.

    Args:
        vintage_id: of its issue.
        level: about the size of the forecasts of `EV`, in vehicles.
    """
    forecasts = pl.concat([forecasts_of(LFP, level=90.0), forecasts_of(EV, level=level)])
    panel = pl.concat(
        [
            panel_of(LFP, level=90.0, count=60),
            panel_of(EV, level=level, count=92),
            panel_of(THIN, level=2.0, count=3),
        ]
    )
    rows = [
        series_row(
            LFP, name="LFP battery output, China", name_zh="磷酸铁锂电池产量", parents=["battery.production.CN"]
        ),
        series_row(EV, name="New energy vehicle output, China", name_zh="新能源汽车产量"),
        series_row(
            THIN,
            name="Solar panel exports to Africa",
            name_zh="对非洲光伏组件出口",
            unit="GW",
            status=WHY_THIN,
            weights="{}",
            failed="[]",
            mase=None,
            coverage_80=None,
            folds=0,
        ),
    ]
    held = reports_of(EV, panel.filter(pl.col("unique_id") == EV))
    scores = pl.DataFrame({"unique_id": [EV, LFP], "cutoff": [CUTOFF, CUTOFF], "mase": [0.71, 0.8]}, schema=SCORES)
    return Vintage(
        issue=issue(vintage_id),
        forecasts=forecasts,
        series=placed(rows, forecasts=forecasts, panel=panel, reports=held),
        panel=panel,
        scores=scores,
        ranks=ranks_of(None, "battery"),
        reports=held,
    )


def went_into_service(root: Path, *moves: tuple[datetime, str]) -> None:
    """Write the history of a store anew, as if its vintages had gone into service at these instants."""
    lines = [f"{at.isoformat()} {vintage_id}\n" for at, vintage_id in moves]
    (root / "HISTORY").write_text("".join(lines), encoding="utf-8")
