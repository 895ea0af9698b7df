"""Security headers: all of them on what a browser shows, one on every answer."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_GUESSED = {"X-Content-Type-Options": "nosniff"}

HEADERS = {
    # Everything comes from this service; images may be inlined (the documentation's icons).
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    **NOT_GUESSED,
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}

SHOWN = ("text/html", "image/svg+xml")
"""Media types that a browser shows as documents, with scripts and frames; the others are data to it."""


class SecurityHeaders:
    """Adds the headers to every answer that starts inside the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and complete its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                shown = headers.get("content-type", "").startswith(SHOWN)
                for name, value in (HEADERS if shown else NOT_GUESSED).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete)
