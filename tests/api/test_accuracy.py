"""Realised accuracy over HTTP."""

import io

import polars as pl
import pytest
from starlette.testclient import TestClient

from api.schemas import AccuracyOut
from forecaster.adapters.published_vintages import PublishedVintages
from tests.looking_back import LATER, known_later
from tests.vintages import EV

URL = "/v1/accuracy"
OLD = "2026-09-16T02-00-11Z-7f3a"


@pytest.fixture
def later(client: TestClient, store: PublishedVintages) -> TestClient:
    """The service after a vintage that knows what came."""
    store.publish(known_later())
    return client


@pytest.mark.parametrize(
    ("by", "key", "values"),
    [("horizon", "horizon", [1, 2]), ("series", "series_id", [EV]), ("vintage", "vintage", [OLD])],
)
def test_published_forecasts_are_scored_by_horizon_series_or_vintage(
    later: TestClient, by: str, key: str, values: list[object]
) -> None:
    answer = later.get(URL, params={"by": by})

    AccuracyOut.model_validate_json(answer.content)
    body = answer.json()
    assert [item[key] for item in body["items"]] == values
    assert (body["vintage"]["id"], body["vintages"]) == (LATER, [OLD])
    assert (body["overall"]["series"], body["overall"]["figures"]) == (1, 2)
    assert body["overall"]["smape"] == pytest.approx((200 * 85 / 3115 + 200 * 170 / 3230) / 2)
    assert body["overall"]["bias"] > 0


def test_a_revision_counts_unless_first_prints_are_asked_for(later: TestClient) -> None:
    latest, first = (later.get(URL, params={"against": against}).json() for against in ("latest", "first"))

    assert (latest["against"], first["against"]) == ("latest", "first")
    assert first["items"][0]["smape"] == pytest.approx(200 * 35 / 3065)
    assert latest["items"][0]["smape"] == pytest.approx(200 * 85 / 3115)


def test_a_vintage_of_which_nothing_has_come_yet_has_no_scores(client: TestClient) -> None:
    body = client.get(URL).json()

    AccuracyOut.model_validate(body)
    assert (body["items"], body["overall"]["figures"], body["overall"]["mase"]) == ([], 0, None)


def test_scores_can_be_of_one_sector_or_series(later: TestClient) -> None:
    assert later.get(URL, params={"sector": "ev"}).json()["overall"]["figures"] == 2
    assert later.get(URL, params={"sector": "battery"}).json()["overall"]["figures"] == 0
    assert later.get(URL, params={"series": EV}).json()["overall"]["figures"] == 2


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ({"sector": "evv"}, 404, "Did you mean ev?"),
        ({"series": "ev.prodction.CN"}, 404, "Did you mean ev.production.CN?"),
        ({"by": "colour"}, 422, "by"),
        ({"against": "best"}, 422, "against"),
        ({"horizn": "1"}, 422, "horizn"),
    ],
)
def test_what_can_t_be_asked_is_refused(later: TestClient, query: dict[str, str], status: int, told: str) -> None:
    answer = later.get(URL, params=query)

    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_scores_are_paged_and_come_as_tables(later: TestClient) -> None:
    first = later.get(URL, params={"limit": 1}).json()
    rest = later.get(URL, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    table = pl.read_parquet(io.BytesIO(later.get(URL, params={"format": "parquet"}).content))

    assert [one["items"][0]["horizon"] for one in (first, rest)] == [1, 2]
    assert rest["next_cursor"] is None
    assert table["mase"].to_list() == [one["items"][0]["mase"] for one in (first, rest)]


def test_a_caller_who_has_it_is_told_so_until_another_vintage_is_published(
    later: TestClient, store: PublishedVintages
) -> None:
    tag = later.get(URL).headers["etag"]

    again = later.get(URL, headers={"If-None-Match": tag})
    store.publish(known_later("2026-12-02T02-00-00Z-cccc"))
    after = later.get(URL, headers={"If-None-Match": tag})

    assert (again.status_code, again.headers["last-modified"]) == (304, "Tue, 01 Dec 2026 02:00:00 GMT")
    assert after.status_code == 200
