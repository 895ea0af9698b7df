"""Answers that take Python tens of milliseconds: made one after the other, and not for nobody."""

from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response

AT_ONCE = CapacityLimiter(1)
"""Threads of Python share one core: two such answers at once take longer than one after the other, and leave small ones
a third of the core instead of half."""

GONE = 499
"""Told in the log and the metrics alone, since nobody is there to read it; the status that nginx has for this."""


async def in_turn(request: Request, make: Callable[[], Response]) -> Response:
    """An answer made in a thread, when those before it are made; small ones are given meanwhile.

    A caller who left while waiting gets none: those who wait behind would have to wait for it.

    Args:
        request: whose body was read.
        make: makes the answer.
    """
    async with AT_ONCE:
        if await request.is_disconnected():
            return Response(status_code=GONE)
        return await to_thread.run_sync(make)
