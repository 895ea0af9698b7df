"""`sectorcast up` and its parts, one by one: serve, worker, mlflow."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from forecaster.adapters.listening import check_host
from forecaster.cli import output, wiring
from forecaster.cli.alert_watching import alerts_watched
from forecaster.cli.alias_watching import alias_watched
from forecaster.cli.home import only_one, ports_free
from forecaster.cli.mending import is_published
from forecaster.cli.parts import api_part, first_run_part, forecast_text, mlflow_part, worker_part
from forecaster.cli.recording import records_watched
from forecaster.cli.supervisor import Supervisor
from forecaster.settings import Settings, load_settings

START_SECONDS = 120.0
GRACE_SECONDS = 3  # open requests may take so long when the API stops
SWITCH_SECONDS = 0.0005
"""How long requests keep a thread waiting that opens the next vintage, each time that it reads. With Python's own 5 ms,
under load, opening one takes seconds instead of a twentieth of one."""
LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"lines": {"class": "api.logs.JsonLines"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (up, demo, prepare, serve, worker, mlflow):
        app.command()(command)


def up() -> None:
    """Everything on this machine: figures, first forecasts, API and page, MLflow UI, worker. Ctrl-C stops it."""
    with _everything(load_settings()) as supervisor:
        if not supervisor.stopping:
            print("Ctrl-C stops everything.", flush=True)
        supervisor.watch()
    print("All stopped.")


def demo(*, series: Annotated[str, typer.Option(help="whose forecast is printed")] = "ev.production.CN") -> None:
    """As `up`, but print one forecast and exit."""
    settings = load_settings()
    with _everything(settings) as supervisor:
        if not supervisor.stopping:
            print(forecast_text(settings, series))


def prepare() -> None:
    """Make the home folder ready: key, databases, bundled figures. `up` does it by itself."""
    _prepare(load_settings())


def serve() -> None:
    """Serve the API and the page."""
    import uvicorn

    settings = load_settings()
    wiring.make_first_key(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line of the log shows them
    uvicorn.run(
        "api.main:build",
        factory=True,
        host=settings.host,
        port=settings.port,
        http="api.protocol:PatientProtocol",
        server_header=False,
        proxy_headers=False,  # who asks is who connects: see api.auth.is_local
        access_log=False,  # api.telemetry tells more
        log_config=LOGS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def worker() -> None:
    """Carry out jobs, queued or by schedule, until stopped."""
    from forecaster.adapters.child_runs import Fixed, Order
    from forecaster.adapters.dbos_worker import run_worker

    def command(order: Order) -> list[str]:
        retrain = [sys.executable, "-m", "forecaster", "retrain", "--json"]
        sectors = ["--sectors", ",".join(order.sectors)] if order.sectors else []
        as_of = ["--as-of", order.as_of] if order.as_of else []
        found = order.fixed
        fixed = ["--issued-at", found.issued_at, "--reports-version", found.reports_version]
        known = ["--known-at", found.known_at] if found.known_at else []
        return [*retrain, "--experiment", order.experiment, "--job-id", order.job_id, *sectors, *as_of, *fixed, *known]

    def end(job_id: str) -> list[str]:
        return [sys.executable, "-m", "forecaster", "end-runs", job_id]

    def fix() -> Fixed:
        now = wiring.now()
        known_at = wiring.known_at(settings, now=now)
        return Fixed(now.isoformat(), wiring.report_store(settings).version(), known_at.isoformat())

    settings = load_settings()
    settings.root.mkdir(parents=True, exist_ok=True)
    with (
        only_one(settings.root, lock="worker"),
        alias_watched(settings),
        alerts_watched(settings),
        records_watched(settings),
    ):  # two would begin each other's unfinished jobs again
        run_worker(
            settings.jobs_address,
            name=settings.worker_id,
            command=command,
            end=end,
            fix=fix,
            ready=lambda: output.progress("worker: ready"),
            clock=wiring.now,
        )


def mlflow() -> None:
    """Serve the MLflow UI."""
    from forecaster.adapters import mlflow_server

    settings = load_settings()
    address = settings.mlflow_address
    settings.root.mkdir(parents=True, exist_ok=True)
    mlflow_server.migrate(address, stamp=settings.mlflow_stamp)
    mlflow_server.serve(address, port=settings.mlflow_port, artifacts=settings.artifacts_folder)


@contextmanager
def _everything(settings: Settings) -> Iterator[Supervisor]:
    """All parts running and ready, unless a signal came first; leaving the block stops them."""
    from forecaster.adapters.mlflow_address import is_server

    settings.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    mlflow_here = not is_server(settings.mlflow_address)
    mlflow_address = f"http://127.0.0.1:{settings.mlflow_port}/" if mlflow_here else settings.mlflow_address
    with only_one(settings.root, lock="up"), Supervisor(told=output.progress) as supervisor:
        check_host(settings.host, guarded=wiring.keys(settings).configured)  # the API would do so, minutes later
        ports_free(settings, mlflow=mlflow_here)
        wiring.webhooks(settings)  # one that can't be used is told now, not by the worker after minutes of training
        _prepare(settings)
        supervisor.start(api_part(settings))
        if mlflow_here:
            supervisor.start(mlflow_part(settings))
        if not is_published(settings):
            output.progress("first forecasts: training on the bundled figures, some minutes")
            part = first_run_part(settings)
            supervisor.start(part)
            supervisor.wait_for_end(part.name)
        if not supervisor.stopping:
            supervisor.start(worker_part(settings))
            supervisor.wait_until_ready(seconds=START_SECONDS)
        if not supervisor.stopping:
            _show_addresses(settings, mlflow=mlflow_address)
        yield supervisor


def _prepare(settings: Settings) -> None:
    from forecaster.adapters import dbos_jobs, mlflow_server
    from forecaster.adapters.bundled_reports import load_bundled

    settings.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.logs_folder.mkdir(exist_ok=True)
    wiring.make_first_key(settings)
    if mlflow_server.migrate(settings.mlflow_address, stamp=settings.mlflow_stamp):
        output.progress("MLflow: database is ready")
    dbos_jobs.migrate(settings.jobs_address)
    store = wiring.report_store(settings)
    if store.version() == "empty":
        stored = load_bundled(store, catalogue=wiring.catalogue(settings), now=wiring.now())
        output.progress(f"figures: {stored.new:,} bundled figures taken in")


def _show_addresses(settings: Settings, *, mlflow: str) -> None:
    print(f"\n  page       {settings.service_url}/")
    print(f"  API docs   {settings.service_url}/docs")
    print(f"  MLflow UI  {mlflow}\n", flush=True)
