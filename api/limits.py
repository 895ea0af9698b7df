"""How much a request may send, and for how long: checked while a body comes in, before anything takes it up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer_error
from forecaster.domain.errors import BadInput, BodyTooLarge, BodyTooSlow


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of request bodies."""

    body_bytes: int = 1 << 20
    seconds: float = 120.0  # for a whole body, however it trickles in
    by_path: Mapping[str, int] = field(default_factory=dict)  # bytes, where they differ

    def of(self, path: str) -> int:
        """The most bytes that a body sent to a path may have."""
        return self.by_path.get(path, self.body_bytes)


class BodyLimits:
    """Answers 413 to a body that is too large, 408 to one that takes too long, and reads no further.

    Bodies are awaited, so a slow one holds no thread; the connection is closed, since what it still sends would be
    taken for the next request.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body within bounds."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, most=self.limits.of(scope["path"]), seconds=self.limits.seconds)
        answer = _Answer(send)
        try:
            body.expect(Headers(scope=scope).get("content-length"))
            await self.app(scope, body.receive, answer.unless(body))
        except BadInput as error:
            if error is not body.fault:
                raise
        if body.fault is not None and not answer.started:
            await answer_error(body.fault, headers={"Connection": "close"})(scope, receive, send)


class _Body:
    """A body as it comes in; `fault` is what is wrong with it."""

    def __init__(self, receive: Receive, *, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._got, self._whole, self._deadline = 0, False, 0.0
        self.fault: BadInput | None = None

    def expect(self, length: str | None) -> None:
        """Look at the length that is announced.

        Raises:
            BodyTooLarge: it is above the bound.
        """
        if length is not None and length.isdecimal() and int(length) > self._most:
            self._fail(BodyTooLarge(most=self._most))

    async def receive(self) -> Message:
        """The next message; the bound of time holds until the body is whole.

        Raises:
            BodyTooLarge: more came than may.
            BodyTooSlow: it did not come in time.
        """
        if self._whole:
            return await self._receive()
        clock = asyncio.get_running_loop().time
        self._deadline = self._deadline or clock() + self._seconds
        try:
            async with asyncio.timeout(self._deadline - clock()):
                message = await self._receive()
        except TimeoutError:
            self._fail(BodyTooSlow(seconds=self._seconds))
        self._got += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._got > self._most:
            self._fail(BodyTooLarge(most=self._most))
        return message

    def _fail(self, fault: BadInput) -> NoReturn:
        self.fault = fault
        raise fault


class _Answer:
    """An answer on its way; held back where the body was at fault, since whoever read it may tell it otherwise."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    def unless(self, body: _Body) -> Send:
        """Sends what comes as long as the body is sound."""

        async def send(message: Message) -> None:
            if body.fault is not None and not self.started:
                return
            self.started = True
            await self._send(message)

        return send
