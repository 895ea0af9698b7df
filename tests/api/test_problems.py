from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.formats import MEDIA
from api.problems import KINDS, install_problems
from api.schemas import ProblemOut
from forecaster.domain import errors
from forecaster.domain.errors import ForecasterError, LineProblem
from tests.vintages import EV, THIN, WHY_THIN

EXAMPLES: list[ForecasterError] = [
    errors.UnknownSeries("x"),
    errors.NotDeclared("x", name="as_of"),
    errors.NoForecast("x", reason="too short"),
    errors.UnknownVintage("x"),
    errors.UnknownCursor(),
    errors.NoVintageThen(at=datetime(2020, 1, 1, tzinfo=UTC), oldest=None),
    errors.UnknownModel("x", known=[]),
    errors.NothingToRollBackTo(vintage_id=None, gone=("x",)),
    errors.ServiceMoved(expected="x", found="y"),
    errors.UnknownSchedule("x", known=[]),
    errors.UnknownExperiment("x", known=[]),
    errors.UnknownKey("x", known=[]),
    errors.KeyNeeded(scope="write", presented=False),
    errors.ScopeMissing(scope="write", key="x", scopes=("read",)),
    errors.BadKeyFile(file="x", what="x"),
    errors.BodyTooLarge(most=1),
    errors.BodyTooSlow(seconds=1),
    errors.UnknownJob("x"),
    errors.UnknownAlert("x"),
    errors.AlertsUnreachable(why="x"),
    errors.JobEnded("x", state="succeeded"),
    errors.ScheduleExists("x"),
    errors.KeyReused(job_id="x"),
    errors.JobsUnreachable(why="x"),
    errors.UnknownRun("x"),
    errors.NoRunYet("x"),
    errors.NotReproducible("x", why="it did not end well"),
    errors.StoreVersionGone("x@1", why="x"),
    errors.HorizonTooLong(asked=36, available=24),
    errors.UnknownName(name="sector", value="x", known=["ev"]),
    errors.QuantileNotStored(name="levels", asked=85, available=(80.0,)),
    errors.BadCatalogue(where="units", what="x"),
    errors.BadExperiment(where="x", what="x"),
    errors.BadSetting(name="x", what="x"),
    errors.BadParameter(name="x", what="is wrong"),
    errors.FormatNotOffered(asked="text/html", offered=("text/csv",)),
    errors.MediaNotRead(given="text/html", read=("text/csv",)),
    errors.PartNotInstalled(what="Taking in releases", extra="ingest"),
    errors.IntakeFailed(why="it was killed"),
    errors.BadReportFile(file="x.csv", what="x"),
    errors.RefusedRelease(file="x.csv", problems=(LineProblem(2, "value", "is no number"),)),
    errors.ServiceRefused(status=404, problem="/problems/unknown-series", told="x"),
    errors.ServiceUnavailable(status=None, told="x"),
    errors.NothingPublished(),
    errors.BrokenVintage(vintage_id="x", what="x"),
    errors.NothingToForecast(reasons={"x": "too short"}),
    errors.AliasNotMoved(vintage_id="x", alias="champion", model_version="1", why="x"),
    errors.MlflowFault(address="x", why="x"),
    errors.NotRecorded("x", folder="x", why="x"),
    errors.StoreConflict(attempts=5),
    errors.PlaceUnusable(place="The report store x", why="Permission denied", remedy="Let this user write there."),
    errors.HomeInUse(home="x"),
    errors.WorkerNameInUse("x"),
    errors.PortInUse(port=8000, setting="SECTORCAST_PORT"),
    errors.BadPanel(file="x", what="x"),
    errors.PartDied(part="x", how="x", log=None, last=()),
    errors.JobFailed(job_id="x", reason="x"),
]


def leaves(error: type[ForecasterError] = ForecasterError) -> Iterator[type[ForecasterError]]:
    below = error.__subclasses__()
    if not below:
        yield error
    for one in below:
        yield from leaves(one)


def test_every_error_has_a_line_in_the_table_and_an_example_here() -> None:
    assert set(KINDS) == set(leaves())
    assert {type(example) for example in EXAMPLES} == set(leaves())


def test_types_are_unique() -> None:
    assert len({kind.slug for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_each_error_becomes_its_problem_document(error: ForecasterError) -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/")
    def fail() -> None:
        raise error

    answer = TestClient(app).get("/")

    kind = KINDS[type(error)]
    problem = answer.json()
    ProblemOut.model_validate(problem)
    assert answer.status_code == problem["status"] == kind.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["title"]) == (f"/problems/{kind.slug}", kind.title)
    assert problem["detail"] == str(error)
    assert ("retry-after" in answer.headers) == (kind.status == 503)


@pytest.mark.parametrize(
    "url",
    [
        "/v1/sectors", "/v1/series", f"/v1/series/{EV}", f"/v1/series/{EV}/observations", f"/v1/forecasts/{EV}",
        "/v1/forecasts", f"/v1/forecasts/{EV}/chart.json", "/v1/vintages", "/v1/vintages/x", "/healthz", "/readyz", "/",
    ],
)  # fmt: skip  # a list of addresses reads best filled
def test_an_unknown_parameter_is_named_and_refused_everywhere(client: TestClient, url: str) -> None:
    answer = client.get(url, params={"horizn": "3"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "horizn", "in": "query", "message": "is no parameter of this address"}]


@pytest.mark.parametrize(
    ("url", "field"),
    [
        (f"/v1/forecasts/{EV}?horizon=0", "horizon"),
        (f"/v1/forecasts/{EV}?horizon=25", "horizon"),
        (f"/v1/forecasts/{EV}?horizon=x", "horizon"),
        ("/v1/forecasts?horizon=25", "horizon"),
        (f"/v1/forecasts/{EV}?levels=eighty", "levels"),
        (f"/v1/forecasts/{EV}?levels=80&quantiles=0.5", "quantiles"),
        (f"/v1/forecasts/{EV}?quantiles=80", "quantiles"),
        (f"/v1/forecasts/{EV}?quantiles=1", "quantiles"),
        (f"/v1/forecasts/{EV}?levels=0.8", "levels"),
        (f"/v1/forecasts/{EV}?basis=quarter", "basis"),
        (f"/v1/forecasts/{EV}?as_of=yesterday", "as_of"),
        (f"/v1/series/{EV}/observations?from=0000-01", "from"),
        (f"/v1/series/{EV}/observations?as_of=2026-13-01", "as_of"),
        (f"/v1/series/{EV}/observations?as_of=2026-01-01T00:00:00", "as_of"),
        (f"/v1/series/{EV}/observations?include_history=true&format=csv", "include_history"),
        (f"/v1/forecasts/{EV}?format=xml", "format"),
        ("/v1/series?limit=0", "limit"),
        ("/v1/series?limit=1001", "limit"),
        ("/v1/series?cursor=<>", "cursor"),
        (f"/v1/series/{EV}/observations?from=2026", "from"),
        (f"/v1/series/{EV}/observations?to=2026-13", "to"),
        (f"/v1/series/{EV}/observations?from=2026-05&to=2026-01", "from"),
    ],
)
def test_an_impossible_value_is_refused_naming_its_field(client: TestClient, url: str, field: str) -> None:
    answer = client.get(url)

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "M0", "bnVsbA", "WyJhIiwxXQ", "eyJhIjoxLCJiIjoyfQ"])
@pytest.mark.parametrize("path", ["/v1/forecasts", "/v1/series", "/v1/vintages"])
def test_a_cursor_that_no_page_gave_is_not_found(client: TestClient, path: str, cursor: str) -> None:
    answer = client.get(path, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-cursor")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("url", ["/v1/forecasts", "/v1/series", "/v1/forecasts?format=csv"])
@pytest.mark.parametrize(
    ("parameter", "value", "told"),
    [
        ("sector", "batery", "'batery' is unknown. Did you mean battery?"),
        ("sector", "steel", "'steel' is unknown. There are battery, ev, solar."),
        ("measure", "prodution", "Did you mean production?"),
        ("region", "cn", "Did you mean CN?"),
        ("segment", "lpf", "Did you mean lfp?"),
        ("source", "nope", "'nope' is unknown. There are club, miit, nbs."),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_the_nearest(
    client: TestClient, url: str, parameter: str, value: str, told: str
) -> None:
    answer = client.get(f"{url}{'&' if '?' in url else '?'}{parameter}={value}")

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (404, "/problems/unknown-name")
    assert told in problem["detail"]
    assert [(fault["field"], fault["in"]) for fault in problem["errors"]] == [(parameter, "query")]


def test_a_name_that_the_catalogue_declares_and_no_vintage_holds_yet_matches_nothing(client: TestClient) -> None:
    answer = client.get("/v1/series", params={"measure": "capacity"})

    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_series_without_forecast_carries_its_reason(client: TestClient) -> None:
    for url in (f"/v1/forecasts/{THIN}", f"/v1/forecasts/{THIN}/chart.json"):
        problem = client.get(url).json()

        assert (problem["status"], problem["type"]) == (404, "/problems/no-forecast")
        assert problem["reason"] == WHY_THIN


def test_an_unknown_series_is_answered_with_the_nearest(client: TestClient) -> None:
    problem = client.get("/v1/series/ev.prodction.CN").json()

    assert (problem["status"], problem["nearest"]) == (404, [EV])


def test_a_format_that_is_not_offered_is_not_acceptable(client: TestClient) -> None:
    answer = client.get(f"/v1/forecasts/{EV}", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.json()["offered"]) == (406, list(MEDIA.values()))


def test_errors_of_the_framework_are_problem_documents_too(client: TestClient) -> None:
    nowhere, wrong = client.get("/v2/series"), client.post("/v1/series")

    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "/problems/not-found")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert wrong.headers["allow"] == "GET, HEAD"


def test_an_unforeseen_error_keeps_its_text_to_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    app = client.app
    assert isinstance(app, FastAPI)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    answer = client.get("/broken")

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "swordfish" not in answer.text
    assert answer.json()["instance"] in caplog.text
    assert "swordfish" in caplog.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path", [f"/v1/forecasts/{EV}?levels=80&levels=95", "/v1/series?limit=1&limit=1"])
def test_a_parameter_that_is_given_twice_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-parameter")
    assert "given 2 times" in answer.json()["errors"][0]["message"]
