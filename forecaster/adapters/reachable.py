"""Something in a database that may be out of reach: opened when first needed, and again after a failure."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from forecaster.adapters.impatient_sqlite import Unreachable

log = logging.getLogger(__name__)


class _Closing(Protocol):
    def close(self) -> None:
        """Let the database go."""


Opened = TypeVar("Opened", bound=_Closing)


class Reachable(Generic[Opened]):
    """Leads to what is in the database; whoever never asks for it loads none of what it needs.

    Args:
        what: it is, for the log.
        make: opens it; asked once, and again after it failed.
        unreachable: the error that tells of it.
        patience: seconds that another thread which opens it is waited for; None: as long as a request may.
    """

    def __init__(
        self, what: str, *, make: Callable[[], Opened], unreachable: "Unreachable", patience: float | None = None
    ) -> None:
        self._what, self._make, self._unreachable, self._patience = what, make, unreachable, patience
        self._opening = threading.Lock()
        self._made: Opened | None = None

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """What is in it, for the time of a block.

        Raises:
            ForecasterError: as `unreachable` says; the database can't be opened, or fails within the block.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # a fifth of a second that reading needs not

        try:
            yield self._opened()
        except (SQLAlchemyError, OSError) as error:
            log.warning("%s can't be reached: %s", self._what, error)  # it may name host and user: for the log alone
            raise self._unreachable(why=f"their database fails ({type(error).__name__})") from error

    def close(self) -> None:
        """Let the database go."""
        if self._made is not None:
            self._made.close()
            self._made = None

    def _opened(self) -> Opened:
        from forecaster.adapters.impatient_sqlite import HELD, PATIENCE  # noqa: PLC0415  # as above

        patience = PATIENCE if self._patience is None else self._patience
        if not self._opening.acquire(timeout=patience):  # one waits for a locked database, not one after the other
            raise self._unreachable(why=HELD)
        try:
            if self._made is None:
                self._made = self._make()
            return self._made
        finally:
            self._opening.release()
