"""The same rows in every format, whole or streamed, packed or not."""

import csv
import gzip
import io
import json
from collections.abc import Callable

import polars as pl
import pytest
from starlette.testclient import TestClient

from tests.vintages import EV, LFP, THIN

READ: dict[str, Callable[[bytes], pl.DataFrame]] = {
    "csv": lambda body: pl.read_csv(body, schema_overrides={"segment": pl.String}),
    "parquet": lambda body: pl.read_parquet(io.BytesIO(body)),
    "arrow": lambda body: pl.read_ipc_stream(io.BytesIO(body)),
    "ndjson": lambda body: pl.DataFrame([json.loads(line) for line in body.splitlines()]),
}
MEDIA = {
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "parquet": ("application/vnd.apache.parquet", ".parquet"),
    "arrow": ("application/vnd.apache.arrow.stream", ".arrows"),
    "ndjson": ("application/x-ndjson", ".ndjson"),
}
PATHS = [f"/v1/forecasts/{EV}", "/v1/forecasts", f"/v1/series/{EV}/observations", "/v1/series"]
PAGED = ["/v1/forecasts", "/v1/series"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", READ)
def test_a_table_comes_in_each_format_by_accept_or_by_parameter(client: TestClient, path: str, name: str) -> None:
    media, ending = MEDIA[name]

    asked = client.get(path, params={"format": name})
    accepted = client.get(path, headers={"Accept": media.split(";", maxsplit=1)[0]})

    assert asked.headers["content-type"] == accepted.headers["content-type"] == media
    assert ending in asked.headers["content-disposition"]
    assert asked.content == accepted.content
    assert READ[name](asked.content).columns == list(
        csv.DictReader(client.get(path + "?format=csv").text.splitlines()).fieldnames or []
    )


@pytest.mark.parametrize("basis", ["month", "ytd", "jan-feb"])
def test_forecasts_are_the_same_figures_in_each_format(client: TestClient, basis: str) -> None:
    query = {"basis": basis, "horizon": 24, "quantiles": "0.1,0.9"}
    items = client.get("/v1/forecasts", params=query).json()["items"]
    expected = [
        (item["series_id"], point["period"], point["mean"], *point["quantiles"].values())
        for item in items
        for point in item["points"]
    ]

    for name, read in READ.items():
        found = read(client.get("/v1/forecasts", params={**query, "format": name}).content)

        assert found.select("series_id", "period", "mean", "q0.1", "q0.9").rows() == expected, name


def test_observations_are_the_same_figures_in_each_format(client: TestClient) -> None:
    url = f"/v1/series/{EV}/observations"
    items = client.get(url).json()["items"]

    for name, read in READ.items():
        found = read(client.get(url, params={"format": name}).content)

        assert found.select("period", "value", "obtained").rows() == [tuple(item.values()) for item in items], name


def test_a_table_without_rows_still_has_its_columns(client: TestClient) -> None:
    query = {"basis": "jan-feb", "horizon": 3, "sector": "ev"}

    for name in ("csv", "parquet", "arrow"):
        found = READ[name](client.get("/v1/forecasts", params={**query, "format": name}).content)

        assert found.is_empty()
        assert found.columns[:4] == ["series_id", "name", "period", "unit"]
    assert client.get("/v1/forecasts", params={**query, "format": "ndjson"}).content == b""


@pytest.mark.parametrize("path", PAGED)
def test_a_table_holds_every_series_unless_it_is_paged(client: TestClient, path: str) -> None:
    whole = READ["parquet"](client.get(path, params={"format": "parquet"}).content)
    page = READ["parquet"](client.get(path, params={"format": "parquet", "limit": 1}).content)

    assert whole["series_id"].unique(maintain_order=True).to_list() in ([LFP, EV], [LFP, EV, THIN])
    assert page["series_id"].unique().to_list() == [LFP]


def test_lists_of_a_series_are_divided_by_spaces(client: TestClient) -> None:
    found = READ["csv"](client.get("/v1/series", params={"format": "csv", "sector": "battery"}).content)

    assert found.select("basis", "parents", "first_period", "status").row(0) == (
        "month ytd jan-feb",
        "battery.production.CN",
        "2019-01",
        "forecast",
    )


def test_many_forecasts_can_be_those_of_an_instant(client: TestClient) -> None:
    then = client.get("/v1/forecasts", params={"as_of": "2026-10-01"})
    before = client.get("/v1/forecasts", params={"as_of": "2026-01-01", "format": "csv"})

    assert then.json()["vintage"]["id"] == "2026-09-16T02-00-11Z-7f3a"
    assert (before.status_code, before.json()["type"]) == (404, "/problems/no-vintage-then")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["json", "csv", "arrow", "ndjson"])
def test_an_answer_is_packed_when_asked_for(client: TestClient, path: str, name: str) -> None:
    plain = client.get(path, params={"format": name}, headers={"Accept-Encoding": "identity"})

    with client.stream("GET", path, params={"format": name}, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in packed.headers["vary"]


def test_what_is_packed_already_stays_as_it_is(client: TestClient) -> None:
    answer = client.get("/v1/forecasts", params={"format": "parquet"}, headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["gzip", "identity", "gzip;q=0", "*", ""])
def test_a_tag_answers_304_in_its_own_encoding_alone(client: TestClient, accepted: str) -> None:
    url, headers = f"/v1/forecasts/{EV}", {"Accept-Encoding": accepted}
    tag = client.get(url, headers=headers).headers["etag"]
    other = "identity" if accepted in ("gzip", "*") else "gzip"

    assert client.get(url, headers={**headers, "If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"Accept-Encoding": other, "If-None-Match": tag}).status_code == 200
