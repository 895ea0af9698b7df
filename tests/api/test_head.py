"""HEAD answers as GET does, without a body."""

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from tests.vintages import EV


def unnamed(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers but for those that name the request, which differ each time."""
    return {name: value for name, value in headers.items() if name not in ("x-request-id", "traceparent")}


@pytest.mark.parametrize(
    "url",
    [
        "/v1/sectors", "/v1/series", f"/v1/series/{EV}", f"/v1/series/{EV}/observations", f"/v1/forecasts/{EV}",
        "/v1/forecasts", "/v1/forecasts?format=csv", f"/v1/forecasts/{EV}/chart.json", "/v1/vintages", "/v1/vintages/x",
        "/healthz", "/readyz", "/", "/docs", "/openapi.json", "/static/page.js", f"/v1/forecasts/{EV}?horizon=0", "/x",
    ],
)  # fmt: skip  # a list of addresses reads best filled
def test_head_answers_as_get_without_a_body(client: TestClient, url: str) -> None:
    whole = client.get(url)

    head = client.head(url)

    assert head.status_code == whole.status_code
    assert unnamed(head.headers) == unnamed(whole.headers)
    assert head.content == b""
    assert len(whole.content) > 0


def test_head_answers_304_to_whoever_has_it(client: TestClient) -> None:
    tag = client.head(f"/v1/forecasts/{EV}").headers["etag"]

    assert client.head(f"/v1/forecasts/{EV}", headers={"If-None-Match": tag}).status_code == 304
