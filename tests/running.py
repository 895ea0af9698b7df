"""Real parts of a run on tiny data: a Delta table, SQLite MLflow, the engine in its processes, published vintages."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.mlflow_run_log import MlflowRunLog
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.statsforecast_engine import statsforecast_engine
from forecaster.domain.experiment import Candidate, Experiment, Folds, Gate
from forecaster.domain.months import month_after
from forecaster.domain.ports import Engine, Recorded, RunRecord
from forecaster.training import Ports
from tests.reports import month, report, reports

NOW = datetime(2024, 6, 1, tzinfo=UTC)

EXPERIMENT = Experiment(
    name="tiny",
    question="?",
    horizon=6,
    combination="mean",
    folds=Folds(count=3, step=3, min_train=24),
    gate=Gate("not-worse", tolerance=0.05),
    candidates=(
        Candidate("ets", "AutoETS", {"season_length": 12, "model": "ANA"}, min_observations=24),
        Candidate("theta", "Theta", {"season_length": 12}, min_observations=24),
        Candidate("naive", "SeasonalNaive", {"season_length": 12}, combined=False, min_observations=13),
    ),
)


def figures() -> pl.DataFrame:
    """Three full years of two parts of a sum and of a series with January and February as one figure."""
    rows = []
    for at in range(40):
        day = month_after(month("2021-01"), months=at)
        text = f"{day:%Y-%m}"
        for number, region in enumerate(("DE", "FR"), start=1):
            value = 100.0 * number + at + 7 * (day.month % 5) + (3 * number * at) % 11
            rows.append(report(f"solar.exports.{region}.panels", text, text, value, unit="MW"))
        if day.month == 2:
            rows.append(report("ev.production.CN", f"{day:%Y}-01", text, 300.0 + 20 * at))
        elif day.month > 2:
            rows.append(report("ev.production.CN", text, text, 200.0 + 10 * at + (5 * at) % 13))
    return reports(*rows)


class LogInMemory:
    """A run log that keeps records as they are: charts and MLflow would take most of a run's time."""

    def __init__(self) -> None:
        self.records: list[RunRecord] = []

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        """Runs are numbered."""
        return f"{len(self.records) + 1:04}"

    def get_ready(self) -> None:
        """It is."""

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """As a version of the same number."""
        self.records.append(record)
        return Recorded(run_id, str(len(self.records)))

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Taken."""

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        """No run may."""
        raise AssertionError(reason)


@contextmanager
def ports(home: Path, *, known: pl.DataFrame | None = None, engine: Engine | None = None) -> Iterator[Ports]:
    """The ports of a run under a folder, the figures taken in: those above, or others.

    An engine of its own is started unless there is one already.
    """
    store = DeltaReports(str(home / "reports"))
    store.append(figures() if known is None else known, ingested_at=NOW)
    address = f"sqlite:///{home / 'mlflow.db'}"
    log = MlflowRunLog(address, artifacts=home / "mlartifacts", reports=str(home / "reports"), now_ms=1_717_200_000_000)
    with nullcontext(engine) if engine else statsforecast_engine(workers=1) as given:
        yield Ports(reports=store, engine=given, run_log=log, vintages=PublishedVintages(home / "vintages"))
