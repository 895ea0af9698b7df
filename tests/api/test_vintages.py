from starlette.testclient import TestClient

from api.schemas import VintageOut, VintagesOut
from forecaster.adapters.published_vintages import PublishedVintages
from tests.vintages import EV, tiny_vintage

FIRST, SECOND = "2026-09-16T02-00-11Z-7f3a", "2026-10-16T02-00-00Z-bbbb"


def test_vintages_are_listed_and_read_by_id(client: TestClient, store: PublishedVintages) -> None:
    store.publish(tiny_vintage(SECOND))

    listed = client.get("/v1/vintages")
    older = client.get(f"/v1/vintages/{FIRST}")

    VintagesOut.model_validate_json(listed.content)
    VintageOut.model_validate_json(older.content)
    assert [item["id"] for item in listed.json()["items"]] == [SECOND, FIRST]
    assert older.json()["decision"] == "first vintage"
    assert "immutable" in older.headers["cache-control"]


def test_vintages_page(client: TestClient, store: PublishedVintages) -> None:
    store.publish(tiny_vintage(SECOND))

    first = client.get("/v1/vintages", params={"limit": 1}).json()
    rest = client.get("/v1/vintages", params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [item["id"] for item in first["items"] + rest["items"]] == [SECOND, FIRST]
    assert rest["next_cursor"] is None


def test_a_service_without_a_vintage_starts_and_takes_up_the_first(
    waiting: TestClient, empty: PublishedVintages
) -> None:
    before = waiting.get("/readyz")
    alive = waiting.get("/healthz")
    empty.publish(tiny_vintage())
    after = waiting.get("/readyz")

    assert (before.status_code, before.headers["retry-after"]) == (503, "30")
    assert alive.json() == {"status": "alive"}
    assert after.json() == {"status": "ready", "vintage": FIRST}


def test_a_list_goes_on_in_the_vintage_it_began_with(client: TestClient, store: PublishedVintages) -> None:
    first = client.get("/v1/forecasts", params={"limit": 1}).json()
    store.publish(tiny_vintage(SECOND, level=2_000_000.0))

    rest = client.get("/v1/forecasts", params={"cursor": first["next_cursor"], "horizon": 1}).json()

    assert rest["vintage"]["id"] == FIRST
    assert rest["items"][0]["points"][0]["mean"] == 1_515_000.0
    assert client.get(f"/v1/forecasts/{EV}").json()["vintage"]["id"] == SECOND
