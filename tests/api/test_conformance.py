"""Requests that nobody thought of, made from the OpenAPI document; every answer must be one that it promises."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from api.operating import Operations
from forecaster.adapters.dbos_jobs import migrate
from forecaster.adapters.intake_process import IntakeProcess
from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.domain.errors import UnknownExperiment
from tests.alerts import alert
from tests.catalogues import catalogue
from tests.vintages import EV, LFP, THIN, tiny_vintage

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "10"))
"""Of each operation; some twenty thousand in all were tried with 700."""

IDS = (EV, LFP, THIN)
SHORTEST_BOUND = 60  # characters: no id is refused for having fewer
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def service(home: Path, *, keys: KeyFile) -> FastAPI:
    """All of it: the tiny vintage, a database of jobs, a process that takes releases in."""
    store = PublishedVintages(home / "vintages")
    vintage = tiny_vintage()
    store.publish(vintage, by="job 1")
    store.current()  # opened, so that the document says how far it reaches
    address = f"sqlite:///{home / 'jobs.db'}"
    migrate(address)
    jobs = ReachableJobs(address, clock=lambda: NOW)
    alerts = ReachableAlerts(f"sqlite:///{home / 'alerts.db'}")
    with alerts.open() as raised:
        for occasion in "123":
            raised.raise_alert(alert(occasion=occasion), now=NOW)
    operations = Operations(jobs, check_experiment=check_experiment, kept=KeptVintages(store), alerts=alerts)
    command = [sys.executable, "-c", f"import os; os.environ['SECTORCAST_HOME'] = {str(home)!r}; {INTAKE}"]
    return create_app(
        vintages=store, catalogue=catalogue(), keys=keys, operations=operations, intake=IntakeProcess(command)
    )


def check_experiment(name: str) -> None:
    if name != "production":
        raise UnknownExperiment(name, known=["production"])


INTAKE = "import sys; sys.argv = ['sectorcast', 'intake', *sys.argv[1:]]; from forecaster.cli import main; main()"
# Tests are made from the document as this module is loaded: a fixture would come too late.
HOME = tempfile.TemporaryDirectory(prefix="conformance-")
KEYS = KeyFile(Path(HOME.name) / "keys.json", first=Path(HOME.name) / "api-key")
SECRET = KEYS.add("ana", scopes=("read", "write", "operate"), now=NOW)
schema = schemathesis.openapi.from_asgi("/openapi.json", service(Path(HOME.name), keys=KEYS))


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Half of the ids are there; else everything would be a 404. Those that are too long stay, and are refused."""
    for name, known in {"series_id": IDS, "alert_id": (alert().alert_id,)}.items():
        length = len(str((path_parameters or {}).get(name, "")))
        if length % 2 and length < SHORTEST_BOUND:
            return {**(path_parameters or {}), name: known[length % len(known)]}
    return path_parameters


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Leave out one of two that contradict each other: they are refused, which OpenAPI has no words for."""
    for asked in (case.query, case.body):
        if not isinstance(asked, dict):
            continue
        if asked.get("levels") is not None and asked.get("quantiles") is not None:
            del asked["levels"]
        if asked.get("include_history") in (True, "true"):
            asked.pop("format", None)
        if "from" in asked:
            asked.pop("to", None)


CONTENTS = ("/v1/observations", "/v1/jobs", "/v1/schedules", "/v1/schedules/{name}")
"""Where a request that fits the document may be refused for what it says: figures of a release, a cron, a zone, a key
that stands for another job."""


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")  # workbooks and the like
@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case) -> None:
    said = case.operation.path in CONTENTS and case.method != "GET"
    excluded = [positive_data_acceptance] if said else []

    case.call_and_validate(headers={"Authorization": f"Bearer {SECRET}"}, excluded_checks=excluded)
