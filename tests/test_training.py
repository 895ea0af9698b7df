"""One run from reports to a vintage in service, with every real part."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd  # noqa: TID251  # MLflow's pyfunc speaks pandas
import polars as pl
import pytest
from mlflow import pyfunc
from mlflow.tracking import MlflowClient

from forecaster.domain.errors import BadParameter, NothingToForecast
from forecaster.domain.ports import Engine
from forecaster.domain.progress import Said
from forecaster.domain.vintage import QUANTILE_COLUMNS, Vintage
from forecaster.training import Order, Ports, Result, run
from tests.catalogues import catalogue
from tests.homes import Homes
from tests.reports import report, reports
from tests.running import EXPERIMENT, NOW, figures, ports

EV, WORLD = "ev.production.CN", "solar.exports.World.panels"
ORDER = Order(experiment=EXPERIMENT, as_of=NOW, issued_at=NOW, job_id="job-1", code_version="test")


@dataclass(frozen=True)
class Ran:
    """A finished run and what it left."""

    result: Result
    ports: Ports
    progress: list[str]
    client: MlflowClient

    @property
    def vintage(self) -> Vintage:
        found = self.ports.vintages.whole_in_service()
        assert found is not None
        return found


@pytest.fixture(scope="module")
def ran(homes: Homes, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    home = homes.begin(tmp_path_factory.mktemp("home"))
    lines: list[str] = []
    with ports(home, engine=engine) as real:
        result = run(ORDER, ports=real, catalogue=catalogue(), progress=lines.append)
        yield Ran(result, real, lines, MlflowClient(f"sqlite:///{home / 'mlflow.db'}"))


def test_each_step_is_told_in_order_and_the_backtest_by_series(ran: Ran) -> None:
    told = [line for line in ran.progress if isinstance(line, Said)]

    counts = [(line.done, line.total) for line in told if line.step == "backtest" and line.total]
    assert len(told) == len(ran.progress)
    assert list(dict.fromkeys(line.step for line in told)) == [
        "panel",
        "backtest",
        "combination",
        "reconciliation",
        "intervals",
        "record",
        "decision",
        "publishing",
    ]
    assert counts[0] == (0, 4)
    assert counts[-1] == (4, 4)
    assert counts == sorted(counts)


def test_the_forecasts_are_in_service_for_every_series_that_has_enough_data(ran: Ran) -> None:
    vintage = ran.vintage

    forecast = vintage.forecasts["series_id"].unique().sort().to_list()
    assert forecast == [EV, "solar.exports.DE.panels", "solar.exports.FR.panels", WORLD]
    assert vintage.issue.vintage_id == ran.result.vintage_id
    assert ran.result.forecast == 4


def test_quantiles_are_in_order_and_never_below_nothing(ran: Ran) -> None:
    rows = ran.vintage.forecasts.select(QUANTILE_COLUMNS).rows()

    assert all(list(row) == sorted(row) and row[0] >= 0 for row in rows)


def test_the_vintage_keeps_every_report_and_the_ranks_of_each_sector(ran: Ran) -> None:
    vintage = ran.vintage

    assert vintage.reports["report_id"].sort().to_list() == figures()["report_id"].sort().to_list()
    assert set(vintage.ranks["pool"]) == {None, "ev", "solar"}
    assert vintage.ranks["step"].max() == 6


def test_a_series_without_data_says_why(ran: Ran) -> None:
    row = ran.vintage.series.row(by_predicate=pl.col("series_id") == "battery.production.CN", named=True)

    assert row["status"] == "No figures are known yet."
    assert row["row_count"] == 0


def test_a_series_tells_what_its_forecast_is_made_of(ran: Ran) -> None:
    row = ran.vintage.series.row(by_predicate=pl.col("series_id") == EV, named=True)

    assert row["weights"] == '{"ets": 0.5, "theta": 0.5}'
    assert row["folds"] == 3
    assert row["mase"] > 0


def test_progress_names_sectors_and_how_far_they_are(ran: Ran) -> None:
    text = "\n".join(ran.progress)

    assert "solar: 3 series" in text
    assert re.search(r"ev: \d+ of \d+ cutoffs, \d+ s of CPU", text)


def test_mlflow_shows_the_run_its_children_and_the_error_by_horizon(ran: Ran) -> None:
    found = ran.client.get_run(ran.result.run_id)
    children = ran.client.search_runs([found.info.experiment_id], f"tags.`mlflow.parentRunId` = '{ran.result.run_id}'")

    assert found.info.status == "FINISHED"
    assert found.data.params["candidates.naive"] == "SeasonalNaive(season_length=12)"
    assert found.data.tags["code_version"] == "test"
    assert len(children) == 2 * 4  # sectors x (candidates and their combination)
    tags = ("code_version", "report_store_version", "as_of", "sectorcast.job_id")
    for child in children:
        assert [child.data.tags[name] for name in tags] == [found.data.tags[name] for name in tags]
    steps = [metric.step for metric in ran.client.get_metric_history(ran.result.run_id, "ev/mase_by_horizon")]
    assert sorted(steps) == [1, 2, 3, 4, 5, 6]


def test_mlflow_names_the_data_with_a_digest_and_keeps_the_artifacts(ran: Ran) -> None:
    found = ran.client.get_run(ran.result.run_id)
    kept = {item.path for item in ran.client.list_artifacts(ran.result.run_id)}
    drawn = {item.path for item in ran.client.list_artifacts(ran.result.run_id, "charts")}

    assert len(found.inputs.dataset_inputs[0].dataset.digest) == 16
    assert {"backtest.parquet", "decision.md", "forecasts.parquet", "vintage.zip"} <= kept
    assert {"charts/error-by-horizon-ev.png", f"charts/fan-{EV}.html"} <= drawn


def test_what_the_new_year_is_worth_stands_in_the_decision_and_the_metrics(ran: Ran, tmp_path: Path) -> None:
    found = ran.client.get_run(ran.result.run_id)
    text = Path(ran.client.download_artifacts(ran.result.run_id, "decision.md", str(tmp_path))).read_text("utf-8")

    row = next(line for line in text.splitlines() if line.startswith("| solar.exports.DE.panels | calendar"))
    _, _, _, figures, plain, variant, used, _, _, _ = [cell.strip() for cell in row.split("|")]
    assert int(figures) > 0
    assert float(plain) > 0
    assert float(variant) > 0
    assert used == "no"  # fewer figures than a choice needs
    assert found.data.metrics["solar/variants.tried"] == 3
    assert found.data.metrics["solar/variants.used"] == 0
    assert found.data.metrics["solar/variants.mase_chosen"] == found.data.metrics["solar/variants.mase_unchosen"]


def test_the_champion_answers_as_a_model(ran: Ran) -> None:
    model = pyfunc.load_model("models:/sectorcast@champion")

    answer = model.predict(pd.DataFrame({"series_id": [EV], "horizon": [2]}))

    expected = ran.vintage.forecasts.filter(pl.col("series_id") == EV)["mean"].head(2).to_list()
    assert answer["mean"].tolist() == expected
    assert answer["period"].tolist() == ["2024-05", "2024-06"]


def test_a_run_of_one_sector_leaves_the_others_in_service(ran: Ran) -> None:
    before = ran.vintage
    order = replace(ORDER, sectors=["ev"], issued_at=NOW + timedelta(days=1), job_id=None)

    result = run(order, ports=ran.ports, catalogue=catalogue(), progress=lambda _: None)

    after = ran.vintage
    assert after.issue.vintage_id == result.vintage_id != before.issue.vintage_id
    others = pl.col("series_id") != EV
    assert after.forecasts.filter(others).equals(before.forecasts.filter(others))
    assert after.issue.of("solar").run_id == before.issue.run_id
    assert after.issue.of("ev").run_id == result.run_id


def test_an_unknown_sector_is_refused_and_the_run_closed_as_failed(ran: Ran) -> None:
    order = replace(ORDER, sectors=["steel"], job_id="job-2")

    with pytest.raises(BadParameter, match="'steel' is unknown"):
        run(order, ports=ran.ports, catalogue=catalogue(), progress=lambda _: None)

    experiment = ran.client.get_experiment_by_name("sectorcast/tiny")
    failed = ran.client.search_runs([experiment.experiment_id], "tags.`sectorcast.job_id` = 'job-2'")
    assert [left.info.status for left in failed] == ["FAILED"]


def test_a_run_as_of_an_earlier_instant_is_recorded_and_leaves_newer_forecasts_in_service(ran: Ran) -> None:
    before = ran.vintage.issue.vintage_id
    order = replace(ORDER, as_of=NOW - timedelta(days=60), issued_at=NOW + timedelta(days=2), job_id=None)

    result = run(order, ports=ran.ports, catalogue=catalogue(), progress=lambda _: None)

    assert (result.vintage_id, ran.vintage.issue.vintage_id) == (None, before)
    assert "as of 2024-04-02 00:00 UTC, service later ones" in result.decision.reason
    recorded = ran.client.get_run(result.run_id)
    assert recorded.info.status == "FINISHED"
    assert recorded.data.tags["as_of"] == order.as_of.isoformat()


class LogThatIsGone:
    """A run log that can't be reached any more when a run fails."""

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        return "r1"

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        raise ConnectionError("the server is gone")


def test_a_run_log_that_fails_besides_does_not_hide_why_the_run_failed(ran: Ran) -> None:
    gone = replace(ran.ports, run_log=LogThatIsGone())  # type: ignore[arg-type]  # what a run that fails needs of one
    order = replace(ORDER, sectors=["steel"])

    with pytest.raises(BadParameter, match="'steel' is unknown") as told:
        run(order, ports=gone, catalogue=catalogue(), progress=lambda _: None)

    assert "ConnectionError: the server is gone" in told.value.__notes__[0]


def test_before_any_figure_was_released_nothing_can_be_forecast(engine: Engine, home: Path) -> None:
    early = replace(ORDER, as_of=NOW - timedelta(days=5000))

    with ports(home, engine=engine) as real, pytest.raises(NothingToForecast, match="No figures are known yet"):
        run(early, ports=real, catalogue=catalogue(), progress=lambda _: None)

    assert real.vintages.whole_in_service() is None


def test_a_broken_vintage_in_service_is_told_and_replaced(engine: Engine, home: Path) -> None:
    with ports(home, engine=engine) as real:
        first = run(ORDER, ports=real, catalogue=catalogue(), progress=lambda _: None)
        assert first.vintage_id is not None
        file = home / "vintages" / first.vintage_id / "forecasts.arrow"
        file.unlink()  # it is read-only
        file.write_bytes(b"ARROW1")
        lines: list[str] = []
        again = replace(ORDER, issued_at=NOW + timedelta(days=1), job_id=None)

        second = run(again, ports=real, catalogue=catalogue(), progress=lines.append)

        assert second.vintage_id is not None
        assert any("can't be served" in line for line in lines)


def test_reports_of_series_that_the_catalogue_lacks_are_left_out_and_told(engine: Engine, home: Path) -> None:
    lines: list[str] = []
    with ports(home, engine=engine) as real:
        real.reports.append(reports(report("steel.production.DE", "2024-01", "2024-01", 1.0)), ingested_at=NOW)

        result = run(ORDER, ports=real, catalogue=catalogue(), progress=lines.append)

    assert result.forecast == 4
    assert any("steel.production.DE" in line for line in lines)
