import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import polars as pl
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import ForecastOut, ForecastsOut, VintageOut
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.vintage import QUANTILES
from tests.catalogues import catalogue
from tests.vintages import EV, LFP, THIN, WHY_THIN, issue, tiny_vintage, went_into_service

URL = f"/v1/forecasts/{EV}"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_a_forecast_has_the_shape_of_the_contract(client: TestClient) -> None:
    answer = client.get(URL, params={"horizon": 1})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "series_id": EV,
        "name": "New energy vehicle output, China",
        "unit": "vehicles",
        "basis": "month",
        "vintage": {
            "id": "2026-09-16T02-00-11Z-7f3a",
            "issued_at": "2026-09-16T02:00:11Z",
            "data_as_of": "2026-09-15T02:00:00Z",
        },
        "cutoff": "2026-08",
        "stale": False,
        "model": {
            "name": "combination",
            "version": "14",
            "run_id": "0f3c2a",
            "weights": {"auto_ets": 0.4, "auto_ces": 0.6},
        },
        "failed": [{"model": "auto_arima", "reason": "took longer than 60 s"}],
        "backtest": {"mase": 0.71, "coverage_80": 0.81, "folds": 12},
        "points": [
            {
                "period": "2026-09",
                "mean": 1515000.0,
                "intervals": {"80": [1385000.0, 1645000.0], "95": [1360625.0, 1669375.0]},
            }
        ],
    }


def test_the_documented_shape_is_the_served_one(client: TestClient) -> None:
    ForecastOut.model_validate_json(client.get(URL).content)
    ForecastOut.model_validate_json(client.get(URL, params={"quantiles": "0.5"}).content)
    ForecastsOut.model_validate_json(client.get("/v1/forecasts").content)


def test_twelve_months_are_answered_unless_asked_otherwise(client: TestClient) -> None:
    periods = [point["period"] for point in client.get(URL).json()["points"]]

    assert periods == [f"2026-{month:02}" for month in range(9, 13)] + [f"2027-{month:02}" for month in range(1, 9)]
    assert len(client.get(URL, params={"horizon": 24}).json()["points"]) == 24


def test_quantiles_stand_in_for_intervals(client: TestClient) -> None:
    listed = ",".join(f"{quantile:g}" for quantile in QUANTILES)

    point = client.get(URL, params={"quantiles": listed, "horizon": 1}).json()["points"][0]

    assert "intervals" not in point
    assert list(point["quantiles"]) == listed.split(",")
    assert list(point["quantiles"].values()) == sorted(point["quantiles"].values())


def test_every_stored_level_can_be_asked_for(client: TestClient) -> None:
    intervals = client.get(URL, params={"levels": "95,20,90,40,60,80"}).json()["points"][0]["intervals"]

    assert list(intervals) == ["20", "40", "60", "80", "90", "95"]
    lows, highs = zip(*intervals.values(), strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)


@pytest.mark.parametrize(("parameter", "asked"), [("levels", "80,85"), ("quantiles", "0.15")])
def test_what_is_not_stored_is_refused_with_what_is(client: TestClient, parameter: str, asked: str) -> None:
    answer = client.get(URL, params={parameter: asked})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/quantile-not-stored")
    assert problem["errors"][0]["field"] == parameter
    assert len(problem["available"]) > 5


def test_csv_has_the_same_figures(client: TestClient) -> None:
    as_json = client.get(URL).json()

    answer = client.get(URL, headers={"Accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{EV}.csv"'
    lines = rows(answer.text)
    assert len(lines) == 12
    for line, point in zip(lines, as_json["points"], strict=True):
        assert (line["series_id"], line["unit"], line["period"]) == (EV, "vehicles", point["period"])
        assert float(line["mean"]) == point["mean"]
        assert [float(line["lower_80"]), float(line["upper_80"])] == point["intervals"]["80"]


def test_format_goes_before_accept(client: TestClient) -> None:
    answer = client.get(URL, params={"format": "csv", "quantiles": "0.1,0.9"}, headers={"Accept": "application/json"})

    assert {"q0.1", "q0.9"} <= set(rows(answer.text)[0])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json;q=0.9", "application/json"),
        ("application/json;q=0, */*", "text/csv; charset=utf-8"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
)
def test_accept_chooses_the_format(client: TestClient, accept: str, media: str) -> None:
    assert client.get(URL, headers={"Accept": accept}).headers["content-type"] == media


def test_many_forecasts_come_by_page_and_name_series_without_one(client: TestClient) -> None:
    first = client.get("/v1/forecasts", params={"limit": 2, "horizon": 1}).json()
    rest = client.get("/v1/forecasts", params={"limit": 2, "horizon": 1, "cursor": first["next_cursor"]}).json()

    assert [item["series_id"] for item in first["items"]] == [LFP, EV]
    assert first["missing"] == []
    assert rest["items"] == []
    assert rest["missing"] == [{"series_id": THIN, "reason": WHY_THIN}]
    assert rest["next_cursor"] is None


def test_many_forecasts_can_be_filtered(client: TestClient) -> None:
    items = client.get("/v1/forecasts", params={"sector": "battery"}).json()["items"]

    assert [item["series_id"] for item in items] == [LFP]


def test_a_csv_of_many_holds_all_unless_paged(client: TestClient) -> None:
    whole = client.get("/v1/forecasts", params={"format": "csv", "horizon": 1})
    page = client.get("/v1/forecasts", params={"format": "csv", "horizon": 1, "limit": 1})
    following = client.get(page.links["next"]["url"])

    assert [line["series_id"] for line in rows(whole.text)] == [LFP, EV]
    assert [line["series_id"] for line in rows(page.text)] == [LFP]
    assert [line["series_id"] for line in rows(following.text)] == [EV]


def test_the_chart_is_a_specification_of_the_whole_horizon(client: TestClient) -> None:
    spec = client.get(f"{URL}/chart.json").json()

    assert "vega-lite" in spec["$schema"]
    assert len(spec["datasets"][spec["layer"][0]["data"]["name"]]) == 25


@pytest.mark.parametrize("basis", ["ytd", "jan-feb"])
def test_the_chart_follows_the_basis(client: TestClient, basis: str) -> None:
    spec = client.get(f"{URL}/chart.json", params={"basis": basis}).json()

    drawn = {layer["mark"].get("style", "targets"): spec["datasets"][layer["data"]["name"]] for layer in spec["layer"]}
    points = client.get(URL, params={"basis": basis, "horizon": 24, "levels": "80"}).json()["points"]
    known = client.get(f"/v1/series/{EV}/observations", params={"basis": basis}).json()["items"]
    months = client.get(f"{URL}/chart.json").json()
    assert [(row["period"][:7], row["q10"], row["q90"]) for row in drawn["band80"][1:]] == [
        (point["period"], *point["intervals"]["80"]) for point in points
    ]
    assert [(row["ds"][:7], row["y"], row["obtained"]) for row in drawn["estimated"]] == [
        (item["period"], item["value"], item["obtained"]) for item in known
    ]
    assert spec != months


def test_the_chart_of_a_level_as_sums_is_refused(empty: PublishedVintages) -> None:
    vintage = tiny_vintage()
    empty.publish(replace(vintage, series=vintage.series.with_columns(kind=pl.lit("stock"))))
    with TestClient(create_app(vintages=empty, catalogue=catalogue())) as client:
        answer = client.get(f"{URL}/chart.json", params={"basis": "ytd"})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "basis")


def test_a_forecast_comes_as_sums_from_january_on(client: TestClient) -> None:
    answer = client.get(URL, params={"basis": "ytd", "horizon": 5, "levels": "80"})

    ForecastOut.model_validate_json(answer.content)
    months = client.get(URL, params={"horizon": 5}).json()["points"]
    sums = answer.json()["points"]
    assert answer.json()["basis"] == "ytd"
    assert [point["period"] for point in sums] == ["2026-09", "2026-10", "2026-11", "2026-12", "2027-01"]
    assert sums[3]["mean"] - sums[2]["mean"] == pytest.approx(months[3]["mean"])
    assert sums[4]["intervals"]["80"] == pytest.approx(months[4]["intervals"]["80"])
    assert sums[0]["includes_estimated"] is False
    assert "includes_estimated" not in months[0]


def test_january_and_february_come_as_one_figure(client: TestClient) -> None:
    asked = {"basis": "jan-feb", "horizon": 24, "quantiles": "0.5"}
    months = {one["period"]: one["mean"] for one in client.get(URL, params={"horizon": 24}).json()["points"]}

    points = client.get(URL, params=asked).json()["points"]

    assert [point["period"] for point in points] == ["2027-02", "2028-02"]
    assert points[0]["mean"] == pytest.approx(months["2027-01"] + months["2027-02"])
    assert client.get(URL, params={"basis": "jan-feb", "horizon": 3}).json()["points"] == []


def test_sums_come_as_csv_with_their_basis(client: TestClient) -> None:
    one = rows(client.get(URL, params={"basis": "ytd", "horizon": 1, "format": "csv"}).text)
    many = rows(client.get("/v1/forecasts", params={"basis": "ytd", "horizon": 1, "format": "csv"}).text)

    assert (one[0]["basis"], one[0]["includes_estimated"]) == ("ytd", "false")
    assert [line["series_id"] for line in many] == [LFP, EV]
    assert many[1] == one[0]


def test_a_level_is_missing_among_sums_and_refused_alone(empty: PublishedVintages) -> None:
    vintage = tiny_vintage()
    levels = pl.when(pl.col("series_id") == LFP).then(pl.lit("stock")).otherwise("kind")
    empty.publish(replace(vintage, series=vintage.series.with_columns(kind=levels)))
    with TestClient(create_app(vintages=empty, catalogue=catalogue())) as client:
        page = client.get("/v1/forecasts", params={"basis": "ytd"}).json()
        alone = client.get(f"/v1/forecasts/{LFP}", params={"basis": "ytd"})

        assert [item["series_id"] for item in page["items"]] == [EV]
        assert page["missing"][0] == {"series_id": LFP, "reason": "A stock is not added up over months."}
        assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "basis")
        assert client.get(f"/v1/series/{LFP}").json()["basis"] == ["month"]
        assert client.get(f"/v1/series/{EV}").json()["basis"] == ["month", "ytd", "jan-feb"]


def test_the_forecast_of_an_instant_is_the_one_then_in_service(client: TestClient, store: PublishedVintages) -> None:
    old, new = "2026-09-16T02-00-11Z-7f3a", "2026-10-16T02-00-11Z-7f3b"
    store.publish(tiny_vintage(new, level=2_000_000.0))
    issued = tiny_vintage().issue.issued_at
    went_into_service(store.root, (issued, old), (issued + timedelta(days=30), new))

    then = client.get(URL, params={"as_of": "2026-09-30"}).json()
    now = client.get(URL).json()
    before = client.get(URL, params={"as_of": "2026-09-16T02:00:00Z"})

    assert (then["vintage"]["id"], now["vintage"]["id"]) == (old, new)
    assert (before.status_code, before.json()["type"]) == (404, "/problems/no-vintage-then")
    assert before.json()["oldest"] == "2026-09-16T02:00:11Z"


def test_a_horizon_beyond_all_measure_is_refused_like_any_other(client: TestClient) -> None:
    answer = client.get(f"/v1/forecasts/{EV}?horizon=99999999999999999999999")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_sector_that_was_carried_over_names_the_run_that_made_it(empty: PublishedVintages) -> None:
    origin = replace(issue("earlier", run_id="0e11", model_version="9"), data_as_of=datetime(2026, 8, 15, tzinfo=UTC))
    empty.publish(replace(tiny_vintage(), issue=replace(issue(), carried={"ev": origin})))
    with TestClient(create_app(vintages=empty, catalogue=catalogue())) as client:
        ev, lfp = (client.get(f"/v1/forecasts/{name}").json() for name in (EV, LFP))
        figures = client.get(f"/v1/series/{EV}/observations").json()
        vintage = client.get(f"/v1/vintages/{issue().vintage_id}")

    assert (ev["model"]["run_id"], ev["model"]["version"]) == ("0e11", "9")
    assert (ev["vintage"]["id"], ev["vintage"]["data_as_of"]) == (issue().vintage_id, "2026-08-15T00:00:00Z")
    assert (lfp["model"]["run_id"], lfp["vintage"]["data_as_of"]) == ("0f3c2a", "2026-09-15T02:00:00Z")
    assert figures["as_of"] == "2026-08-15T00:00:00Z"
    assert [one["sector"] for one in vintage.json()["carried"]] == ["ev"]
    VintageOut.model_validate_json(vintage.content)
