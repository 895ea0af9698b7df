"""Cursors: where a list goes on, and in which vintage it began."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson

from forecaster.domain.errors import UnknownCursor


def make_cursor(vintage_id: str, *, after: str) -> str:
    """A cursor that goes on behind an id, in the vintage that the list began with."""
    return urlsafe_b64encode(orjson.dumps([vintage_id, after])).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[str, str]:
    """Vintage id and the id to go on behind.

    Raises:
        UnknownCursor: it is no cursor that this service made.
    """
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise UnknownCursor from None
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(one, str) for one in found):
        raise UnknownCursor
    vintage_id, after = found
    return vintage_id, after
