"""One writer at a time to a folder, whatever process it is of."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

LOCK = ".lock"


class WriterLock:
    """A lock of a folder. It ends with the process that holds it, however that ends; the holder may take it again."""

    def __init__(self, folder: Path, *, busy: str = "another run is publishing") -> None:
        """`busy` is what is said of whoever holds it."""
        self._file = folder / LOCK
        self._busy = busy
        self._threads = RLock()
        self._depth = 0

    @contextmanager
    def held(self, *, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock within the block.

        Args:
            waiting: told if another process has to let it go first.
        """
        with self._threads:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield
                else:
                    with self._taken(waiting):
                        yield
            finally:
                self._depth -= 1

    @contextmanager
    def _taken(self, waiting: Callable[[str], None]) -> Iterator[None]:
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting(f"{self._busy}; waiting for it to end")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
