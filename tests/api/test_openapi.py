from typing import Any

import pytest
from starlette.testclient import TestClient

from api.formats import MEDIA


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]


def test_every_address_of_the_service_is_documented(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        "/v1/sectors",
        "/v1/series",
        "/v1/series/{series_id}",
        "/v1/series/{series_id}/observations",
        "/v1/forecasts",
        "/v1/forecasts/{series_id}",
        "/v1/accuracy",
        "/v1/status",
        "/v1/forecasts:batch",
        "/v1/observations",
        "/v1/forecasts/{series_id}/chart.json",
        "/v1/forecasts/{series_id}/chart.{ending}",
        "/v1/vintages",
        "/v1/vintages/{vintage_id}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/alerts",
        "/v1/alerts/{alert_id}:acknowledge",
        "/v1/jobs",
        "/v1/jobs/{job_id}",
        "/v1/jobs/{job_id}/events",
        "/v1/jobs/{job_id}:cancel",
        "/v1/models",
        "/v1/models/history",
        "/v1/models:promote",
        "/v1/models:rollback",
        "/v1/schedules",
        "/v1/schedules/{name}",
        "/v1/schedules/{name}:run",
    }


def test_every_error_is_documented_as_a_problem_with_an_example(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        failures = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
        assert "422" in failures, path
        for code, answer in failures.items():
            content = answer["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemOut"}
            assert {example["value"]["status"] for example in content["examples"].values()} == {int(code)}


def test_what_needs_a_key_says_which(document: dict[str, Any]) -> None:
    needed = {
        (method, path): operation.get("security")
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert needed["get", "/v1/series"] == [{"read": []}, {}]
    assert needed["post", "/v1/jobs"] == [{"operate": []}]
    assert needed["get", "/healthz"] is None
    assert document["components"]["securitySchemes"]["operate"]["scheme"] == "bearer"
    assert {"401", "403"} <= set(document["paths"]["/v1/jobs"]["post"]["responses"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}

    assert names <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_formats_and_waiting_are_documented(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/forecasts/{series_id}"]["get"]["responses"]

    assert set(responses["200"]["content"]) == set(MEDIA.values())
    assert "Retry-After" in responses["503"]["headers"]
    assert set(responses["404"]["content"]["application/problem+json"]["examples"]) == {
        "unknown-series",
        "no-forecast",
        "no-vintage-then",
    }
