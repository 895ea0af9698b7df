"""A bare route of FastAPI that returns a constant of `BENCH_BYTES`: what the framework itself costs."""

import os

from fastapi import FastAPI, Response

BODY = b"x" * int(os.environ.get("BENCH_BYTES", "1"))

app = FastAPI(openapi_url=None)


@app.get("/v1/forecasts/{series_id}")
async def constant(series_id: str) -> Response:  # noqa: ARG001  # a route with a parameter, as the measured one has
    """The constant."""
    return Response(BODY, media_type="application/json")
