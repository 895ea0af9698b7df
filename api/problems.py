"""Problem documents (RFC 9457): one table from errors to status, type and title."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from api.headers import HEADERS
from api.queries import PATTERNS
from api.tracing import current
from forecaster.domain import errors

MEDIA = "application/problem+json"
RETRY_AFTER = 30  # seconds; a first training takes minutes, and asking costs little

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What becomes of a class of errors."""

    status: int
    slug: str  # stable: the type is /problems/<slug>
    title: str


INTERNAL = Kind(500, "internal", "The service failed")
BAD_PARAMETER = Kind(422, "bad-parameter", "A parameter can't be used")

KINDS: Mapping[type[errors.ForecasterError], Kind] = {
    errors.UnknownSeries: Kind(404, "unknown-series", "No such series"),
    errors.NotDeclared: Kind(404, "not-declared", "The catalogue no longer declares this series"),
    errors.UnknownName: Kind(404, "unknown-name", "Nothing has this name"),
    errors.NoForecast: Kind(404, "no-forecast", "This series has no forecast"),
    errors.UnknownVintage: Kind(404, "unknown-vintage", "No such vintage"),
    errors.UnknownCursor: Kind(404, "unknown-cursor", "No list goes on there"),
    errors.NoVintageThen: Kind(404, "no-vintage-then", "No vintage was in service then"),
    errors.UnknownModel: Kind(404, "unknown-model", "No such vintage or model version"),
    errors.NothingToRollBackTo: Kind(409, "nothing-to-roll-back-to", "Nothing was in service before"),
    errors.ServiceMoved: Kind(409, "service-moved", "Another vintage went into service meanwhile"),
    errors.UnknownSchedule: Kind(404, "unknown-schedule", "No such schedule"),
    errors.UnknownExperiment: Kind(404, "unknown-experiment", "No such experiment"),
    errors.UnknownKey: Kind(404, "unknown-key", "No such key"),
    errors.KeyNeeded: Kind(401, "key-needed", "A key is needed"),
    errors.ScopeMissing: Kind(403, "scope-missing", "The key does not have the scope"),
    errors.BadKeyFile: Kind(500, "bad-key-file", "The keys can't be read"),
    errors.BodyTooLarge: Kind(413, "body-too-large", "The body is too large"),
    errors.BodyTooSlow: Kind(408, "body-too-slow", "The body did not come in time"),
    errors.UnknownJob: Kind(404, "unknown-job", "No such job"),
    errors.UnknownAlert: Kind(404, "unknown-alert", "No such alert"),
    errors.AlertsUnreachable: Kind(503, "alerts-unreachable", "Alerts can't be reached"),
    errors.JobEnded: Kind(409, "job-ended", "The job has ended"),
    errors.ScheduleExists: Kind(409, "schedule-exists", "There is such a schedule"),
    errors.KeyReused: Kind(422, "key-reused", "The Idempotency-Key began another job"),
    errors.JobsUnreachable: Kind(503, "jobs-unreachable", "Jobs can't be reached"),
    errors.UnknownRun: Kind(404, "unknown-run", "No such run"),
    errors.NoRunYet: Kind(404, "no-run-yet", "The experiment has no run yet"),
    errors.NotReproducible: Kind(409, "not-reproducible", "The run can't be run again"),
    errors.HorizonTooLong: Kind(422, "horizon-too-long", "More months than were forecast"),
    errors.QuantileNotStored: Kind(422, "quantile-not-stored", "A level or quantile that is not stored"),
    errors.BadParameter: BAD_PARAMETER,
    errors.FormatNotOffered: Kind(406, "format-not-offered", "None of the accepted formats is offered"),
    errors.MediaNotRead: Kind(415, "media-not-read", "A body of this kind is not read"),
    errors.PartNotInstalled: Kind(501, "part-not-installed", "This installation lacks a part"),
    errors.IntakeFailed: Kind(500, "intake-failed", "A release could not be taken in"),
    errors.BadReportFile: Kind(422, "bad-report-file", "The report file can't be read"),
    errors.BadPanel: Kind(422, "bad-panel", "A panel that can't be forecast"),
    errors.RefusedRelease: Kind(422, "refused-release", "The release was refused; nothing was stored"),
    errors.NothingPublished: Kind(503, "nothing-published", "No forecasts are published yet"),
    errors.BrokenVintage: Kind(503, "broken-vintage", "The vintage can't be served"),
    errors.AliasNotMoved: Kind(500, "alias-not-moved", "The run log does not show what is in service"),
    errors.MlflowFault: Kind(503, "mlflow-fault", "MLflow did not do what it was asked for"),
    errors.NotRecorded: Kind(500, "not-recorded", "MLflow does not take the record of a run"),
    errors.StoreConflict: Kind(503, "store-conflict", "The report store is busy"),
    errors.StoreVersionGone: Kind(503, "store-version-gone", "The report store no longer keeps that state"),
    errors.PlaceUnusable: Kind(503, "place-unusable", "A place that figures are kept in can't be used"),
    errors.ServiceRefused: Kind(502, "service-refused", "Another service refused the request"),
    errors.ServiceUnavailable: Kind(502, "service-unavailable", "Another service failed"),
    errors.NothingToForecast: Kind(409, "nothing-to-forecast", "No series has enough data"),
    # Wrong on the side of the service: the operator's to mend.
    errors.BadCatalogue: Kind(500, "bad-catalogue", "The catalogue can't be used"),
    errors.BadExperiment: Kind(500, "bad-experiment", "An experiment can't be used"),
    errors.BadSetting: Kind(500, "bad-setting", "A setting can't be used"),
    errors.WorkerNameInUse: Kind(500, "worker-name-in-use", "Another worker has this name"),
    errors.HomeInUse: Kind(500, "home-in-use", "Another process uses the home folder"),
    errors.PortInUse: Kind(500, "port-in-use", "A port is taken"),
    errors.PartDied: Kind(500, "part-died", "A part of the service ended"),
    errors.JobFailed: Kind(500, "job-failed", "A job did not end well"),
}
"""Every error that can be raised has its line; a test compares this table with the error tree."""

FIELDS: Mapping[type[errors.ForecasterError], str] = {
    errors.HorizonTooLong: "horizon",
    errors.UnknownExperiment: "experiment",
    errors.ScheduleExists: "name",
}


def install_problems(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""
    app.add_exception_handler(errors.ForecasterError, _forecaster_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(StarletteHTTPException, _framework_error)
    app.add_exception_handler(Exception, _unexpected_error)


def problem(kind: Kind, *, detail: str, headers: Mapping[str, str] | None = None, **facts: Any) -> Response:
    """A problem document.

    Args:
        kind: gives status, type and title.
        detail: what is wrong with this request, and what to do.
        headers: further headers of the answer.
        facts: further members, machine-readable.
    """
    body = {**facts, "type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": detail}
    extra = dict(headers or {})
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        extra["Retry-After"] = str(RETRY_AFTER)
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z),
        status_code=kind.status,
        media_type=MEDIA,
        headers={"Cache-Control": "no-store", **extra},
    )


def kind_of(error: errors.ForecasterError) -> Kind:
    """What becomes of an error."""
    return next(KINDS[base] for base in type(error).__mro__ if base in KINDS)


def problem_body(error: errors.ForecasterError) -> dict[str, Any]:
    """An error as a problem document, for an answer that holds several."""
    kind = kind_of(error)
    named = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": str(error)}
    return {**_facts(error), **named}


def _facts(error: errors.ForecasterError) -> dict[str, Any]:
    facts = {name: fact for name, fact in vars(error).items() if not name.startswith("_")}
    if isinstance(error, errors.RefusedRelease):
        wrong = facts.pop("problems")
        facts["errors"] = [{"field": one.column, "in": "body", "line": one.line, "message": one.what} for one in wrong]
    return facts


def _place(request: Request, field: str | None) -> str:
    """Where a parameter of a request stands."""
    return "query" if request.method in ("GET", "HEAD") or field in request.query_params else "body"


def _forecaster_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ForecasterError)
    return answer_error(error, place=_place(request, _field(error)))


def answer_error(
    error: errors.ForecasterError, *, place: str = "query", headers: Mapping[str, str] | None = None
) -> Response:
    """The problem document of an error.

    Args:
        error: what went wrong.
        place: where the parameter stands that it is about, if it is about one.
        headers: further headers of the answer.
    """
    kind = kind_of(error)
    facts = _facts(error)
    field = _field(error)
    if field is not None:
        message = getattr(error, "what", str(error))  # what is wrong without the name of the field before it
        facts["errors"] = [{"field": field, "in": place, "message": message}]
    if kind.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s", error)
    return problem(kind, detail=str(error), headers={**_challenge(error), **(headers or {})}, **facts)


def _challenge(error: errors.ForecasterError) -> dict[str, str]:
    """What a caller whom a key would help is told (RFC 6750, 3)."""
    told = 'Bearer realm="sectorcast"'
    if isinstance(error, errors.ScopeMissing):
        return {"WWW-Authenticate": f'{told}, error="insufficient_scope", scope="{error.scope}"'}
    if isinstance(error, errors.KeyNeeded):
        return {"WWW-Authenticate": f'{told}, error="invalid_token"' if error.presented else told}
    return {}


def _field(error: errors.ForecasterError) -> str | None:
    """The parameter that an error is about, where it is about one."""
    if isinstance(error, errors.BadParameter | errors.UnknownName | errors.UnknownCursor | errors.QuantileNotStored):
        return error.name
    return FIELDS.get(type(error))


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"field": _field_of(fault), "in": str(fault["loc"][0]), "message": _say(fault)} for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['field'] or fault['in']}: {fault['message']}" for fault in faults)
    return problem(BAD_PARAMETER, detail=f"{detail}. /docs lists the parameters of {request.url.path}.", errors=faults)


def _field_of(fault: Mapping[str, Any]) -> str:
    """The field that is wrong; none of a body that is no JSON, of which the framework names the place."""
    return "" if fault["type"] == "json_invalid" else ".".join(str(part) for part in fault["loc"][1:])


def _say(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return f"is no JSON at character {fault['loc'][-1]} ({fault['ctx']['error']})"
    if fault["type"] == "extra_forbidden":
        return "is no parameter of this address"
    if fault["type"] == "string_pattern_mismatch":
        return PATTERNS.get(fault["ctx"]["pattern"], str(fault["msg"]))
    return str(fault["msg"]).removeprefix("Value error, ")


def _framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI's answer to a body whose text can't even be decoded
        fault = {"field": "", "in": "body", "message": "is no text in UTF-8"}
        return problem(BAD_PARAMETER, detail=f"The body can't be read ({error.detail}).", errors=[fault])
    detail = {
        HTTPStatus.NOT_FOUND: f"Nothing is at {request.url.path}. /docs lists every address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at {request.url.path}.",
    }.get(status, str(error.detail))
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_at(request))
    return problem(Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase), detail=detail, headers=headers)


def _methods_at(request: Request) -> list[str]:
    """What is possible at an address; the framework names the methods of the first of its routes alone."""
    found = [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] == Match.FULL for route in request.app.routes)
    ]
    return sorted({*found, *(["HEAD"] if "GET" in found else [])})


def _unexpected_error(request: Request, error: Exception) -> Response:
    """An error nobody foresaw: its text stays in the log, the answer carries the reference to it."""
    reference = f"urn:uuid:{uuid4()}"
    log.error("%s: %s %s failed", reference, request.method, request.url.path, exc_info=error)
    detail = "The log of the service names the cause under this instance. Try again; if it stays, tell the operator."
    # This handler stands outside every middleware, those that add these headers too.
    trace = current.get()
    return problem(
        INTERNAL, detail=detail, headers={**HEADERS, **(trace.headers() if trace else {})}, instance=reference
    )
