"""What a conversation with the service is made of: what is asked, what came back, when to ask again."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import orjson

from forecaster.domain.errors import ServiceRefused, ServiceUnavailable

T = TypeVar("T")

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
PASSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; asking it twice does no more than asking it once."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    patience: float | None = None  # seconds without a byte; None: the client's own
    once: bool = False  # not asked again after it was sent and no answer came: the first may still be under way


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as plain values.

        Raises:
            ServiceUnavailable: it is no JSON: something else than the service answers there.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise ServiceUnavailable(status=self.status, told=f"The answer is no JSON ({error}).") from error


Conversation = Generator[Ask, Answer, T]
"""Asks, is given answers, and ends in what the caller wants."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to ask again, and when: pauses double, and are spread so that many callers do not come at once."""

    times: int = 4
    first: float = 0.5  # seconds
    longest: float = 30.0  # seconds, also of what the service asks for

    def pause(self, attempt: int, *, answer: Answer | None, now: datetime, spread: Callable[[], float]) -> float | None:
        """Seconds to wait before asking again; None: do not.

        Args:
            attempt: 1 for the first that failed.
            answer: what came back; None where nothing did.
            now: what a date in `Retry-After` is counted from.
            spread: gives a number in [0, 1).

        Source: exponential back-off with jitter; `Retry-After` is RFC 9110, 10.2.3.
        """
        if attempt > self.times or (answer is not None and answer.status not in PASSING):
            return None
        wanted = _retry_after(answer, now=now) if answer is not None else None
        if wanted is not None:
            return min(wanted, self.longest)
        return float(min(self.first * 2 ** (attempt - 1), self.longest)) * (0.5 + spread() / 2)


def checked(answer: Answer) -> Answer:
    """The answer, if it is a good one.

    Raises:
        ServiceRefused: the request can be mended (4xx); carries the problem document's facts.
        ServiceUnavailable: the service failed, or is not there (5xx).
    """
    if answer.status < HTTPStatus.BAD_REQUEST:
        return answer
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = {}
    facts = told if isinstance(told, dict) else {}
    detail = str(facts.get("detail") or f"HTTP {answer.status} without a reason.")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ServiceUnavailable(status=answer.status, told=detail)
    errors = tuple(facts.get("errors") or ())
    raise ServiceRefused(
        status=answer.status, problem=str(facts.get("type", "about:blank")), told=detail, errors=errors
    )


def _retry_after(answer: Answer, *, now: datetime) -> float | None:
    header = answer.headers.get("retry-after", "").strip()
    if header.isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
