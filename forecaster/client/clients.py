"""The two clients: the same conversations, carried by a blocking transport and by an asynchronous one."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from random import random
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx2

from forecaster.client import requests
from forecaster.client.exchange import Answer, Ask, Conversation, Retries
from forecaster.domain.errors import ServiceUnavailable

P = ParamSpec("P")
T = TypeVar("T")

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
        answer: Answer | None = None
        while True:
            try:
                ask = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # a Conversation[T] returns a T
            answer = self._answer(ask)

    def _answer(self, ask: Ask) -> Answer:
        attempt = 1
        while True:
            try:
                found: Answer | httpx2.TransportError = _answer(self._http.request(**_sent(ask)))
            except httpx2.TransportError as lost:
                found = lost
            pause = _pause(found, self._retries, ask=ask, attempt=attempt)
            if pause is None:
                return _arrived(found, url=self._http.base_url)
            time.sleep(pause)
            attempt += 1


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
        answer: Answer | None = None
        while True:
            try:
                ask = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # a Conversation[T] returns a T
            answer = await self._answer(ask)

    async def _answer(self, ask: Ask) -> Answer:
        attempt = 1
        while True:
            try:
                found: Answer | httpx2.TransportError = _answer(await self._http.request(**_sent(ask)))
            except httpx2.TransportError as lost:
                found = lost
            pause = _pause(found, self._retries, ask=ask, attempt=attempt)
            if pause is None:
                return _arrived(found, url=self._http.base_url)
            await asyncio.sleep(pause)
            attempt += 1


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


def _pause(found: Answer | httpx2.TransportError, retries: Retries, *, ask: Ask, attempt: int) -> float | None:
    if ask.once and isinstance(found, httpx2.ReadTimeout | httpx2.ReadError | httpx2.RemoteProtocolError):
        return None
    answer = found if isinstance(found, Answer) else None
    return retries.pause(attempt, answer=answer, now=datetime.now(UTC), spread=random)


def _arrived(found: Answer | httpx2.TransportError, *, url: httpx2.URL) -> Answer:
    if isinstance(found, Answer):
        return found
    what = str(found) or type(found).__name__
    raise ServiceUnavailable(status=None, told=f"{url} can't be reached: {what}.") from found
