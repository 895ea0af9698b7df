"""API keys: what each may do, and how one that is presented is recognised."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forecaster.domain.errors import BadParameter

Scope = Literal["read", "write", "operate"]
SCOPES: tuple[Scope, ...] = ("read", "write", "operate")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: never the key itself."""

    name: str
    scopes: tuple[Scope, ...]
    sha256: str  # of the key; it has 256 random bits, so that a slow hash would guard nothing more
    created_at: datetime


def digest(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recognise(secret: str, *, among: Iterable[Key]) -> Key | None:
    """The key that was presented; None where it is none of them.

    Every kept hash is compared, each in constant time, so that the time taken tells nothing of them.
    """
    presented, found = digest(secret), None
    for key in among:
        if hmac.compare_digest(key.sha256, presented):
            found = key
    return found


def check_scopes(asked: Sequence[str]) -> tuple[Scope, ...]:
    """Scopes in their usual order, each once.

    Raises:
        BadParameter: one that does not exist, or none at all.
    """
    unknown = [scope for scope in asked if scope not in SCOPES]
    if unknown or not asked:
        told = f"{unknown[0]!r} is no scope" if unknown else "a key without a scope opens nothing"
        raise BadParameter(name="scopes", what=f"{told}; there are {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in asked)
