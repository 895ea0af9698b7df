"""Models: which of the kept vintages is in service, how it came there, and another choice by hand."""

import logging
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.answers import fresh
from api.auth import scope
from api.cursors import make_cursor, read_cursor
from api.model_schemas import (
    ChangedOut,
    HistoryOut,
    ModelsOut,
    PromotionIn,
    RollbackIn,
    alias_body,
    changed_body,
    event_body,
    model_body,
)
from api.operating import kept_of
from api.queries import NoQuery, VintagesPage
from forecaster import promoting
from forecaster.domain.errors import UnknownCursor

router = APIRouter(prefix="/v1", tags=["models"])
log = logging.getLogger(__name__)

MODELS, HISTORY = "models", "history"  # what cursors of theirs begin with


@router.get("/models", response_model=ModelsOut, dependencies=[scope("read")])
def list_models(request: Request, query: Annotated[VintagesPage, Query()]) -> Response:
    """Every vintage that is kept: the champion in service, former ones, challengers; newest first."""
    kept = kept_of(request)
    found = promoting.models(kept)
    ids = [model.issue.vintage_id for model in found]
    after = _after(query.cursor, of=MODELS)
    page = found[ids.index(after) + 1 if after in ids else 0 :]
    cursor = make_cursor(MODELS, after=page[query.limit - 1].issue.vintage_id) if len(page) > query.limit else None
    items = [model_body(model) for model in page[: query.limit]]
    return fresh({"items": items, "next_cursor": cursor, "alias": alias_body(kept.alias_state())})


@router.get("/models/history", response_model=HistoryOut, dependencies=[scope("read")])
def history(request: Request, query: Annotated[VintagesPage, Query()]) -> Response:
    """What went into service or was refused, newest first: when, why, by which job, hand or key."""
    found = promoting.history(kept_of(request))
    after = _after(query.cursor, of=HISTORY)
    left = int(after) if after and after.isdecimal() else len(found)  # events are added at the other end
    page = found[len(found) - left :][: query.limit]
    left -= len(page)
    cursor = make_cursor(HISTORY, after=str(left)) if left > 0 else None
    return fresh({"items": [event_body(event) for event in page], "next_cursor": cursor})


@router.post("/models:promote", response_model=ChangedOut, dependencies=[scope("operate")])
def promote(request: Request, asked: PromotionIn, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """Put a kept vintage in service, such as a challenger that the gate refused."""
    changed = promoting.promote(
        asked.model, kept=kept_of(request), aliases=None, by=_by(request), reason=asked.reason, waiting=log.info
    )
    return fresh(changed_body(changed))


@router.post("/models:rollback", response_model=ChangedOut, dependencies=[scope("operate")])
def rollback(request: Request, asked: RollbackIn, query: Annotated[NoQuery, Query()]) -> Response:  # noqa: ARG001  # it refuses parameters
    """Put back in service what was there before; a second time, what was there before that."""
    changed = promoting.rollback(
        to=asked.to, kept=kept_of(request), aliases=None, by=_by(request), reason=asked.reason, waiting=log.info
    )
    return fresh(changed_body(changed))


def _by(request: Request) -> str:
    """Whose key asks."""
    return f"key {request.state.key}"


def _after(cursor: str | None, *, of: str) -> str | None:
    if cursor is None:
        return None
    list_of, after = read_cursor(cursor)
    if list_of != of:
        raise UnknownCursor
    return after
