"""A run in the run log, opened there while its models are fitted: importing MLflow takes 4 s of CPU."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from forecaster.domain.ports import Progress


class Begun:
    """A run that is being opened, or is open."""

    def __init__(self, opening: Callable[[], Future[str]]) -> None:
        """`opening` begins to open it; called once."""
        self._opening = opening
        self._opened: Future[str] | None = None

    def start(self) -> None:
        """Begin to open it, unless that is done."""
        if self._opened is None:
            self._opened = self._opening()

    def run_id(self) -> str:
        """Its id in the run log, waited for.

        Raises:
            BadSetting: the run log can't be used at all.
        """
        self.start()
        assert self._opened is not None
        return self._opened.result()

    def watched(self, progress: Progress) -> Progress:
        """Passes lines on; a run that can't be opened ends at the first line after that shows, not at its end."""

        def tell(line: str) -> None:
            if self._opened is not None and self._opened.done():
                self._opened.result()
            progress(line)

        return tell


@contextmanager
def begun(begin: Callable[[], str]) -> Iterator[Begun]:
    """A run that is opened by calling `begin`, once and beside the block; the block ends when that has ended."""
    with ThreadPoolExecutor(1, thread_name_prefix="begin") as beside:
        yield Begun(lambda: beside.submit(begin))
