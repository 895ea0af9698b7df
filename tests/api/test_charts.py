"""The fan chart as an image; its specification is tested with forecasts."""

import pytest
from starlette.testclient import TestClient

from tests.vintages import EV, THIN

URL = f"/v1/forecasts/{EV}/chart"


def test_a_chart_is_drawn_as_svg_and_names_its_series(client: TestClient) -> None:
    answer = client.get(f"{URL}.svg", params={"basis": "ytd"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg")
    assert "New energy vehicle output, China, ytd" in answer.text


def test_a_chart_is_drawn_as_png(client: TestClient) -> None:
    answer = client.get(f"{URL}.png")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(("url", "status"), [(f"{URL}.gif", 422), (f"/v1/forecasts/{THIN}/chart.png", 404)])
def test_what_can_t_be_drawn_is_a_problem_document(client: TestClient, url: str, status: int) -> None:
    answer = client.get(url)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
