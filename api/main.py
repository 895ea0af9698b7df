"""Composition of the service from the settings: `uvicorn --factory api.main:build`."""

import gc
import sys
from functools import partial
from importlib.util import find_spec

from fastapi import FastAPI

from api.app import Surroundings, clock_of_this_machine, create_app
from api.intake import Intake
from api.limits import Limits
from api.operating import Operations
from api.otel import instrument, span_of
from api.tracing import trace_of
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.experiment_files import load_experiment
from forecaster.adapters.intake_process import IntakeProcess
from forecaster.adapters.kept_vintages import kept_under
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.listening import check_host
from forecaster.adapters.mlflow_address import without_user
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.adapters.unrecorded_runs import UnrecordedRuns
from forecaster.settings import Settings, load_settings


def build() -> FastAPI:
    """The service as the environment sets it.

    Raises:
        BadSetting: it would listen beyond this machine without keys.
    """
    settings = load_settings()
    keys = KeyFile(settings.keys_file, first=settings.first_key_file)
    check_host(settings.host, guarded=keys.configured)
    app = create_app(
        vintages=PublishedVintages(settings.vintages_folder),
        catalogue=load_catalogue(settings.catalogue_file),
        keys=keys,
        operations=Operations(
            jobs=ReachableJobs(
                settings.jobs_address, clock=clock_of_this_machine, gather_seconds=settings.gather_seconds
            ),
            check_experiment=partial(load_experiment, settings.experiments_folder),
            kept=kept_under(settings.vintages_folder),
            alerts=ReachableAlerts(settings.alerts_address),
            unrecorded=UnrecordedRuns(settings.unrecorded_folder).count,
            mlflow_url=without_user(settings.mlflow_url),
        ),
        intake=_intake(),
        surroundings=_surroundings(settings),
    )
    if settings.otel_endpoint:
        instrument(app, endpoint=settings.otel_endpoint)
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """Have Python's collector of cycles pass over what is there for good: some 100,000 objects.

    Else it stops every answer for 80 ms, every few thousand answers that are made anew.
    """
    gc.collect()
    gc.freeze()


def _intake() -> Intake | None:
    """What takes releases in, where this installation holds what stores them."""
    if not all(find_spec(name) for name in ("deltalake", "fastexcel")):
        return None
    return IntakeProcess([sys.executable, "-m", "forecaster", "intake"])


def _surroundings(settings: Settings) -> Surroundings:
    limits = Limits(
        body_bytes=settings.max_body_bytes,
        seconds=settings.body_seconds,
        by_path={"/v1/observations": settings.max_upload_bytes},
    )
    tracer = span_of if settings.otel_endpoint else trace_of
    return Surroundings(limits=limits, origins=settings.origins, tracer=tracer)
