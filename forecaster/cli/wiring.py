"""Which adapter stands behind which port: built from settings, by the command that needs it.

Imports stand inside the functions: each vendor takes up to seconds, and most commands need one or none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import BadParameter
from forecaster.domain.experiment import Experiment
from forecaster.settings import Settings

if TYPE_CHECKING:
    from forecaster.adapters.published_vintages import PublishedVintages
    from forecaster.domain.ports import ReportStore
    from forecaster.training import Order, Ports


def now() -> datetime:
    """The instant, read where the program is entered."""
    return datetime.now(UTC)


def end_of_day(day: str) -> datetime:
    """The last second of a day, in UTC.

    Raises:
        BadParameter: no day of the form YYYY-MM-DD.
    """
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), tzinfo=UTC)
    except ValueError:
        raise BadParameter(name="--as-of", what=f"{day!r} is no day; write it as 2025-06-30.") from None


def catalogue(settings: Settings) -> Catalogue:
    """The catalogue in use."""
    from forecaster.adapters.catalogue_file import load_catalogue

    return load_catalogue(settings.catalogue_file)


def experiment(settings: Settings, name: str) -> Experiment:
    """The experiment of a name."""
    from forecaster.adapters.experiment_files import load_experiment

    return load_experiment(settings.experiments_folder, name)


def report_store(settings: Settings) -> "ReportStore":
    """The Delta table of reports."""
    from forecaster.adapters.delta_reports import DeltaReports

    return DeltaReports(settings.reports_address)


def vintages(settings: Settings) -> "PublishedVintages":
    """The published vintages."""
    from forecaster.adapters.published_vintages import PublishedVintages

    return PublishedVintages(settings.vintages_folder)


def order(settings: Settings, experiment: Experiment, *, sectors: str | None, as_of: str | None) -> "Order":
    """What is asked for by a command, with all that its record keeps to run it again.

    Args:
        settings: where the catalogue lies.
        experiment: what is run.
        sectors: names between commas; None: those of the experiment.
        as_of: a day, inclusive; None: now.

    Raises:
        BadParameter: `as_of` is no day.
    """
    from forecaster.adapters.code_version import code_version
    from forecaster.adapters.environment import environment
    from forecaster.adapters.recorded_runs import CATALOGUE, EXPERIMENT
    from forecaster.domain.experiment_text import experiment_text
    from forecaster.training import Order

    instant = now()
    text = settings.catalogue_file.read_text(encoding="utf-8")
    return Order(
        experiment=experiment,
        as_of=min(end_of_day(as_of), instant) if as_of else instant,  # nobody knows figures of later
        issued_at=instant,
        sectors=[name.strip() for name in sectors.split(",")] if sectors else experiment.sectors or None,
        code_version=code_version(),
        inputs={EXPERIMENT: experiment_text(experiment), CATALOGUE: text},
        environment=environment(workers=settings.workers),
    )


@contextmanager
def training_ports(settings: Settings) -> "Iterator[Ports]":
    """Everything a run needs; its processes end with the block."""
    from forecaster.adapters import mlflow_server
    from forecaster.adapters.mlflow_run_log import MlflowRunLog
    from forecaster.adapters.statsforecast_engine import statsforecast_engine
    from forecaster.training import Ports

    address = settings.mlflow_address
    mlflow_server.migrate(address, stamp=settings.mlflow_stamp)
    artifacts = None if mlflow_server.is_server(address) else settings.artifacts_folder
    started = int(now().timestamp() * 1000)
    with statsforecast_engine(workers=settings.workers) as engine:
        yield Ports(
            reports=report_store(settings),
            engine=engine,
            run_log=MlflowRunLog(address, artifacts=artifacts, reports=settings.reports_address, now_ms=started),
            vintages=vintages(settings),
        )
