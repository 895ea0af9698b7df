"""Whether the process lives, and whether it has something to serve."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.answers import vintages_of
from api.queries import NoQuery
from api.schemas import AliveOut, ReadyOut

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz(query: Annotated[NoQuery, Query()]) -> AliveOut:  # noqa: ARG001  # it refuses parameters
    """The process answers."""
    return AliveOut(status="alive")


@router.get("/readyz")
def readyz(request: Request, query: Annotated[NoQuery, Query()]) -> ReadyOut:  # noqa: ARG001  # it refuses parameters
    """A vintage is in service; 503 until one is."""
    return ReadyOut(status="ready", vintage=vintages_of(request).current().issue.vintage_id)
