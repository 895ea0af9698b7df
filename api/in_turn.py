"""Answers that take Python tens of milliseconds: made one after the other."""

from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from fastapi import Response

AT_ONCE = CapacityLimiter(1)
"""Threads of Python share one core: two such answers at once take longer than one after the other, and leave small ones
a third of the core instead of half."""


async def in_turn(make: Callable[[], Response]) -> Response:
    """An answer made in a thread, when those before it are made; small ones are given meanwhile."""
    return await to_thread.run_sync(make, limiter=AT_ONCE)
