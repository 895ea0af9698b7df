"""Answers that were given already, given again before any route is looked for: those out of the vintage in service."""

from asyncio import Event
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answers import OFFERED, holds
from api.auth import may_read
from forecaster.domain.errors import ForecasterError

ROOM = 32 * 2**20  # bytes of bodies, a process: some ten thousand forecasts
LARGEST = 256 * 2**10  # bytes of one body; larger ones take long to send, whoever made them
LONGEST = 2048  # bytes of what is asked; a longer question is nobody's usual one

VARYING = frozenset({b"host", b"origin", b"accept", b"accept-encoding"})
"""Headers that an answer may depend on, beside what is asked for and by whom."""

NOT_OF_304 = frozenset({b"content-length", b"content-type", b"content-disposition", b"content-encoding"})

OVERHEAD = 1024  # bytes that Python needs for an entry, about

Headers = Sequence[tuple[bytes, bytes]]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer of status 200, whole."""

    headers: Headers
    body: bytes
    tag: str
    route: Any  # that gave it: what observes requests counts by routes
    without_body: Headers  # those of a 304


class Memory:
    """Answers out of one vintage; those of another take their place. The ones asked for longest ago leave first."""

    def __init__(self, *, room: int = ROOM) -> None:
        self._room = room
        self._held = 0
        self._given: OrderedDict[Key, Given] = OrderedDict()
        self._before: frozenset[Key] = frozenset()  # what the vintage before was asked for
        self._lock = Lock()
        self.digest = ""  # of the vintage

    def find(self, key: Key, *, digest: str | None) -> Given | None:
        """The answer to a request, if it is of this vintage."""
        with self._lock:
            if digest != self.digest or key not in self._given:
                return None
            self._given.move_to_end(key)
            return self._given[key]

    def knows(self, key: Key) -> bool:
        """Whether this is answered out of the vintage in service, in one piece: it was before."""
        return key in self._given or key in self._before

    def keep(self, key: Key, given: Given, *, digest: str) -> None:
        """Keep an answer of a vintage, which is the one in service."""
        with self._lock:
            if digest != self.digest:
                self.digest, self._held, self._before = digest, 0, frozenset(self._given)
                self._given.clear()
            before = self._given.pop(key, None)
            self._given[key] = given
            self._held += _size(key, given) - (_size(key, before) if before else 0)
            while self._held > self._room:
                self._held -= _size(*self._given.popitem(last=False))


class Remembered:
    """Answers what it remembers, and remembers what is answered.

    A route costs many times the look-up: parameters are checked, rows are read and encoded. Whatever the look-up can't
    tell within microseconds (a pointer that moved, a key that is to be checked) goes the whole way. Where the pointer
    moved, one request goes ahead and others get the previous vintage's answers until the next one is open; then one
    request has each answer made anew, and others that ask for the same wait for it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.memory = Memory()
        self._ahead: dict[Key, Event] = {}  # requests whose answer was remembered before, and is being made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET of what is remembered; pass everything else on."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        key = _key(scope)
        given = self._find(key, scope=scope)
        if given is None and key in self._ahead:
            await self._ahead[key].wait()
            given = self._find(key, scope=scope)
        if given is not None and _may_read(scope):
            scope["route"] = given.route
            await _give(given, scope, send)
        elif given is None and self.memory.knows(key) and key not in self._ahead:
            await self._gone_ahead(scope, receive, send, key=key)
        else:
            await self._answered(scope, receive, send, key=key)

    def _find(self, key: Key, *, scope: Scope) -> Given | None:
        vintage = scope["app"].state.vintages.unmoved()
        if vintage is not None:
            return self.memory.find(key, digest=vintage.digest)
        return self.memory.find(key, digest=self.memory.digest) if self._ahead else None

    async def _gone_ahead(self, scope: Scope, receive: Receive, send: Send, *, key: Key) -> None:
        """Have it answered, while others that ask for the same wait."""
        self._ahead[key] = Event()
        try:
            await self._answered(scope, receive, send, key=key)
        finally:
            self._ahead.pop(key).set()

    async def _answered(self, scope: Scope, receive: Receive, send: Send, *, key: Key) -> None:
        """Have it answered, and keep the answer if it came in one piece."""
        seen: list[Message] = []

        async def watching(message: Message) -> None:
            if len(seen) < 3:
                seen.append(message)
            await send(message)

        await self.app(scope, receive, watching)
        digest, serving = scope.get(OFFERED), scope["app"].state.vintages.unmoved()
        given = _whole(seen, route=scope.get("route"))
        if given is None or serving is None or digest != serving.digest or _asked(key) > LONGEST:
            return
        self.memory.keep(key, given, digest=serving.digest)


def _key(scope: Scope) -> Key:
    """What an answer depends on; read from the scope as it is, since this is done for every request."""
    varying = [pair for pair in scope["headers"] if pair[0] in VARYING]
    return (scope["path"], scope["query_string"], *sorted(varying))


def _asked(key: Key) -> int:
    """Bytes of what was asked."""
    path, query, *varying = key
    return len(path) + len(query) + sum(len(name) + len(value) for name, value in varying)


def _size(key: Key, given: Given) -> int:
    """Bytes of an answer and of what was asked; what Python needs for them besides is a few hundred."""
    return len(given.body) + sum(len(name) + len(value) for name, value in given.headers) + _asked(key) + OVERHEAD


def _may_read(scope: Scope) -> bool:
    """Whether the answer may be given without a look at keys; where they can't be read, the route says so."""
    try:
        return may_read(scope)
    except ForecasterError:
        return False


def _whole(seen: Sequence[Message], *, route: Any) -> Given | None:
    if len(seen) != 2 or seen[0]["status"] != 200 or seen[1].get("more_body", False):
        return None
    headers, body = tuple(seen[0]["headers"]), seen[1].get("body", b"")
    tag = next((value.decode("latin-1") for name, value in headers if name == b"etag"), None)
    without_body = tuple(pair for pair in headers if pair[0] not in NOT_OF_304)
    return None if tag is None or len(body) > LARGEST else Given(headers, body, tag, route, without_body)


async def _give(given: Given, scope: Scope, send: Send) -> None:
    condition = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"), None)
    if holds(condition, tag=given.tag):
        await send({"type": "http.response.start", "status": 304, "headers": given.without_body})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": given.headers})
    await send({"type": "http.response.body", "body": given.body})
