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

from api.headers import HEADERS
from api.queries import PATTERNS
from forecaster.domain import errors

MEDIA = "application/problem+json"
RETRY_AFTER = 30  # seconds; a first training takes minutes, and asking costs little

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
    errors.UnknownName: Kind(404, "unknown-name", "Nothing has this name"),
    errors.NoForecast: Kind(404, "no-forecast", "This series has no forecast"),
    errors.UnknownVintage: Kind(404, "unknown-vintage", "No such vintage"),
    errors.NoVintageThen: Kind(404, "no-vintage-then", "No vintage was in service then"),
    errors.UnknownSchedule: Kind(404, "unknown-schedule", "No such schedule"),
    errors.UnknownExperiment: Kind(404, "unknown-experiment", "No such experiment"),
    errors.UnknownRun: Kind(404, "unknown-run", "No such run"),
    errors.NoRunYet: Kind(404, "no-run-yet", "The experiment has no run yet"),
    errors.NotReproducible: Kind(409, "not-reproducible", "The run can't be run again"),
    errors.HorizonTooLong: Kind(422, "horizon-too-long", "More months than were forecast"),
    errors.QuantileNotStored: Kind(422, "quantile-not-stored", "A level or quantile that is not stored"),
    errors.BadParameter: BAD_PARAMETER,
    errors.FormatNotOffered: Kind(406, "format-not-offered", "None of the accepted formats is offered"),
    errors.BadReportFile: Kind(422, "bad-report-file", "The report file can't be read"),
    errors.BadPanel: Kind(422, "bad-panel", "A panel that can't be forecast"),
    errors.RefusedRelease: Kind(422, "refused-release", "The release was refused; nothing was stored"),
    errors.NothingPublished: Kind(503, "nothing-published", "No forecasts are published yet"),
    errors.BrokenVintage: Kind(503, "broken-vintage", "The vintage can't be served"),
    errors.AliasNotMoved: Kind(500, "alias-not-moved", "The run log does not show what is in service"),
    errors.StoreConflict: Kind(503, "store-conflict", "The report store is busy"),
    errors.StoreVersionGone: Kind(503, "store-version-gone", "The report store no longer keeps that state"),
    errors.PlaceUnusable: Kind(503, "place-unusable", "A place that figures are kept in can't be used"),
    errors.NothingToForecast: Kind(409, "nothing-to-forecast", "No series has enough data"),
    # Wrong on the side of the service: the operator's to mend.
    errors.BadCatalogue: Kind(500, "bad-catalogue", "The catalogue can't be used"),
    errors.BadExperiment: Kind(500, "bad-experiment", "An experiment can't be used"),
    errors.BadSetting: Kind(500, "bad-setting", "A setting can't be used"),
    errors.HomeInUse: Kind(500, "home-in-use", "Another process uses the home folder"),
    errors.PortInUse: Kind(500, "port-in-use", "A port is taken"),
    errors.PartDied: Kind(500, "part-died", "A part of the service ended"),
    errors.JobFailed: Kind(500, "job-failed", "A job did not end well"),
}
"""Every error that can be raised has its line; a test compares this table with the error tree."""

FIELDS: Mapping[type[errors.ForecasterError], str] = {errors.HorizonTooLong: "horizon"}


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


def _forecaster_error(request: Request, error: Exception) -> Response:  # noqa: ARG001  # the signature of a handler
    assert isinstance(error, errors.ForecasterError)
    kind = next(KINDS[base] for base in type(error).__mro__ if base in KINDS)
    facts = {name: fact for name, fact in vars(error).items() if not name.startswith("_")}
    field = _field(error)
    if field is not None:
        message = getattr(error, "what", str(error))  # what is wrong without the name of the field before it
        facts["errors"] = [{"field": field, "in": "query", "message": message}]
    if kind.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s", error)
    return problem(kind, detail=str(error), **facts)


def _field(error: errors.ForecasterError) -> str | None:
    """The parameter that an error is about, where it is about one."""
    if isinstance(error, errors.BadParameter | errors.UnknownName | errors.QuantileNotStored):
        return error.name
    return FIELDS.get(type(error))


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"][1:]), "in": str(fault["loc"][0]), "message": _say(fault)}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    return problem(BAD_PARAMETER, detail=f"{detail}. /docs lists the parameters of {request.url.path}.", errors=faults)


def _say(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "extra_forbidden":
        return "is no parameter of this address"
    if fault["type"] == "string_pattern_mismatch":
        return PATTERNS[fault["ctx"]["pattern"]]
    return str(fault["msg"]).removeprefix("Value error, ")


def _framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = Kind(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    detail = {
        HTTPStatus.NOT_FOUND: f"Nothing is at {request.url.path}. /docs lists every address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at {request.url.path}.",
    }.get(HTTPStatus(error.status_code), str(error.detail))
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return problem(kind, detail=detail, headers=headers)


def _unexpected_error(request: Request, error: Exception) -> Response:
    """An error nobody foresaw: its text stays in the log, the answer carries the reference to it."""
    reference = f"urn:uuid:{uuid4()}"
    log.error("%s: %s %s failed", reference, request.method, request.url.path, exc_info=error)
    detail = "The log of the service names the cause under this instance. Try again; if it stays, tell the operator."
    # This handler stands outside every middleware, the one that adds these headers too.
    return problem(INTERNAL, detail=detail, headers=HEADERS, instance=reference)
