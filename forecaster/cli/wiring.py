"""Which adapter stands behind which port: built from settings, by the command that needs it.

Imports stand inside the functions: each vendor takes up to seconds, and most commands need one or none.
"""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.cli import output
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.experiment import Experiment
from forecaster.domain.instants import instant
from forecaster.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.adapters.alert_store import AlertStore
    from forecaster.adapters.kept_vintages import KeptVintages
    from forecaster.adapters.key_file import KeyFile
    from forecaster.adapters.published_vintages import PublishedVintages
    from forecaster.adapters.webhooks import Webhooks
    from forecaster.domain.news import News
    from forecaster.domain.ports import Job, Jobs, ReportStore
    from forecaster.domain.service_ports import Aliases
    from forecaster.training import Order, Ports


def now() -> datetime:
    """The instant, read where the program is entered."""
    return datetime.now(UTC)


def catalogue(settings: Settings) -> Catalogue:
    """The catalogue in use."""
    from forecaster.adapters.catalogue_file import load_catalogue

    return load_catalogue(settings.catalogue_file)


def experiment(settings: Settings, name: str) -> Experiment:
    """The experiment of a name."""
    from forecaster.adapters.experiment_files import load_experiment

    return load_experiment(settings.experiments_folder, name)


def keys(settings: Settings) -> "KeyFile":
    """The API keys."""
    from forecaster.adapters.key_file import KeyFile

    return KeyFile(settings.keys_file, first=settings.first_key_file)


def make_first_key(settings: Settings) -> None:
    """Make the key that changing needs where there is no key at all: one that was revoked stays so."""
    from forecaster.adapters.key_file import make_first_key

    if not keys(settings).configured:
        settings.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_first_key(settings.first_key_file)


def told_of(settings: Settings, news: "Sequence[News]") -> list[str]:
    """Tell the schedules that wait for a release; the names of those it concerns. Before the first start none waits.

    Raises:
        JobsUnreachable: the jobs database does not answer.
    """
    with _jobs(settings) as jobs:
        return jobs.released(news) if jobs else []


def last_jobs(settings: Settings, *, limit: int) -> "list[Job]":
    """The last jobs, newest first; before the first start there are none.

    Raises:
        JobsUnreachable: the jobs database does not answer.
    """
    with _jobs(settings) as jobs:
        return jobs.jobs(limit=limit) if jobs else []


@contextmanager
def _jobs(settings: Settings) -> "Iterator[Jobs | None]":
    """Jobs and schedules; None before the first start."""
    if settings.jobs_url is None and not (settings.root / "jobs.db").exists():
        yield None
        return
    with jobs(settings) as found:
        yield found


@contextmanager
def jobs(settings: Settings) -> "Iterator[Jobs]":
    """Jobs and schedules, for the time of the block; their database is made if need be.

    Raises:
        JobsUnreachable: it does not answer.
    """
    from forecaster.adapters.reachable_jobs import ReachableJobs

    door = ReachableJobs(settings.jobs_address, clock=now, gather_seconds=settings.gather_seconds)
    with closing(door), door.open() as found:
        yield found


@contextmanager
def alerts(settings: Settings, *, patience: float | None = None) -> "Iterator[AlertStore]":
    """Alerts, for the time of the block.

    Args:
        settings: where they are.
        patience: seconds that their database is waited for if another process holds it; None: as long as a request may.

    Raises:
        AlertsUnreachable: their database does not answer.
    """
    from forecaster.adapters.reachable_alerts import ReachableAlerts

    settings.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(ReachableAlerts(settings.alerts_address, patience=patience)) as door, door.open() as store:
        yield store


def webhooks(settings: Settings) -> "Webhooks | None":
    """Where alerts are sent; None where nowhere.

    Raises:
        BadSetting: an address or a secret that can't be used.
    """
    from forecaster.adapters.webhooks import webhooks

    return webhooks(settings.receivers, secret=settings.webhook_secret, service=settings.told_url)


def mlflow(settings: Settings) -> str:
    """MLflow's address, its database brought up to date first: MLflow's own first start is not safe for several."""
    from forecaster.adapters import mlflow_server

    mlflow_server.migrate(settings.mlflow_address, stamp=settings.mlflow_stamp)
    return settings.mlflow_address


def report_store(settings: Settings) -> "ReportStore":
    """The Delta table of reports."""
    from forecaster.adapters.delta_reports import DeltaReports

    return DeltaReports(settings.reports_address)


def vintages(settings: Settings) -> "PublishedVintages":
    """The published vintages."""
    from forecaster.adapters.published_vintages import PublishedVintages

    return PublishedVintages(settings.vintages_folder)


def kept(settings: Settings) -> "KeptVintages":
    """The kept vintages, to choose among."""
    from forecaster.adapters.kept_vintages import kept_under

    return kept_under(settings.vintages_folder)


def alias(settings: Settings) -> "Aliases":
    """MLflow's alias, over the server that is named, or the UI on this machine."""
    from forecaster.adapters.mlflow_alias import MlflowAlias

    return MlflowAlias(settings.mlflow_url, environ=os.environ)


def hand() -> str:
    """Who enters a command: user@host."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def order(
    settings: Settings,
    experiment: Experiment,
    *,
    sectors: str | None,
    as_of: str | None,
    issued_at: str | None = None,
    known: str | None = None,
) -> "Order":
    """What is asked for by a command, with all that its record keeps to run it again.

    Args:
        settings: where the catalogue lies.
        experiment: what is run.
        sectors: names between commas; None: those of the experiment.
        as_of: a day, inclusive, or an instant; None: `known`.
        issued_at: an instant; None: now.
        known: the instant up to which figures are known; None: see `known_at`.

    Raises:
        BadParameter: `as_of` is neither a day nor an instant.
    """
    from forecaster.adapters.code_version import code_version
    from forecaster.adapters.environment import environment
    from forecaster.adapters.run_artifacts import CATALOGUE, EXPERIMENT
    from forecaster.domain.experiment_text import experiment_text
    from forecaster.training import Order

    moment = instant(issued_at, name="--issued-at") if issued_at else now()
    latest = instant(known, name="--known-at") if known else known_at(settings, now=moment)
    text = settings.catalogue_file.read_text(encoding="utf-8")
    return Order(
        experiment=experiment,
        # Nobody knows figures of later.
        as_of=min(instant(as_of, name="--as-of").replace(microsecond=0), latest) if as_of else latest,
        issued_at=moment,
        sectors=[name.strip() for name in sectors.split(",")] if sectors else experiment.sectors or None,
        code_version=code_version(),
        by=hand(),
        inputs={EXPERIMENT: experiment_text(experiment), CATALOGUE: text},
        environment=environment(workers=settings.workers),
    )


def known_at(settings: Settings, *, now: datetime) -> datetime:
    """The instant up to which figures are known: now, or that of what is in service where the clock was set back since.

    A job asks once: what goes into service while it is interrupted knows later figures, and the clock was not set back.
    """
    serving = vintages(settings).issue_in_service()
    if serving is None or serving.data_as_of <= now:
        return now
    known = f"{serving.data_as_of:%Y-%m-%d %H:%M}Z"
    output.progress(f"The clock says {now:%Y-%m-%d %H:%M}Z; figures are known as of {known}, as in service.")
    return serving.data_as_of


@contextmanager
def training_ports(settings: Settings, *, experiment: Experiment, from_nothing: bool = False) -> "Iterator[Ports]":
    """Everything a run needs; its processes end with the block.

    Args:
        settings: where things lie.
        experiment: what will be run.
        from_nothing: fits that earlier runs made are made again.

    Raises:
        BadExperiment: a model or setting that there is none of.
    """
    from forecaster.adapters.deferred_run_log import DeferredRunLog
    from forecaster.adapters.fit_store import fit_store
    from forecaster.adapters.forked import forked
    from forecaster.adapters.kept_fits import KeptFits
    from forecaster.adapters.statsforecast_engine import statsforecast_engine
    from forecaster.adapters.statsforecast_models import check_models_once
    from forecaster.cli import mlflow_wiring
    from forecaster.training import Ports

    started, most = now(), settings.fits_mb << 20
    settings.root.mkdir(parents=True, exist_ok=True)
    with (
        fit_store(settings.fits_file, today=started.date(), most_bytes=most, told=output.progress) as store,
        statsforecast_engine(workers=settings.workers) as engine,  # ends first: what it fits is kept
        forked(1) as draughtsman,
    ):
        check_models_once(experiment, store=store)
        if mlflow_wiring.unrecorded(settings).count():
            mlflow_wiring.caught_up(settings)
        yield Ports(
            reports=report_store(settings),
            engine=KeptFits(engine, store=store, anew=from_nothing),
            run_log=DeferredRunLog(lambda: mlflow_wiring.lasting_run_log(settings, beside=draughtsman)),
            vintages=vintages(settings),
        )
