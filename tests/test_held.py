"""A forecast that had to be held, through a whole run: the vintage says so, and so does the record of the run."""

from dataclasses import replace
from pathlib import Path

import orjson
import polars as pl
from mlflow.tracking import MlflowClient

from forecaster.domain.experiment import Candidate
from forecaster.domain.months import month_after
from forecaster.domain.ports import Engine
from forecaster.training import Order, run
from tests.catalogues import catalogue
from tests.reports import month, report, reports
from tests.running import EXPERIMENT, NOW, ports

DE = "solar.exports.DE.panels"
STEEP = Candidate("steep", "AutoETS", {"season_length": 1, "model": "AAN", "damped": False}, adjusted="logs", season=1)


def steep_at_the_end() -> pl.DataFrame:
    """Calm for three years, then a quarter more each month for half a year, as if it went on so for ever."""
    values = [100.0 + (7 * at) % 5 for at in range(34)] + [130.0 * 1.25**at for at in range(6)]
    months = [f"{month_after(month('2021-01'), months=at):%Y-%m}" for at in range(40)]
    return reports(*(report(DE, one, one, y, unit="MW") for one, y in zip(months, values, strict=True)))


def test_the_series_and_the_decision_name_a_forecast_that_was_held(engine: Engine, home: Path) -> None:
    experiment = replace(EXPERIMENT, horizon=12, candidates=(STEEP,))
    order = Order(experiment=experiment, as_of=NOW, issued_at=NOW)

    with ports(home, known=steep_at_the_end(), engine=engine) as real:
        result = run(order, ports=real, catalogue=catalogue(), progress=lambda _: None)
        vintage = real.vintages.whole_in_service()

    assert vintage is not None
    row = vintage.series.row(by_predicate=pl.col("series_id") == DE, named=True)
    told = [one for one in orjson.loads(row["failed"]) if one["model"] == "combination"]
    assert told[0]["reason"].startswith("from 2024-04: ")
    assert "its past growth allows no more" in told[0]["reason"]
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    text = Path(client.download_artifacts(result.run_id, "decision.md", str(home))).read_text("utf-8")
    assert "## Forecasts that were held" in text
    assert f"| {DE} | " in text.split("## Forecasts that were held")[1]
