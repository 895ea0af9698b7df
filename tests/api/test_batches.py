"""Forecasts of named series in one answer."""

import io

import polars as pl
import pytest
from starlette.testclient import TestClient

from api.schemas import BatchOut
from forecaster.adapters.published_vintages import PublishedVintages
from tests.vintages import EV, LFP, THIN, tiny_vintage

URL = "/v1/forecasts:batch"


def test_a_batch_answers_in_its_own_order_with_problems_beside(client: TestClient) -> None:
    answer = client.post(URL, json={"series": [EV, "ev.prodction.CN", THIN, LFP, EV], "horizon": 3, "levels": [80]})

    BatchOut.model_validate_json(answer.content)
    body = answer.json()
    assert answer.status_code == 200
    assert [item["series_id"] for item in body["items"]] == [EV, LFP]
    assert [(one["series_id"], one["type"]) for one in body["errors"]] == [
        ("ev.prodction.CN", "/problems/unknown-series"),
        (THIN, "/problems/no-forecast"),
    ]
    assert body["errors"][0]["nearest"] == [EV]
    assert EV in body["errors"][0]["detail"]


def test_each_answer_of_a_batch_is_the_one_that_its_address_gives(client: TestClient) -> None:
    asked = {"horizon": 5, "basis": "ytd"}

    (item,) = client.post(URL, json={"series": [EV], "quantiles": [0.9, 0.1], **asked}).json()["items"]

    assert item == client.get(f"/v1/forecasts/{EV}", params={"quantiles": "0.1,0.9", **asked}).json()


def test_a_table_of_a_batch_names_what_is_missing_in_a_column(client: TestClient) -> None:
    answer = client.post(URL, params={"format": "parquet"}, json={"series": [EV, THIN], "horizon": 1})

    table = pl.read_parquet(io.BytesIO(answer.content))
    assert table.select("series_id", "mean").rows() == [(EV, 1_515_000.0), (THIN, None)]
    assert table["error"][0] is None
    assert "3 observations" in table["error"][1]


def test_a_batch_may_be_that_of_an_instant(client: TestClient, store: PublishedVintages) -> None:
    store.publish(tiny_vintage("2026-10-16T02-00-00Z-bbbb"))

    then = client.post(URL, json={"series": [EV], "as_of": "2026-09-30"}).json()
    before = client.post(URL, json={"series": [EV], "as_of": "2020-01-01"})

    assert then["vintage"]["id"] == "2026-09-16T02-00-11Z-7f3a"
    assert before.status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"series": []}, "series"),
        ({"series": ["x"] * 1001}, "series"),
        ({"series": "ev"}, "series"),
        ({}, "series"),
        ({"series": [EV], "horizon": 0}, "horizon"),
        ({"series": [EV], "horizon": 25}, "horizon"),
        ({"series": [EV], "levels": [85]}, "levels"),
        ({"series": [EV], "levels": [80], "quantiles": [0.5]}, "quantiles"),
        ({"series": [EV], "as_of": "yesterday"}, "as_of"),
        ({"series": [EV], "levle": [80]}, "levle"),
    ],
)
def test_an_impossible_batch_is_refused_naming_the_field_of_its_body(
    client: TestClient, body: dict[str, object], field: str
) -> None:
    answer = client.post(URL, json=body)

    assert answer.status_code == 422
    assert [(fault["field"], fault["in"]) for fault in answer.json()["errors"]] == [(field, "body")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"series": [NaN]}', b"[" * 10_000])
def test_a_body_that_is_no_batch_is_a_problem_document(client: TestClient, body: bytes) -> None:
    answer = client.post(URL, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_of_nothing_that_is_known_is_still_answered(client: TestClient) -> None:
    body = client.post(URL, json={"series": [f"x{number}" for number in range(1000)]}).json()

    assert body["items"] == []
    assert len(body["errors"]) == 1000
