import csv
from io import StringIO

from starlette.testclient import TestClient

from api.schemas import ObservationsOut, SectorsOut, SeriesOneOut, SeriesPageOut
from tests.vintages import EV, LFP, THIN, WHY_THIN


def ids(client: TestClient, **asked: object) -> list[str]:
    return [item["series_id"] for item in client.get("/v1/series", params=asked).json()["items"]]  # type: ignore[arg-type]  # plain values


def test_sectors_carry_names_units_sources_regions_and_counts(client: TestClient) -> None:
    answer = client.get("/v1/sectors")

    SectorsOut.model_validate_json(answer.content)
    by_key = {item["key"]: item for item in answer.json()["items"]}
    assert list(by_key) == ["battery", "ev", "solar"]
    assert by_key["ev"]["name_zh"] == "新能源汽车"
    assert by_key["ev"]["measures"][0]["units"] == ["vehicles"]
    assert by_key["ev"]["sources"][0]["name"] == "Bureau"
    assert by_key["ev"]["last_release"] == "2026-09-14T02:00:00Z"
    assert (by_key["solar"]["series"], by_key["solar"]["forecasts"]) == (1, 0)


def test_what_the_catalogue_does_not_hold_has_no_name(client: TestClient) -> None:
    solar = client.get("/v1/sectors").json()["items"][2]

    assert solar["sources"] == [{"key": "miit", "name": None, "name_zh": None, "url": None}]


def test_series_are_filtered_and_searched_in_both_languages(client: TestClient) -> None:
    assert ids(client) == [LFP, EV, THIN]
    assert ids(client, sector="ev", region="CN") == [EV]
    assert ids(client, segment="lfp") == [LFP]
    assert ids(client, source="miit") == [THIN]
    assert ids(client, q="panel AFRICA") == [THIN]
    assert ids(client, q="磷酸铁锂") == [LFP]
    assert ids(client, sector="ev", segment="lfp") == []


def test_series_page_to_the_end(client: TestClient) -> None:
    seen, cursor = [], None
    while True:
        page = client.get("/v1/series", params={"limit": 1, **({"cursor": cursor} if cursor else {})})
        SeriesPageOut.model_validate_json(page.content)
        seen += [item["series_id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break

    assert seen == [LFP, EV, THIN]


def test_a_series_says_why_it_has_no_forecast(client: TestClient) -> None:
    answer = client.get(f"/v1/series/{THIN}")

    SeriesOneOut.model_validate_json(answer.content)
    found = answer.json()
    assert (found["status"], found["reason"], found["leading"]) == ("no-forecast", WHY_THIN, False)


def test_observations_say_how_each_was_obtained(client: TestClient) -> None:
    answer = client.get(f"/v1/series/{EV}/observations", params={"from": "2026-02", "to": "2026-03"})

    ObservationsOut.model_validate_json(answer.content)
    assert answer.json()["unit"] == "vehicles"
    assert [(item["period"], item["obtained"]) for item in answer.json()["items"]] == [
        ("2026-02", "estimated"),
        ("2026-03", "reported"),
    ]


def test_observations_come_as_csv_too(client: TestClient) -> None:
    answer = client.get(f"/v1/series/{THIN}/observations", headers={"Accept": "text/csv"})

    lines = list(csv.DictReader(StringIO(answer.text)))
    assert [line["period"] for line in lines] == ["2026-06", "2026-07", "2026-08"]
    assert {line["unit"] for line in lines} == {"GW"}
