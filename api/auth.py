"""Who may do what: API keys with scopes, asked for by the routes that need one.

Changing always takes a key in a header. A page of another site can't send that header without being allowed to by CORS,
and has no cookie to ride on, so it can't change anything here by a form, a script or a name that it points at this
machine (DNS rebinding).
"""

import re
from typing import Protocol

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.params import Depends as DependsOn
from fastapi.security.base import SecurityBase
from starlette.datastructures import Headers
from starlette.types import Scope as Asked

from forecaster.adapters.listening import is_loopback
from forecaster.domain.errors import KeyNeeded, ScopeMissing
from forecaster.domain.keys import Key, Scope

HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(:\d+)?")
KEY_HEADERS = (b"authorization", b"x-api-key")
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class ServedKeys(Protocol):
    """Keys, looked at anew for each request."""

    @property
    def configured(self) -> bool:
        """Whether there is a key beside the one made at first start."""

    def find(self, secret: str) -> Key | None:
        """The key that was presented; None where it is none."""


class NoKeys:
    """No key at all: reading is open, nothing can be changed."""

    configured = False

    def find(self, secret: str) -> None:  # noqa: ARG002  # the signature of the protocol
        """No key is known."""
        return


class Allowed(SecurityBase):
    """A dependency that lets in who may do what a scope names; its value is the key, None where reading needs none.

    FastAPI takes its description of the header into the OpenAPI document.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.scheme_name = scope
        self.model = HTTPBearerModel(description=f"A key with scope {scope}; `X-API-Key` takes it too.")

    async def __call__(self, request: Request) -> Key | None:  # async: no thread for some microseconds
        """The key that opens this to the request."""
        keys: ServedKeys = request.app.state.keys
        secret = presented(request.scope)
        if secret is None:
            if self.scope == "read" and may_read(request.scope):
                return None
            raise KeyNeeded(scope=self.scope, presented=False)
        key = keys.find(secret)
        if key is None:
            raise KeyNeeded(scope=self.scope, presented=True)
        if self.scope not in key.scopes:
            raise ScopeMissing(scope=self.scope, key=key.name, scopes=key.scopes)
        request.state.key = key.name  # for the log
        return key


def scope(name: Scope) -> DependsOn:
    """What a route or router lists in `dependencies=` to be open to keys of a scope alone.

    Raises:
        KeyNeeded: (in a request) no key was presented, or one that is not known.
        ScopeMissing: (in a request) the key does not have the scope.
    """
    found: DependsOn = Depends(Allowed(name))
    return found


def may_read(asked: Asked) -> bool:
    """Whether reading is open to a request, by its ASGI scope, without looking at any key.

    False says nothing: the route then looks.
    """
    keys: ServedKeys = asked["app"].state.keys
    return presented(asked) is None and (not keys.configured or is_local(asked))


def presented(asked: Asked) -> str | None:
    """The key in a request's headers, `Authorization: Bearer` before `X-API-Key`."""
    if not any(name in KEY_HEADERS for name, _ in asked["headers"]):
        return None  # as most requests are: headers by name take ten times as long
    headers = Headers(scope=asked)
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    return headers.get("x-api-key") or None


def is_local(asked: Asked) -> bool:
    """Whether a request came from this machine, to a name of this machine, past no proxy."""
    headers, client = Headers(scope=asked), asked.get("client")
    if any(name in headers for name in FORWARDED):
        return False
    named = HOST.fullmatch(headers.get("host", ""))
    if client is None or named is None:
        return False
    return is_loopback(client[0]) and is_loopback(named["name"].strip("[]"))
