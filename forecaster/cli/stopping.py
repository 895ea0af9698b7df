"""How a command that works for long is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Leave the block by an exception when a signal asks to stop, so that it can close what it opened.

    SIGTERM and SIGHUP would else end the process at once. While the block is left, a further signal is passed over.
    A signal that was ignored before, as SIGHUP is under nohup, stays ignored.

    Raises:
        SystemExit: with the shell's code of the signal, 128 and its number.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        for every in SIGNALS:
            signal.signal(every, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
