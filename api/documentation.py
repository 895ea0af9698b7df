"""The OpenAPI document: what FastAPI derives, completed with problems, CSV and examples."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.encodings import SVG
from api.formats import ARROW, CSV, NDJSON, PARQUET
from api.formats import MEDIA as FORMATS
from api.problems import KINDS, MEDIA, RETRY_AFTER, problem_body
from api.routes.charts import PNG
from api.schemas import ProblemOut
from forecaster.domain import errors

BYTES = {"type": "string", "format": "binary"}

DESCRIPTION = """\
Forecasts of industrial output from official statistics, served out of published vintages.

Periods are `YYYY-MM`, instants UTC, and every figure travels with its unit. Errors are problem documents
(`application/problem+json`). Reads carry a strong `ETag`; `If-None-Match` answers 304.

What is a table comes as JSON, CSV, Parquet, an Arrow stream or JSON lines, with the same rows and names: ask by
`Accept` or `?format=json|csv|parquet|arrow|ndjson`. `Accept-Encoding: gzip` is followed.
"""

EXAMPLES: dict[type[errors.ForecasterError], errors.ForecasterError] = {
    errors.UnknownSeries: errors.UnknownSeries("ev.prodction.CN", known=["ev.production.CN"]),
    errors.NoForecast: errors.NoForecast("solar.exports.World.cells@cccme", reason="3 observations; 8 are needed"),
    errors.UnknownVintage: errors.UnknownVintage("2026-01-01T00-00-00Z-0000"),
    errors.UnknownCursor: errors.UnknownCursor(),
    errors.NoVintageThen: errors.NoVintageThen(
        at=datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), oldest=datetime(2026, 9, 16, 2, tzinfo=UTC)
    ),
    errors.HorizonTooLong: errors.HorizonTooLong(asked=36, available=24),
    errors.NotDeclared: errors.NotDeclared("ev.production.CN@old", name="as_of"),
    errors.UnknownName: errors.UnknownName(name="sector", value="batery", known=["battery", "ev", "solar"]),
    errors.QuantileNotStored: errors.QuantileNotStored(
        name="levels", asked=85.0, available=(20.0, 40.0, 60.0, 80.0, 90.0, 95.0)
    ),
    errors.BadParameter: errors.BadParameter(name="horizn", what="is no parameter of this address"),
    errors.FormatNotOffered: errors.FormatNotOffered(asked="text/html", offered=tuple(FORMATS.values())),
    errors.NothingPublished: errors.NothingPublished(),
    errors.KeyNeeded: errors.KeyNeeded(scope="operate", presented=False),
    errors.ScopeMissing: errors.ScopeMissing(scope="operate", key="ana", scopes=("read",)),
    errors.BodyTooLarge: errors.BodyTooLarge(most=1 << 20),
    errors.BodyTooSlow: errors.BodyTooSlow(seconds=60),
    errors.UnknownExperiment: errors.UnknownExperiment("prodution", known=["production"]),
    errors.UnknownJob: errors.UnknownJob("job-4f2a"),
    errors.UnknownSchedule: errors.UnknownSchedule("weekly", known=["monthly-retraining"]),
    errors.JobEnded: errors.JobEnded("job-4f2a", state="succeeded"),
    errors.ScheduleExists: errors.ScheduleExists("monthly-retraining"),
    errors.KeyReused: errors.KeyReused(job_id="job-4f2a"),
    errors.UnknownModel: errors.UnknownModel("15", known=["2026-09-16T02-00-11Z-7f3a"]),
    errors.NothingToRollBackTo: errors.NothingToRollBackTo(vintage_id=None, gone=()),
    errors.ServiceMoved: errors.ServiceMoved(expected="2026-08-18T02-00-07Z-1c0e", found="2026-09-16T02-00-11Z-7f3a"),
    errors.BrokenVintage: errors.BrokenVintage(vintage_id="2026-08-18T02-00-07Z-1c0e", what="series.arrow is gone."),
    errors.MediaNotRead: errors.MediaNotRead(given="multipart/form-data", read=("text/csv", "application/json")),
    errors.BadReportFile: errors.BadReportFile(file="the body", what="has no column unit. Add what is missing."),
    errors.RefusedRelease: errors.RefusedRelease(
        file="the body",
        problems=(errors.LineProblem(2, "value", "'n/a' is no number. Write one, or remove the line."),),
    ),
    errors.StoreConflict: errors.StoreConflict(attempts=10),
    errors.PlaceUnusable: errors.PlaceUnusable(
        place="The report store /data/reports", why="No space left on device", remedy="Free some room there."
    ),
    errors.PartNotInstalled: errors.PartNotInstalled(what="Taking in releases", extra="ingest"),
    errors.IntakeFailed: errors.IntakeFailed(why="its process was killed"),
    errors.UnknownAlert: errors.UnknownAlert("alert-7d0f2a9c51e84b36d2c0aa17"),
    errors.AlertsUnreachable: errors.AlertsUnreachable(why="their database fails (OperationalError)"),
    errors.JobsUnreachable: errors.JobsUnreachable(why="their database fails (OperationalError)"),
}

JOBS, SCHEDULES, MODELS, ALERTS = "/v1/jobs", "/v1/schedules", "/v1/models", "/v1/alerts"
OF_NO_VINTAGE = (JOBS, SCHEDULES, MODELS, ALERTS, "/v1/observations", "/metrics", "/healthz")
POSSIBLE: dict[str, tuple[type[errors.ForecasterError], ...]] = {
    f"POST {JOBS}": (errors.UnknownExperiment, errors.UnknownName, errors.KeyReused),
    f"GET {JOBS}": (errors.UnknownJob,),
    f"GET {JOBS}/{{job_id}}": (errors.UnknownJob,),
    f"GET {JOBS}/{{job_id}}/events": (errors.UnknownJob,),
    f"POST {JOBS}/{{job_id}}:cancel": (errors.UnknownJob, errors.JobEnded),
    f"GET {ALERTS}": (errors.UnknownAlert, errors.AlertsUnreachable),
    f"POST {ALERTS}/{{alert_id}}:acknowledge": (errors.UnknownAlert, errors.AlertsUnreachable),
    f"POST {SCHEDULES}": (errors.UnknownExperiment, errors.UnknownName, errors.ScheduleExists),
    f"GET {SCHEDULES}/{{name}}": (errors.UnknownSchedule,),
    f"PATCH {SCHEDULES}/{{name}}": (errors.UnknownSchedule, errors.UnknownExperiment, errors.UnknownName),
    f"DELETE {SCHEDULES}/{{name}}": (errors.UnknownSchedule,),
    f"POST {SCHEDULES}/{{name}}:run": (errors.UnknownSchedule,),
    "GET /v1/series/{series_id}/observations": (errors.NotDeclared,),
    "POST /v1/forecasts:batch": (errors.HorizonTooLong, errors.QuantileNotStored, errors.NoVintageThen),
    "POST /v1/observations": (
        errors.MediaNotRead,
        errors.BadReportFile,
        errors.RefusedRelease,
        errors.StoreConflict,
        errors.PlaceUnusable,
        errors.PartNotInstalled,
        errors.IntakeFailed,
    ),
    f"GET {MODELS}": (errors.NothingPublished,),
    f"GET {MODELS}/history": (errors.NothingPublished,),
    f"POST {MODELS}:promote": (
        errors.UnknownModel,
        errors.ServiceMoved,
        errors.BrokenVintage,
        errors.PlaceUnusable,
    ),
    f"POST {MODELS}:rollback": (
        errors.UnknownModel,
        errors.NothingToRollBackTo,
        errors.ServiceMoved,
        errors.NothingPublished,
        errors.BrokenVintage,
        errors.PlaceUnusable,
    ),
}
"""What only these operations can answer with."""


def install_documentation(app: FastAPI) -> None:
    """Complete the OpenAPI document of an application whose routes are all there."""
    found: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not found:
            found.update(_document(app))
        vintage = app.state.vintages.unmoved()
        if vintage is not None:
            _bound(found, horizon=vintage.horizon)
        return found

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    for derived in ("HTTPValidationError", "ValidationError"):
        schemas.pop(derived, None)
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"))
    schemas["ProblemOut"] = schema
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method=method.upper(), path=path)
    return document


def _bound(document: dict[str, Any], *, horizon: int) -> None:
    """Say how far the vintage in service reaches."""
    parameters = [
        parameter["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "horizon"
    ]
    for schema in (*parameters, document["components"]["schemas"]["Batch"]["properties"]["horizon"]):
        schema["maximum"] = max(1, horizon)


def _complete(operation: dict[str, Any], *, method: str, path: str) -> None:
    """Add to an operation the problems it can answer with, and its CSV."""
    operation["summary"] = operation["description"].splitlines()[0]
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    responses = operation["responses"]
    for code in [code for code in responses if not code.startswith("2")]:
        del responses[code]
    possible = [*_possible(names, path=path), *_of_changes(operation), *POSSIBLE.get(f"{method} {path}", ())]
    by_status: dict[int, list[type[errors.ForecasterError]]] = {}
    for error in possible:
        by_status.setdefault(KINDS[error].status, []).append(error)
    for status, found in sorted(by_status.items()):
        responses[str(status)] = _response(found)
    if "format" in names:
        responses["200"]["content"].update(_tables())
    if path.endswith("chart.{ending}"):
        responses["200"]["content"] = {SVG: {"schema": {"type": "string"}}, PNG: {"schema": BYTES}}
    if method == "GET" and path.startswith("/v1") and not path.startswith(OF_NO_VINTAGE):
        responses["304"] = {"description": "The caller has this answer already (`If-None-Match`)."}


def _of_changes(operation: dict[str, Any]) -> list[type[errors.ForecasterError]]:
    """What answers a missing key, a key without the scope, and a body beyond all bounds."""
    found: list[type[errors.ForecasterError]] = []
    if "security" in operation:
        found += [errors.KeyNeeded, errors.ScopeMissing]
        if operation["security"] == [{"read": []}]:
            operation["security"].append({})  # not for requests of the machine itself
    if "requestBody" in operation:
        found += [errors.BodyTooLarge, errors.BodyTooSlow]
    return found


def _tables() -> dict[str, Any]:
    """What every table can come as; the same rows and names in each."""
    text = {"schema": {"type": "string"}}
    return {CSV: text, NDJSON: text, PARQUET: {"schema": BYTES}, ARROW: {"schema": BYTES}}


def _possible(names: set[str], *, path: str) -> list[type[errors.ForecasterError]]:
    found: list[type[errors.ForecasterError]] = [errors.BadParameter]
    if "series_id" in names:
        found.append(errors.UnknownSeries)
        if path.startswith("/v1/forecasts"):
            found.append(errors.NoForecast)
    if "as_of" in names and path.startswith("/v1/forecasts"):
        found.append(errors.NoVintageThen)
    if "series" in names:
        found.append(errors.UnknownSeries)
    if "sector" in names:
        found.append(errors.UnknownName)
    if "vintage_id" in names or ("cursor" in names and not path.startswith(OF_NO_VINTAGE)):
        found.append(errors.UnknownVintage)
    if "cursor" in names:
        found.append(errors.UnknownCursor)
    if "horizon" in names:
        found += [errors.HorizonTooLong, errors.QuantileNotStored]
    if "format" in names:
        found.append(errors.FormatNotOffered)
    if not path.startswith(OF_NO_VINTAGE):
        found.append(errors.NothingPublished)
    if path.startswith((JOBS, SCHEDULES)):
        found.append(errors.JobsUnreachable)
    return found


def _response(found: list[type[errors.ForecasterError]]) -> dict[str, Any]:
    kinds = [KINDS[error] for error in found]
    response: dict[str, Any] = {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {
            MEDIA: {
                "schema": {"$ref": "#/components/schemas/ProblemOut"},
                "examples": {kind.slug: {"value": _example(error)} for kind, error in zip(kinds, found, strict=True)},
            }
        },
    }
    if kinds[0].status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = {"description": "seconds", "schema": {"type": "integer"}, "example": RETRY_AFTER}
        response["headers"] = {"Retry-After": wait}
    return response


def _example(error: type[errors.ForecasterError]) -> Any:
    body = problem_body(EXAMPLES[error])
    return orjson.loads(orjson.dumps(body, option=orjson.OPT_UTC_Z))  # instants as answers carry them
