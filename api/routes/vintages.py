"""Issued vintages: when, from which data, by which run, with which decision."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import IMMUTABLE, answer, digest_of, json_bytes, tagged, vintages_of
from api.bodies import vintage_body
from api.cursors import make_cursor, read_cursor
from api.queries import NoQuery, VintagesPage
from api.schemas import VintageOut, VintagesOut

router = APIRouter(prefix="/v1", tags=["vintages"])


@router.get("/vintages", response_model=VintagesOut)
def vintages(request: Request, query: Annotated[VintagesPage, Query()]) -> Response:
    """Vintages that are kept, newest first."""
    current = vintages_of(request).current()
    issues = vintages_of(request).issues()
    page, cursor = issues, None
    if query.cursor:
        _, after = read_cursor(query.cursor)
        ids = [issue.vintage_id for issue in issues]
        page = issues[ids.index(after) + 1 :] if after in ids else []
    if len(page) > query.limit:
        page = page[: query.limit]
        cursor = make_cursor(current.issue.vintage_id, after=page[-1].vintage_id)

    def build() -> bytes:
        return json_bytes({"items": [vintage_body(issue) for issue in page], "next_cursor": cursor})

    newest = max((issue.issued_at for issue in issues), default=current.issue.issued_at)
    return tagged(request, digest=digest_of(current, issues), changed=newest, build=build)


@router.get("/vintages/{vintage_id}", response_model=VintageOut)
def one_vintage(
    request: Request,
    vintage_id: Annotated[str, Path(max_length=200)],
    query: Annotated[NoQuery, Query()],  # noqa: ARG001  # it refuses parameters
) -> Response:
    """One vintage, in service or not."""
    vintage = vintages_of(request).find(vintage_id)
    return answer(request, vintage=vintage, build=lambda: json_bytes(vintage_body(vintage.issue)), caching=IMMUTABLE)
