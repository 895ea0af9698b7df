"""The two clients: the same conversations, carried by a blocking transport and by an asynchronous one."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from random import random
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx2

from forecaster.client import requests
from forecaster.client.exchange import Answer, Ask, Conversation, Retries
from forecaster.domain.errors import ServiceUnavailable

P = ParamSpec("P")
T = TypeVar("T")

Found = Answer | httpx2.TransportError | None
"""What came of a step: an answer, why there is none, or nothing where it was to wait."""

TIMEOUT = 60.0
"""Seconds without a byte after which a request is given up."""


def _blocking(make: Callable[P, Conversation[T]]) -> "Callable[Concatenate[Client, P], T]":
    @wraps(make)
    def method(self: "Client", /, *args: P.args, **named: P.kwargs) -> T:
        return self.carry(make(*args, **named))

    return method


def _awaited(
    make: Callable[P, Conversation[T]],
) -> "Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]":
    @wraps(make)
    async def method(self: "AsyncClient", /, *args: P.args, **named: P.kwargs) -> T:
        return await self.carry(make(*args, **named))

    return method


class Client:
    """Asks a service, and waits for its answers.

    A 429, a 503 and a connection that fails are tried again, as `Retries` says.

    Args:
        url: of the service, e.g. `http://127.0.0.1:8000`.
        key: API key; None where none is needed.
        timeout: seconds without a byte after which a request is given up.
        retries: how often and when a request is tried again.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = TIMEOUT, retries: Retries | None = None
    ) -> None:
        self._http = httpx2.Client(base_url=url, headers=_headers(key), timeout=timeout)
        self._retries = retries or Retries()

    forecast = _blocking(requests.forecast)
    forecasts = _blocking(requests.forecasts)
    batch = _blocking(requests.batch)
    observations = _blocking(requests.observations)
    series = _blocking(requests.series)
    status = _blocking(requests.status)
    accuracy = _blocking(requests.accuracy)
    ingest = _blocking(requests.ingest)
    retrain = _blocking(requests.retrain)
    job = _blocking(requests.job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def carry(self, conversation: Conversation[T]) -> T:
        """Carry a conversation to its end."""
        steps, found = _steps(conversation, retries=self._retries, url=self._http.base_url), None
        while True:
            try:
                step = steps.send(found)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the steps of a Conversation[T] return a T
            found = self._taken(step)

    def _taken(self, step: Ask | float) -> Found:
        if not isinstance(step, Ask):
            time.sleep(step)
            return None
        try:
            return _answer(self._http.request(**_sent(step)))
        except httpx2.TransportError as lost:
            return lost


class AsyncClient:
    """As `Client`, each method to be awaited."""

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = TIMEOUT, retries: Retries | None = None
    ) -> None:
        self._http = httpx2.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout)
        self._retries = retries or Retries()

    forecast = _awaited(requests.forecast)
    forecasts = _awaited(requests.forecasts)
    batch = _awaited(requests.batch)
    observations = _awaited(requests.observations)
    series = _awaited(requests.series)
    status = _awaited(requests.status)
    accuracy = _awaited(requests.accuracy)
    ingest = _awaited(requests.ingest)
    retrain = _awaited(requests.retrain)
    job = _awaited(requests.job)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def carry(self, conversation: Conversation[T]) -> T:
        """Carry a conversation to its end."""
        steps, found = _steps(conversation, retries=self._retries, url=self._http.base_url), None
        while True:
            try:
                step = steps.send(found)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the steps of a Conversation[T] return a T
            found = await self._taken(step)

    async def _taken(self, step: Ask | float) -> Found:
        if not isinstance(step, Ask):
            await asyncio.sleep(step)
            return None
        try:
            return _answer(await self._http.request(**_sent(step)))
        except httpx2.TransportError as lost:
            return lost


def _steps(conversation: Conversation[T], *, retries: Retries, url: httpx2.URL) -> Generator[Ask | float, Found, T]:
    """What a transport has to do for a conversation: send what is asked and tell what came, or wait so many seconds."""
    answer: Answer | None = None
    while True:
        try:
            ask = next(conversation) if answer is None else conversation.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a Conversation[T] returns a T
        answer = yield from _persistently(ask, retries=retries, url=url)


def _persistently(ask: Ask, *, retries: Retries, url: httpx2.URL) -> Generator[Ask | float, Found, Answer]:
    """Ask again as long as that may help."""
    for attempt in count(1):
        found = yield ask
        pause = _pause(found, retries, ask=ask, attempt=attempt)
        if pause is None:
            break
        yield pause
    return _arrived(found, url=url)


def _headers(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def _sent(ask: Ask) -> dict[str, Any]:
    return {
        "method": ask.method,
        "url": ask.path,
        "params": dict(ask.query),
        "headers": dict(ask.headers),
        "content": ask.body,
        **({} if ask.patience is None else {"timeout": ask.patience}),
    }


def _answer(response: httpx2.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _pause(found: Found, retries: Retries, *, ask: Ask, attempt: int) -> float | None:
    if ask.once and isinstance(found, httpx2.ReadTimeout | httpx2.ReadError | httpx2.RemoteProtocolError):
        return None
    answer = found if isinstance(found, Answer) else None
    return retries.pause(attempt, answer=answer, now=datetime.now(UTC), spread=random)


def _arrived(found: Found, *, url: httpx2.URL) -> Answer:
    if isinstance(found, Answer):
        return found
    what = str(found) or type(found).__name__
    raise ServiceUnavailable(status=None, told=f"{url} can't be reached: {what}.") from found
