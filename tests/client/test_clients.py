import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from forecaster.client import AsyncClient, Client
from forecaster.client.exchange import Retries
from forecaster.domain.errors import BadParameter, ServiceRefused, ServiceUnavailable
from tests.vintages import EV, LFP, THIN

AT_ONCE = Retries(times=3, first=0.0, longest=0.0)


def test_a_forecast_is_a_frame_of_months(client: Client) -> None:
    found = client.forecast(EV, horizon=3, levels=[80])

    assert found.select("period", "mean").rows() == [("2026-09", 1.515e6), ("2026-10", 1.53e6), ("2026-11", 1.545e6)]
    assert found["series_id"].unique().to_list() == [EV]
    assert found.filter(pl.col("lower_80") >= pl.col("upper_80")).is_empty()


def test_quantiles_take_the_place_of_intervals(client: Client) -> None:
    found = client.forecast(EV, horizon=1, quantiles=[0.1, 0.5])

    assert [name for name in found.columns if name.startswith(("q", "lower"))] == ["q0.1", "q0.5"]


def test_forecasts_of_a_filter_come_in_one_frame(client: Client) -> None:
    found = client.forecasts(horizon=2)

    assert found["series_id"].to_list() == [LFP, LFP, EV, EV]
    assert client.forecasts(sector="ev", horizon=2)["series_id"].unique().to_list() == [EV]


def test_a_batch_has_the_rows_of_single_forecasts_and_says_what_has_none(client: Client) -> None:
    found = client.batch([EV, THIN, "nothing"], horizon=2, levels=[80, 95])

    single = client.forecast(EV, horizon=2, levels=[80, 95])
    assert found.forecasts.select(single.columns).equals(single)
    assert sorted(found.errors) == ["nothing", THIN]
    assert "3 observations" in found.errors[THIN]


def test_a_batch_of_more_than_one_request_takes_is_asked_for_in_several(client: Client) -> None:
    found = client.batch([f"none.{number}" for number in range(1500)] + [EV], horizon=1)

    assert found.forecasts["series_id"].to_list() == [EV]
    assert len(found.errors) == 1500


def test_figures_of_some_months_come_with_how_each_was_obtained(client: Client) -> None:
    found = client.observations(EV, first="2026-02", last="2026-03")

    assert found.select("period", "obtained").rows() == [("2026-02", "estimated"), ("2026-03", "reported")]


def test_series_are_listed_with_their_metadata(client: Client) -> None:
    assert client.series()["series_id"].to_list() == [LFP, EV, THIN]
    assert client.series(sector="battery")["unit"].to_list() == ["GWh"]


def test_status_and_accuracy_are_plain_values(client: Client) -> None:
    assert client.status()["series"] >= 0
    assert "items" in client.accuracy(by="vintage")


def test_a_refusal_says_what_the_service_says(client: Client) -> None:
    with pytest.raises(ServiceRefused, match="Did you mean") as refused:
        client.forecast("ev.prodction.CN")

    assert (refused.value.status, refused.value.problem) == (404, "/problems/unknown-series")


def test_what_needs_a_key_is_refused_without_one(client: Client, tmp_path: Path) -> None:
    release = tmp_path / "release.csv"
    release.write_text("series_id\n", encoding="utf-8")

    with pytest.raises(ServiceRefused, match="key"):
        client.ingest(release)


def test_a_file_of_no_known_format_and_an_unknown_filter_are_not_even_sent(client: Client, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"\.docx"):
        client.ingest(tmp_path / "release.docx")
    with pytest.raises(BadParameter, match="colour"):
        client.series(colour="red")


def test_the_awaited_client_answers_as_the_blocking_one(client: Client, url: str) -> None:
    async def ask() -> tuple[pl.DataFrame, pl.DataFrame]:
        async with AsyncClient(url) as opened:
            return await asyncio.gather(opened.forecast(EV, horizon=3), opened.forecast(LFP, horizon=3))

    found = asyncio.run(ask())

    assert found[0].equals(client.forecast(EV, horizon=3))
    assert found[1].equals(client.forecast(LFP, horizon=3))


@pytest.fixture
def busy() -> Iterator[tuple[str, list[int]]]:
    """A service that is busy twice, breaks off once and then answers; how often it was asked."""
    answers = [b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n", b"HTTP/1.1 429 Slow down\r\n", b"", b"HTTP/1.1 200 OK\r\n"]
    asked: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for head in answers:
                with listening.accept()[0] as connection:
                    connection.recv(65536)
                    asked.append(len(asked))
                    body = b'{"today": "2026-09-16"}'
                    if head:
                        connection.sendall(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked


def test_a_busy_service_is_asked_again(busy: tuple[str, list[int]]) -> None:
    url, asked = busy

    with Client(url, retries=AT_ONCE) as client:
        assert client.status() == {"today": "2026-09-16"}

    assert len(asked) == 4


def test_a_busy_service_is_asked_again_by_the_awaited_client_too(busy: tuple[str, list[int]]) -> None:
    url, asked = busy

    async def ask() -> object:
        async with AsyncClient(url, retries=AT_ONCE) as client:
            return await client.status()

    assert asyncio.run(ask()) == {"today": "2026-09-16"}
    assert len(asked) == 4


def test_a_service_that_is_not_there_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with (
        Client(f"http://127.0.0.1:{port}", retries=AT_ONCE) as client,
        pytest.raises(ServiceUnavailable, match="reach"),
    ):
        client.status()
