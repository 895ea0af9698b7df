"""What a vintage says of each series."""

import json
from datetime import UTC, date, datetime

import polars as pl

from forecaster.domain.issue import series_rows
from forecaster.domain.ports import Outcome
from forecaster.domain.reports import STORED
from forecaster.domain.vintage import FORECASTS
from tests.catalogues import catalogue
from tests.panels import panel
from tests.vintages import forecasts_of

EV, DE, FR = "ev.production.CN", "solar.exports.DE.panels", "solar.exports.FR.panels"
AT = date(2021, 12, 1)


def rows(*, failed: tuple[Outcome, ...] = (), combined: tuple[str, ...] = (EV,)) -> dict[str, dict[str, object]]:
    held = pl.concat([panel([1.0] * 24, unique_id=name) for name in (EV, DE, FR)])
    frame = series_rows(
        catalogue(),
        panel=held.sort("unique_id", "ds"),
        reports=pl.DataFrame(schema=STORED),
        reasons={"battery.production.CN": "No figures are known yet."},
        forecasts=forecasts_of(EV, level=1.0) if EV in combined else pl.DataFrame(schema=FORECASTS),
        weights=pl.DataFrame(
            [(name, "ets", 1.0) for name in combined], schema=["unique_id", "model", "weight"], orient="row"
        ),
        failed=failed,
        backtest=pl.DataFrame(
            {"unique_id": [EV], "mase": [0.7], "coverage_80": [0.8], "folds": [12]},
            schema_overrides={"folds": pl.Int32()},
        ),
        today=datetime(2022, 1, 20, tzinfo=UTC).date(),
    )
    return {str(row["series_id"]): row for row in frame.iter_rows(named=True)}


def test_a_forecast_series_tells_its_weights_backtest_and_place() -> None:
    row = rows()[EV]

    assert row["status"] == "forecast"
    assert json.loads(str(row["weights"])) == {"ets": 1.0}
    assert (row["mase"], row["folds"], row["row_start"], row["row_count"]) == (0.7, 12, 0, 24)


def test_a_series_whose_candidates_all_failed_says_so_with_the_reason() -> None:
    row = rows(failed=(Outcome(DE, "ets", AT, "ValueError: no"),))[DE]

    assert row["status"] == "Every candidate failed; the last: ValueError: no."
    assert json.loads(str(row["failed"])) == [{"model": "ets", "reason": "from 2021-12: ValueError: no"}]


def test_a_series_that_repeats_itself_says_so() -> None:
    assert "repeat themselves" in str(rows(combined=(EV, FR))[FR]["status"])


def test_a_series_without_figures_gives_its_reason() -> None:
    assert rows()["battery.production.CN"]["status"] == "No figures are known yet."


def test_figures_overdue_by_the_usual_lag_are_stale() -> None:
    assert rows()[EV]["stale"] is False
    assert rows()["battery.production.CN"]["stale"] is True
