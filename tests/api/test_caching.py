import pytest
from starlette.testclient import TestClient

from forecaster.adapters.published_vintages import PublishedVintages
from tests.vintages import EV, tiny_vintage

URL = f"/v1/forecasts/{EV}"
READS = [
    "/v1/sectors",
    "/v1/series",
    f"/v1/series/{EV}",
    f"/v1/series/{EV}/observations",
    URL,
    f"{URL}/chart.json",
    f"{URL}/chart.svg",
    f"{URL}/chart.png",
    "/v1/forecasts?format=parquet",
    "/v1/forecasts?format=arrow",
    "/v1/series?format=csv",
    "/v1/vintages",
    f"{URL}?basis=ytd",
    f"{URL}?as_of=2026-10-01",
    f"/v1/series/{EV}/observations?as_of=2026-06-30&include_history=true",
    "/v1/forecasts",
]


@pytest.mark.parametrize("url", READS)
def test_every_read_carries_a_strong_tag_and_answers_304_to_it(client: TestClient, url: str) -> None:
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert first.headers["etag"].startswith('"')
    assert first.headers["last-modified"] == "Wed, 16 Sep 2026 02:00:11 GMT"
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_tags_differ_by_representation_and_query(client: TestClient) -> None:
    tags = [
        client.get(URL).headers["etag"],
        client.get(URL, headers={"Accept": "text/csv"}).headers["etag"],
        client.get(URL, params={"horizon": 3}).headers["etag"],
        client.get(URL, params={"basis": "ytd"}).headers["etag"],
        client.get(URL, params={"as_of": "2026-10-01"}).headers["etag"],
    ]

    assert len(set(tags)) == 5


def test_a_new_vintage_has_a_new_tag(client: TestClient, store: PublishedVintages) -> None:
    tag = client.get(URL).headers["etag"]
    store.publish(tiny_vintage("2026-10-16T02-00-00Z-bbbb"))

    answer = client.get(URL, headers={"If-None-Match": tag})

    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_a_condition_never_hides_an_error(client: TestClient) -> None:
    assert client.get("/v1/forecasts/nothing", headers={"If-None-Match": "*"}).status_code == 404
    assert client.get(URL, params={"horizon": 99}, headers={"If-None-Match": "*"}).status_code == 422
