"""Releases sent over HTTP: validated whole, stored once, refused with the lines that are wrong."""

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import Surroundings, create_app
from api.intake import PARQUET, XLSX
from api.limits import Limits
from api.operating import Operations
from api.schemas import ProblemOut, TakenOut
from forecaster.adapters.delta_reports import DeltaReports
from forecaster.adapters.intake_process import IntakeProcess
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_jobs import ReachableJobs
from tests.adapters.workbook import workbook
from tests.catalogues import DECLARED, catalogue

URL = "/v1/observations"
NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
CSV = b"""series_id,period_start,period_end,basis,value,unit,released_at
ev.production.CN,2024-03,2024-03,month,881000,vehicles,2024-04-16
ev.production.CN,2024-01,2024-03,ytd,211.5,10k vehicles,2024-04-16
"""
ROWS = pl.read_csv(CSV)
COMMAND = [sys.executable, "-m", "forecaster", "intake"]
SENT: Mapping[str, bytes] = {
    "text/csv; charset=utf-8": CSV,
    "application/json": json.dumps(ROWS.to_dicts()).encode(),
    "application/x-ndjson": ROWS.write_ndjson().encode(),
    XLSX: workbook([ROWS.columns, *ROWS.rows()]),
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """What the process that takes releases in sees."""
    file = tmp_path / "catalogue.toml"
    file.write_text(DECLARED, encoding="utf-8")
    return {**os.environ, "SECTORCAST_HOME": str(tmp_path / "home"), "SECTORCAST_CATALOGUE": str(file)}


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def app(empty: PublishedVintages, environ: dict[str, str], keys: KeyFile) -> FastAPI:
    intake = IntakeProcess(COMMAND, environ=environ)
    limits = Surroundings(limits=Limits(by_path={URL: 50_000}))
    return create_app(vintages=empty, catalogue=catalogue(), keys=keys, intake=intake, surroundings=limits)


@pytest.fixture
def writer(app: FastAPI, keys: KeyFile) -> Iterator[TestClient]:
    """A caller who may store figures."""
    secret = keys.add("owner", scopes=("write",), now=NOW)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "text/csv"}
    with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
        yield client


def stored(tmp_path: Path) -> pl.DataFrame:
    return DeltaReports(str(tmp_path / "home" / "reports")).read(as_of=NOW)


@pytest.mark.parametrize("media", SENT)
def test_a_release_is_taken_in_once_in_whatever_it_comes(writer: TestClient, tmp_path: Path, media: str) -> None:
    first = writer.post(URL, content=SENT[media], headers={"Content-Type": media})
    again = writer.post(URL, content=SENT[media], headers={"Content-Type": media}).json()

    TakenOut.model_validate_json(first.content)
    told = first.json()
    assert (told["new"], told["revised"], told["repeated"], told["reports"]) == (2, 0, 0, 2)
    assert (again["new"], again["revised"], again["repeated"]) == (0, 0, 2)
    assert stored(tmp_path).select("period_end", "value").sort("period_end").height == 2


def test_a_release_of_which_nobody_could_be_told_is_told_when_it_is_sent_again(
    empty: PublishedVintages, environ: dict[str, str], keys: KeyFile, tmp_path: Path
) -> None:
    folder, began = tmp_path / "jobs", datetime(2026, 1, 1, tzinfo=UTC)
    door = ReachableJobs(f"sqlite:///{folder / 'jobs.db'}", clock=lambda: began)
    operations, intake = Operations(door), IntakeProcess(COMMAND, environ=environ)
    headers = {"X-API-Key": keys.add("owner", scopes=("write",), now=NOW), "Content-Type": "text/csv"}

    app = create_app(vintages=empty, catalogue=catalogue(), keys=keys, operations=operations, intake=intake)
    with TestClient(app, headers=headers) as client:
        first = client.post(URL, content=CSV).json()
        folder.mkdir()
        with door.open() as jobs:
            jobs.add_schedule("at-release", on="release", experiment="production")
        again = client.post(URL, content=CSV).json()
    door.close()

    assert (first["new"], first["schedules"]) == (2, None)
    assert (again["new"], again["schedules"]) == (0, ["at-release"])


def test_parquet_is_taken_in_and_a_revision_counted(writer: TestClient, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    ROWS.head(1).with_columns(value=882_000.0, released_at=pl.lit("2024-05-16")).write_parquet(buffer)
    writer.post(URL, content=CSV)

    told = writer.post(URL, content=buffer.getvalue(), headers={"Content-Type": PARQUET}).json()

    assert (told["new"], told["revised"], told["repeated"]) == (0, 1, 0)
    assert 882_000.0 in stored(tmp_path)["value"]


def test_lines_in_error_are_listed_and_nothing_is_stored(writer: TestClient, tmp_path: Path) -> None:
    wrong = CSV + b"ev.prodction.CN,2024-04,2024-04,month,x,vehicles,2024-05-16\n"

    answer = writer.post(URL, content=wrong)

    problem = answer.json()
    ProblemOut.model_validate(problem)
    assert (answer.status_code, problem["type"]) == (422, "/problems/refused-release")
    assert {(fault["line"], fault["field"], fault["in"]) for fault in problem["errors"]} >= {(4, "series_id", "body")}
    assert "line 4" in problem["detail"]
    assert stored(tmp_path).is_empty()


def test_a_dry_run_lists_what_would_change_by_line(writer: TestClient, tmp_path: Path) -> None:
    told = writer.post(URL, content=CSV, params={"dry_run": "true"}).json()

    assert told["dry_run"] is True
    assert [(change["line"], change["what"]) for change in told["changes"]] == [(2, "new"), (3, "new")]
    assert stored(tmp_path).is_empty()


def test_what_is_said_beside_the_file_holds_for_rows_that_do_not_say(writer: TestClient, tmp_path: Path) -> None:
    undated = ROWS.drop("released_at").write_csv().encode()

    writer.post(URL, content=undated, params={"source": "Club", "released": "2024-04-11"})

    assert stored(tmp_path)["series_id"].unique().to_list() == ["ev.production.CN@club"]


@pytest.mark.parametrize(
    ("content", "headers", "refused"),
    [
        (b"", {}, (422, "bad-report-file")),
        (b"nothing of the kind", {}, (422, "bad-report-file")),
        (b"PAR1 but no more", {"Content-Type": PARQUET}, (422, "bad-report-file")),
        (b"PK\x03\x04 but no more", {"Content-Type": XLSX}, (422, "bad-report-file")),
        (CSV, {"Content-Type": "application/json"}, (422, "bad-report-file")),
        (CSV, {"Content-Type": "multipart/form-data; boundary=x"}, (415, "media-not-read")),
        (CSV, {"Content-Type": "application/x-www-form-urlencoded"}, (415, "media-not-read")),
        (CSV, {"Content-Encoding": "gzip"}, (415, "media-not-read")),
        (b"x" * 50_001, {}, (413, "body-too-large")),
    ],
)
def test_a_body_that_is_no_release_is_refused(
    writer: TestClient, tmp_path: Path, content: bytes, headers: dict[str, str], refused: tuple[int, str]
) -> None:
    answer = writer.post(URL, content=content, headers=headers)

    assert (answer.status_code, answer.json()["type"].removeprefix("/problems/")) == refused
    assert stored(tmp_path).is_empty()


@pytest.mark.parametrize(
    "query",
    [
        {"layout": "--help"},
        {"layout": "\0"},
        {"source": "nbs\n"},
        {"period": "2024-13"},
        {"dry_run": "perhaps"},
        {"file": "/etc/passwd"},
    ],
)
def test_what_is_said_beside_the_file_is_checked(writer: TestClient, query: dict[str, str]) -> None:
    answer = writer.post(URL, content=CSV, params=query)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_nobody_stores_figures_without_the_scope(app: FastAPI, keys: KeyFile) -> None:
    secret = keys.add("reader", scopes=("read", "operate"), now=NOW)

    with TestClient(app) as client:
        none = client.post(URL, content=CSV, headers={"Content-Type": "text/csv"})
        other = client.post(URL, content=CSV, headers={"Content-Type": "text/csv", "X-API-Key": secret})

    assert (none.status_code, other.status_code) == (401, 403)


def test_an_installation_that_stores_no_figures_says_so(empty: PublishedVintages, keys: KeyFile) -> None:
    secret = keys.add("owner", scopes=("write",), now=NOW)

    with TestClient(create_app(vintages=empty, catalogue=catalogue(), keys=keys)) as client:
        answer = client.post(URL, content=CSV, headers={"Content-Type": "text/csv", "X-API-Key": secret})

    assert (answer.status_code, answer.json()["type"]) == (501, "/problems/part-not-installed")
    assert "sectorcast[ingest]" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("program", "told"), [("import os; os.kill(os.getpid(), 9)", "-9"), ("import time; time.sleep(60)", "seconds")]
)
def test_a_process_that_does_not_end_well_is_told_as_such(
    empty: PublishedVintages, keys: KeyFile, program: str, told: str
) -> None:
    secret = keys.add("owner", scopes=("write",), now=NOW)
    intake = IntakeProcess([sys.executable, "-c", program], seconds=1)

    with TestClient(create_app(vintages=empty, catalogue=catalogue(), keys=keys, intake=intake)) as client:
        answer = client.post(URL, content=CSV, headers={"Content-Type": "text/csv", "X-API-Key": secret})

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/intake-failed")
    assert told in answer.json()["detail"]
