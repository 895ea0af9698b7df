"""Tables of many series from a real server: in parts, whole in the end, and let go of when nobody reads on."""

import gzip
import io
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import polars as pl
import pytest

from api.app import create_app
from forecaster.adapters.published_vintages import PublishedVintages
from tests.api.serving import begin, serving
from tests.catalogues import catalogue
from tests.many_series import many_series, series_ids

COUNT = 1500


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a service of many series listens."""
    root: Path = tmp_path_factory.mktemp("vintages")
    store = PublishedVintages(root)
    store.publish(many_series(COUNT))
    with serving(create_app(vintages=store, catalogue=catalogue())) as listening:
        yield listening


def get(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    try:
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["csv", "ndjson", "arrow", "parquet"])
def test_a_table_of_many_series_comes_in_parts_and_is_whole(port: int, name: str) -> None:
    read = {"csv": pl.read_csv, "ndjson": pl.read_ndjson, "arrow": pl.read_ipc_stream, "parquet": pl.read_parquet}

    answer, body = get(port, f"/v1/forecasts?format={name}&horizon=2")

    assert answer.getheader("Transfer-Encoding") == "chunked"
    table = read[name](io.BytesIO(body))
    assert table["series_id"].to_list() == [series_id for series_id in series_ids(COUNT) for _ in range(2)]
    assert table["mean"].unique().sort().to_list() == pytest.approx([1_515_000.0, 1_530_000.0])


def test_a_packed_table_is_one_stream(port: int) -> None:
    plain, packed = (
        get(port, "/v1/forecasts?format=csv&horizon=1", **{"Accept-Encoding": one}) for one in ("identity", "gzip")
    )

    assert packed[0].getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(packed[1]) == plain[1]


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_caller_who_reads_no_further_keeps_nobody_else_from_answers(port: int, name: str) -> None:
    for _ in range(5):
        asked = f"GET /v1/forecasts?format={name}&horizon=24 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        with begin(port, asked) as connection:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")

    answer, _ = get(port, f"/v1/forecasts/{series_ids(1)[0]}")

    assert answer.status == 200


def test_a_thousand_series_come_in_one_batch(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    wanted = ",".join(f'"{series_id}"' for series_id in series_ids(1000))
    connection.request(
        "POST", "/v1/forecasts:batch", f'{{"series": [{wanted}], "horizon": 1}}', {"Content-Type": "application/json"}
    )

    body = connection.getresponse().read()
    connection.close()

    assert body.count(b'"cutoff"') == 1000
    assert body.endswith(b'"errors":[]}')
