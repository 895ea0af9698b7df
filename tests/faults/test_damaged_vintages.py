"""Files of vintages that are altered or shortened while a real service reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forecaster.adapters.published_vintages import PublishedVintages
from tests.adapters.test_published_vintages import FIRST, SECOND, alter, shorten
from tests.faults.living import Api, settings
from tests.vintages import EV, tiny_vintage

FORECAST = f"/v1/forecasts/{EV}?horizon=2"
HISTORY = f"/v1/series/{EV}/observations"


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    found = PublishedVintages(tmp_path / "home" / "vintages")
    found.root.parent.mkdir()
    found.publish(tiny_vintage(FIRST), by="job 1")
    found.publish(tiny_vintage(SECOND, level=2_000_000.0), by="job 2")
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return settings(tmp_path / "home")


@pytest.mark.parametrize(("how", "name"), [(shorten, "forecasts.arrow"), (alter, "panel.arrow")])
def test_a_file_damaged_while_it_is_served_costs_no_answer(
    store: PublishedVintages, environment: dict[str, str], how: Callable[[Path], None], name: str
) -> None:
    with Api(environment) as api:
        before = [api.get(path)[2] for path in (FORECAST, HISTORY)]
        how(store.root / SECOND / name)

        after = [api.get(path) for path in ("/readyz", FORECAST, HISTORY, "/v1/status")]

        store.publish(tiny_vintage("v3"), by="job 3")
        mended = api.get("/v1/status")[2]

    assert before[0]["vintage"]["id"] == SECOND
    assert [status for status, _, _ in after] == [200, 200, 200, 200]
    ready, forecast, _, status = (body for _, _, body in after)
    assert (ready["vintage"], forecast["vintage"]["id"], status["vintage"]["id"]) == (FIRST, FIRST, FIRST)
    assert forecast["points"][0]["mean"] == 1_515_000.0
    assert status["broken"]["id"] == SECOND
    assert name in status["broken"]["reason"]
    assert (mended["vintage"]["id"], mended["broken"]) == ("v3", None)
    assert f"Vintage {SECOND} can't be served" in api.log()


def test_a_service_that_starts_on_a_damaged_vintage_is_ready_with_the_one_before(
    store: PublishedVintages, environment: dict[str, str]
) -> None:
    shorten(store.root / SECOND / "series.arrow")

    with Api(environment) as api:
        ready, forecast = api.get("/readyz"), api.get(FORECAST)

    assert (ready[0], ready[2]["vintage"]) == (200, FIRST)
    assert forecast[2]["vintage"]["id"] == FIRST


def test_where_no_vintage_is_sound_the_service_is_not_ready_and_says_why(
    store: PublishedVintages, environment: dict[str, str]
) -> None:
    for vintage_id in (FIRST, SECOND):
        shorten(store.root / vintage_id / "forecasts.arrow")

    with Api(environment) as api:
        status, headers, body = api.get("/readyz")

    assert (status, body["type"], body["vintage_id"]) == (503, "/problems/broken-vintage", SECOND)
    assert int(headers["Retry-After"]) > 0
