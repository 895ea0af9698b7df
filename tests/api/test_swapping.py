from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

from starlette.testclient import TestClient

from forecaster.adapters.published_vintages import PublishedVintages
from tests.vintages import EV, LFP, tiny_vintage

SWAPS = 12


def test_swapping_vintages_under_load_gives_no_failed_and_no_mixed_answer(
    client: TestClient, store: PublishedVintages
) -> None:
    # The n-th vintage forecasts n times a thousand: an answer's figures tell which vintage they came from.
    store.publish(tiny_vintage("v1", level=1000.0))
    done, errors = Event(), list[str]()
    seen: set[str] = set()

    def ask() -> int:
        for asked in count():
            if done.is_set():
                return asked
            answer = client.get("/v1/forecasts", params={"horizon": 1})
            if answer.status_code != 200:
                errors.append(answer.text)
                return asked
            body = answer.json()
            number = int(body["vintage"]["id"].removeprefix("v"))
            figures = {item["series_id"]: item["points"][0]["mean"] for item in body["items"]}
            if figures != {LFP: 90.9, EV: 1000.0 * number * 1.01}:
                errors.append(f"{number}: {figures}")
            seen.add(body["vintage"]["id"])
        return 0

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        writer = PublishedVintages(store.root)
        for number in range(2, SWAPS + 1):
            writer.publish(tiny_vintage(f"v{number}", level=1000.0 * number))
        done.set()
        asked = [task.result() for task in asking]

    assert errors == []
    assert client.get("/readyz").json()["vintage"] == f"v{SWAPS}"
    assert min(asked) > 0
    assert len(seen) > 1
