import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.remembered import LONGEST, OVERHEAD, Given, Key, Memory
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.adapters.published_vintages import PublishedVintages
from tests.api.test_jobs import NOW
from tests.catalogues import catalogue
from tests.vintages import EV, tiny_vintage

URL = f"/v1/forecasts/{EV}"
GIVEN = Given(headers=(), body=b"0123456789", tag='"t"', route=None, without_body=())


class Counted(PublishedVintages):
    """Counts how often a series is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.read = 0

    def current(self) -> OpenVintage:
        """Only routes ask for it: what is remembered takes no more than a look."""
        self.read += 1
        return super().current()


@pytest.fixture
def store(tmp_path: Path) -> Counted:
    found = Counted(tmp_path / "vintages")
    found.publish(tiny_vintage(), by="job 1")
    return found


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json", first=tmp_path / "api-key")


@pytest.fixture
def client(store: Counted, keys: KeyFile) -> Iterator[TestClient]:
    with TestClient(create_app(vintages=store, catalogue=catalogue(), keys=keys)) as opened:
        yield opened


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for what names each request."""
    own = {"traceparent", "x-request-id"}
    mine, theirs = ({k: v for k, v in answer.headers.items() if k not in own} for answer in (one, other))
    return (one.status_code, one.content, mine) == (other.status_code, other.content, theirs)


def test_an_answer_is_given_again_without_its_route(client: TestClient, store: Counted) -> None:
    first = client.get(URL)
    read = store.read

    again = client.get(URL)

    assert same(first, again)
    assert store.read == read


@pytest.mark.parametrize("headers", [{"Accept": "text/csv"}, {"Accept-Encoding": "identity"}])
def test_another_representation_is_another_answer(client: TestClient, headers: dict[str, str]) -> None:
    usual = client.get(URL)

    first, again = client.get(URL, headers=headers), client.get(URL, headers=headers)

    assert same(first, again)
    assert first.headers["etag"] != usual.headers["etag"]


def test_a_condition_is_looked_at_anew(client: TestClient) -> None:
    tag = client.get(URL).headers["etag"]

    known = client.get(URL, headers={"If-None-Match": f'W/{tag}, "x"'})
    other = client.get(URL, headers={"If-None-Match": '"x"'})

    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert "content-length" not in known.headers
    assert other.status_code == 200


def test_a_new_vintage_takes_the_place_of_all_that_is_remembered(client: TestClient, store: Counted) -> None:
    before = client.get(URL).json()
    store.publish(tiny_vintage("2026-10-16T02-00-00Z-bbbb", level=7.0), by="job 2")

    after = client.get(URL).json()

    assert before["vintage"]["id"] != after["vintage"]["id"] == "2026-10-16T02-00-00Z-bbbb"
    assert client.get(URL).json() == after


def test_of_many_that_ask_the_same_after_a_new_vintage_one_has_it_made(store: Counted) -> None:
    app = create_app(vintages=store, catalogue=catalogue())

    async def asked() -> list[tuple[str, str]]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            await client.get(URL)
            store.publish(tiny_vintage("2026-10-16T02-00-11Z-aaaa"), by="job 2")
            store.read = 0
            answers = await asyncio.gather(*(client.get(URL) for _ in range(20)))
            later = await client.get(URL)
        return [(one.json()["vintage"]["id"], one.headers["etag"]) for one in (*answers, later)]

    found = asyncio.run(asked())

    assert store.read == 1
    assert len(set(found)) <= 2  # each whole from the previous vintage or from the new one
    assert found[-1][0] == "2026-10-16T02-00-11Z-aaaa"


def test_what_was_in_service_at_an_instant_is_not_remembered_as_current(client: TestClient, store: Counted) -> None:
    store.publish(tiny_vintage("2026-10-16T02-00-00Z-bbbb", level=7.0), by="job 2")

    assert client.get(URL, params={"as_of": "1999-01-01"}).status_code == 404
    assert client.get(URL, params={"as_of": "1999-01-01"}).status_code == 404


@pytest.mark.parametrize("path", ["/v1/forecasts/nothing", f"{URL}?horizon=99"])
def test_refusals_are_not_remembered(client: TestClient, store: Counted, path: str) -> None:
    client.get(path)
    read = store.read

    client.get(path)

    assert store.read > read


def test_a_key_is_asked_for_even_where_the_answer_is_known(client: TestClient, keys: KeyFile) -> None:
    secret = keys.add("ana", scopes=("read",), now=NOW)
    elsewhere = {"Host": "forecasts.example"}
    allowed = {**elsewhere, "Authorization": f"Bearer {secret}"}

    answers = [client.get(URL, headers=headers).status_code for headers in (allowed, elsewhere, allowed)]
    keys.revoke("ana")

    assert answers == [200, 401, 200]
    assert client.get(URL, headers=allowed).status_code == 401


def test_requests_are_counted_by_the_route_that_once_answered(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="sectorcast.requests")
    for _ in range(3):
        client.get(URL)

    counted = client.get("/metrics").text

    assert 'route="/v1/forecasts/{series_id}"' in counted
    assert sum(record.name == "sectorcast.requests" for record in caplog.records) >= 3


def key(at: int) -> Key:
    return (f"/{at}", b"")


def kept(memory: Memory, count: int) -> list[int]:
    return [at for at in range(count) if memory.find(key(at), digest="a")]


def test_memory_is_bounded_and_forgets_what_was_asked_for_longest_ago() -> None:
    memory = Memory(room=3 * (OVERHEAD + len(GIVEN.body) + len("/0")))
    for at in range(3):
        memory.keep(key(at), GIVEN, digest="a")
    memory.find(key(0), digest="a")
    for _ in range(2):
        memory.keep(key(3), GIVEN, digest="a")

    assert kept(memory, 4) == [0, 2, 3]


def test_memory_holds_the_answers_of_one_vintage() -> None:
    memory = Memory()
    memory.keep(key(1), GIVEN, digest="a")
    memory.keep(key(2), GIVEN, digest="b")

    assert memory.find(key(1), digest="a") is None
    assert memory.find(key(1), digest="b") is None
    assert memory.find(key(2), digest="b") == GIVEN


def test_long_questions_are_answered_and_not_remembered(client: TestClient, store: Counted) -> None:
    headers = {"Accept": "application/json" + "," * LONGEST}
    client.get(URL, headers=headers)
    read = store.read

    assert client.get(URL, headers=headers).status_code == 200
    assert store.read > read


def test_an_older_vintage_takes_nothing_from_what_is_remembered(client: TestClient, store: Counted) -> None:
    store.publish(tiny_vintage("2026-10-16T02-00-00Z-bbbb", level=7.0), by="job 2")
    client.get(URL)
    client.get("/v1/vintages/2026-09-16T02-00-11Z-7f3a")
    read = store.read

    client.get(URL)

    assert store.read == read


def test_keys_that_can_not_be_read_are_told_as_ever(client: TestClient, keys: KeyFile, tmp_path: Path) -> None:
    client.get(URL)
    (tmp_path / "keys.json").write_text("{", encoding="utf-8")

    answer = client.get(URL)

    assert answer.json()["type"] == "/problems/bad-key-file"
