"""The worker's watch over MLflow's alias, in a thread of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from forecaster.alias_watch import follow_alias
from forecaster.cli import output, wiring
from forecaster.domain.service_ports import Aliases, KeptVintages
from forecaster.settings import Settings

SECONDS = 15.0
"""Between two looks: a move counts within a minute, also where a run is just being recorded."""


@contextmanager
def alias_watched(settings: Settings, *, seconds: float = SECONDS) -> Iterator[None]:
    """Look at the alias every so many seconds until the block ends."""
    ended = Event()
    parts = (wiring.kept(settings), wiring.alias(settings))

    def watch() -> None:
        _watch(*parts, pause=lambda: ended.wait(seconds))

    Thread(target=watch, name="alias watch", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _watch(kept: KeptVintages, aliases: Aliases, *, pause: Callable[[], bool]) -> None:
    told = ""
    while not pause():
        try:
            follow_alias(kept=kept, aliases=aliases, progress=_say)
            told = ""
        except Exception as error:  # noqa: BLE001  # jobs go on; what is wrong is told once, and looked at again
            if str(error) != told:
                _say(f"{type(error).__name__}: {error}")
            told = str(error)


def _say(line: str) -> None:
    output.progress(f"worker: {line}")
