"""Figures for Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from prometheus_client.exposition import choose_encoder

from api.metrics import Metrics
from api.queries import NoQuery

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response)
def metrics(request: Request, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """Requests by route, their times, the age of vintage and figures, jobs by state; for Prometheus."""
    found: Metrics = request.app.state.metrics
    encode, media = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(found.registry), headers={"Content-Type": media, "Cache-Control": "no-store"})
