"""What the service says adds up: the sums of the bundled catalogue, on tiny figures, from reports to HTTP."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from mlflow.tracking import MlflowClient
from starlette.testclient import TestClient

from api.app import create_app
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.domain.catalogue import Catalogue, Sum
from forecaster.domain.experiment import MINT, Candidate, Folds
from forecaster.domain.months import month_after
from forecaster.domain.ports import Engine
from forecaster.settings import load_settings
from forecaster.training import Order, Result, run
from tests.homes import Homes
from tests.reports import month, report, reports
from tests.running import EXPERIMENT, NOW, ports

RARE, LATE, SLOW = "solar.exports.BR.wafers", "solar.exports.ZA.cells", "battery.production.CN.lfp"
PANELS, BATTERIES = "solar.exports.World.panels", "battery.production.CN"

ADDING_UP = replace(
    EXPERIMENT,
    reconciliation=MINT,
    horizon=12,
    folds=Folds(count=3, step=3, min_train=14),
    candidates=(
        Candidate("naive", "SeasonalNaive", {"season_length": 12}, min_observations=13),
        Candidate("flat", "WindowAverage", {"window_size": 6}, min_observations=8),
    ),
)


def figures(catalogue: Catalogue) -> pl.DataFrame:
    """Lumpy months of every reported series that is part of a sum; one is rare, one starts late, one lags."""
    noise = np.random.default_rng(11)
    members = {member for one in catalogue.sums for member in (one.parent, *one.children)}
    rows = []
    for series_id in sorted(member for member in members if catalogue.find(member).derived is None):
        unit, level = catalogue.find(series_id).unit, 10 ** noise.uniform(0, 3)
        for at in range(40):
            day = month_after(month("2021-01"), months=at)
            text, value = f"{day:%Y-%m}", level * float(noise.lognormal(0.0, 0.5))
            gone = (series_id == RARE and at < 35) or (series_id == LATE and at < 26) or (series_id == SLOW and at > 37)
            if not gone:
                whole = 10_000.0 if series_id == BATTERIES else value
                rows.append(report(series_id, text, text, whole + value, unit=unit))
    return reports(*rows)


@dataclass(frozen=True)
class Served:
    """A service with the vintage of a run."""

    client: TestClient
    catalogue: Catalogue
    result: Result
    mlflow: MlflowClient

    def rows(self, sector: str, *, basis: str) -> dict[tuple[str, str], float]:
        """Mean of every series and period, as the CSV of a sector has it."""
        answer = self.client.get(f"/v1/forecasts?sector={sector}&basis={basis}&horizon=12&format=csv")
        assert answer.status_code == 200
        return {
            (row["series_id"], row["period"]): float(row["mean"])
            for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
        }

    def apart(self) -> dict[str, str]:
        """Totals that are no sum of their parts, and why."""
        return dict(self.client.get(f"/v1/vintages/{self.result.vintage_id}").json()["apart"])


@pytest.fixture(scope="module")
def served(homes: Homes, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = homes.begin(tmp_path_factory.mktemp("sums"))
    catalogue = load_catalogue(load_settings({}).catalogue_file)
    order = Order(experiment=ADDING_UP, as_of=NOW, issued_at=NOW, job_id="job-1", code_version="test")
    with ports(home, known=figures(catalogue), engine=engine) as real:
        result = run(order, ports=real, catalogue=catalogue, progress=lambda _: None)
        app = create_app(vintages=real.vintages, catalogue=catalogue)  # type: ignore[arg-type]  # they are PublishedVintages
        with TestClient(app) as client:
            yield Served(client, catalogue, result, MlflowClient(f"sqlite:///{home / 'mlflow.db'}"))


def whole(one: Sum, rows: dict[tuple[str, str], float]) -> list[tuple[float, float]]:
    """The total and the sum of its parts, in every period in which all are forecast."""
    periods = {period for series_id, period in rows if series_id == one.parent}
    members = [{(child, period) for child in one.children} for period in sorted(periods)]
    return [
        (rows[one.parent, period], sum(rows[part] for part in parts))
        for period, parts in zip(sorted(periods), members, strict=True)
        if parts <= set(rows)
    ]


@pytest.mark.parametrize("basis", ["month", "ytd"])
def test_every_total_in_the_csv_is_the_sum_of_its_parts(served: Served, basis: str) -> None:
    rows = served.rows("solar", basis=basis) | served.rows("battery", basis=basis)
    found = {(one.parent, one.children): whole(one, rows) for one in served.catalogue.sums}

    checked = {parent for (parent, _), pairs in found.items() if pairs}
    assert checked == {one.parent for one in served.catalogue.sums} - {"solar.exports.LatinAmerica.wafers"}
    for (parent, _), pairs in found.items():
        for total, parts in pairs:
            assert parts == pytest.approx(total, rel=1e-9, abs=1e-9), parent


def test_the_same_holds_in_json(served: Served) -> None:
    def mean(series_id: str) -> float:
        answer = served.client.get(f"/v1/forecasts/{series_id}?horizon=8").json()
        return float({point["period"]: point["mean"] for point in answer["points"]}["2024-08"])

    regions = next(one for one in served.catalogue.sums if one.parent == PANELS)
    assert sum(mean(child) for child in regions.children) == pytest.approx(mean(PANELS), rel=1e-9)


def test_a_total_without_one_of_its_parts_is_named_with_the_reason(served: Served) -> None:
    apart = served.apart()

    assert apart["solar.exports.LatinAmerica.wafers"] == f"It is no sum of its parts: {RARE} without a forecast."
    assert PANELS not in apart


def test_parts_that_lag_end_before_their_total_and_that_is_said(served: Served) -> None:
    assert served.apart()[BATTERIES].startswith("From 2025-03 on it is no sum of its parts")


def test_mlflow_shows_accuracy_before_and_after_by_level(served: Served) -> None:
    found = served.mlflow.get_run(served.result.run_id).data

    assert found.params["reconciliation"] == MINT
    for side in ("before", "after"):
        assert {f"solar/mase.{side}.level{level}" for level in range(4)} <= set(found.metrics)
    assert found.metrics["sums_apart"] == len(served.apart())


def test_the_decision_tells_levels_and_totals_apart(served: Served) -> None:
    folder = served.mlflow.download_artifacts(served.result.run_id, "decision.md")

    with open(folder, encoding="utf-8") as file:  # noqa: PTH123  # MLflow gives a string
        text = file.read()
    assert "## Reconciliation: mint-shrink" in text
    assert "| solar | 0 | 1 |" in text
    assert "| solar.exports.LatinAmerica.wafers |" in text
