"""The application: routes, problems, headers, documentation, put together from what it is given."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware

from api.alerting import open_counter
from api.auth import NoKeys, ServedKeys, scope
from api.documentation import DESCRIPTION, install_documentation
from api.head import HeadAsGet
from api.headers import SecurityHeaders
from api.intake import Intake, NoIntake
from api.limits import BodyLimits, Limits
from api.looking_back import LookingBack
from api.metrics import Metrics
from api.operating import Operations, counter
from api.problems import install_problems
from api.queries import check_once
from api.remembered import Remembered
from api.routes import (
    accuracy,
    alerts,
    batches,
    forecasts,
    health,
    jobs,
    metrics,
    models,
    observations,
    page,
    releases,
    schedules,
    series,
    status,
)
from api.routes import charts as drawn
from api.routes import vintages as issued
from api.served import ServedVintages
from api.telemetry import Telemetry
from api.tracing import Tracer, trace_of
from forecaster import adapters, charts, domain, monitoring
from forecaster.domain.catalogue import Catalogue

READING = (
    accuracy.router, series.router, observations.router, forecasts.router, batches.router, drawn.router,
    issued.router, status.router, metrics.router,
)  # fmt: skip  # a list of names reads best filled
OPERATING = (
    alerts.router,
    jobs.router,
    models.router,
    releases.router,
    schedules.router,
)  # each route says which scope it needs
OPEN = (health.router, page.router)  # they show no figure
UNTOLD = TelemetryConfig(tracing=False, metrics=False, logs=False)  # api.telemetry and api.otel tell of requests
CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PATCH", "DELETE"],
    "allow_headers": ["Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "If-None-Match", "traceparent"],
    "expose_headers": ["ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-ID", "traceparent"],
}


def clock_of_this_machine() -> datetime:
    """What tells the time unless a test does."""
    return datetime.now(UTC)  # noqa: TID251  # the door that time comes in by


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What concerns every request."""

    limits: Limits = field(default_factory=Limits)
    origins: tuple[str, ...] = ()  # of other sites whose pages may ask
    tracer: Tracer = trace_of
    clock: Callable[[], datetime] = clock_of_this_machine


def create_app(
    *,
    vintages: ServedVintages,
    catalogue: Catalogue,
    keys: ServedKeys | None = None,
    operations: Operations | None = None,
    intake: Intake | None = None,
    surroundings: Surroundings | None = None,
) -> FastAPI:
    """The HTTP service.

    Args:
        vintages: what is served; it may be empty still, and is looked at anew for each request.
        catalogue: names of sectors, measures, sources and regions.
        keys: who may do what; without any, reading is open and nothing can be changed.
        operations: leads to jobs and schedules, and knows what can be run; without it there are none.
        intake: takes releases in; without it none is.
        surroundings: limits, other sites that may ask, how requests are traced.
    """
    app = FastAPI(
        title="sectorcast",
        version=version("sectorcast"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        telemetry=UNTOLD,
    )
    app.state.vintages = vintages
    app.state.catalogue = catalogue
    app.state.looking_back = LookingBack(vintages, catalogue=catalogue)
    app.state.keys = keys or NoKeys()
    app.state.operations = operations or Operations()
    app.state.alerts = app.state.operations.alerts
    app.state.intake = intake or NoIntake()
    app.state.revision = _revision(catalogue)
    install_problems(app)
    for router in READING:
        app.include_router(router, dependencies=[scope("read"), Depends(check_once)])
    for router in (*OPERATING, *OPEN):
        app.include_router(router, dependencies=[Depends(check_once)])
    page.mount_files(app)
    install_documentation(app)
    _surround(app, surroundings or Surroundings())
    return app


def _surround(app: FastAPI, given: Surroundings) -> None:
    """Put around the routes what concerns every request, from the inside out."""
    app.state.clock = given.clock
    counted = counter(app.state.operations.jobs)
    heard = open_counter(app.state.alerts)
    app.state.metrics = Metrics(vintages=app.state.vintages, jobs=counted, alerts=heard, clock=given.clock)
    app.add_middleware(BodyLimits, limits=given.limits)
    app.add_middleware(SecurityHeaders)
    if given.origins:
        app.add_middleware(CORSMiddleware, allow_origins=given.origins, **CORS)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Remembered)
    app.add_middleware(Telemetry, metrics=app.state.metrics, tracer=given.tracer)


def _revision(catalogue: Catalogue) -> str:
    """Names the code and the catalogue: answers depend on both, so their tags must."""
    digest = hashlib.sha256(repr(catalogue).encode())
    folders = [Path(package.__path__[0]) for package in (adapters, domain)]
    for file in (
        *(file for folder in (Path(__file__).parent, *folders) for file in sorted(folder.rglob("*.py"))),
        *(Path(str(module.__file__)) for module in (charts, monitoring)),
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()
