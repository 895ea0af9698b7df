"""Parts of the service as child processes: started, waited for, watched and stopped together."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

from forecaster.adapters.tether import tethered
from forecaster.domain.errors import PartDied

POLL_SECONDS = 0.1
STOP_SECONDS = 10.0
"""What a part may take to stop before it is killed."""

AGAIN_SECONDS = 5.0
"""Before a spare part that ended is started again: one that ends at once must not take all of a core."""

SHOWN = 8
"""Last lines of a dead part's log that are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the service."""

    name: str
    command: Sequence[str]
    log: Path | None  # None: it speaks to the terminal
    ready: Callable[[], bool]
    spare: bool = False  # the others go on without it, once all were ready, and it is started again


class Supervisor:
    """Runs parts; leaving its block stops them all, whatever happened.

    Each part leads a process group of its own, so that what it starts is stopped with it, and is tied to this
    process, so that it does not outlive a killed one. `told` hears of a spare part that ended.
    """

    def __init__(self, *, told: Callable[[str], None] = lambda _: None, again_seconds: float = AGAIN_SECONDS) -> None:
        self._told, self._again_seconds = told, again_seconds
        self._due: dict[str, tuple[Part, float]] = {}  # spare parts that ended, and when they are started again
        self._running: dict[str, tuple[Part, subprocess.Popen[bytes]]] = {}
        self._asked_to_stop = threading.Event()
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._stop_asked)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave back

    def _stop_asked(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop.set()

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked to stop."""
        return self._asked_to_stop.is_set()

    def start(self, part: Part, *, environment: Mapping[str, str] | None = None, again: bool = False) -> None:
        """Start a part; its log begins anew, unless it is started `again`."""
        with (part.log or Path(os.devnull)).open("ab" if again else "wb") as log:
            process = subprocess.Popen(  # noqa: S603  # this program's own commands
                tethered(list(part.command)),
                stdin=subprocess.DEVNULL,
                stdout=log if part.log else None,
                stderr=subprocess.STDOUT if part.log else None,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._running[part.name] = (part, process)

    def wait_until_ready(self, *, seconds: float) -> None:
        """Wait until every part is ready, or a signal asks to stop.

        Raises:
            PartDied: one ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        waiting = [part for part, _ in self._running.values()]
        while waiting and not self._asked_to_stop.wait(POLL_SECONDS):
            self._look_for_dead(spared=False)
            waiting = [part for part in waiting if not part.ready()]
            if waiting and time.monotonic() > deadline:
                raise _died(waiting[0], f"was not ready after {seconds:.0f} s")

    def wait_for_end(self, name: str) -> None:
        """Wait until one part has ended well, or a signal asks to stop; the others are watched meanwhile.

        Raises:
            PartDied: it failed, or another ended.
        """
        part, process = self._running[name]
        while process.poll() is None:
            if self._asked_to_stop.wait(POLL_SECONDS):
                return
            self._look_for_dead(besides=name)
        if process.returncode != 0:
            raise _died(part, _how(process.returncode))  # its group is stopped with the others
        _signal(process, signal.SIGKILL)  # what it started and left
        del self._running[name]

    def watch(self) -> None:
        """Wait until a signal asks to stop.

        Raises:
            PartDied: a part ended.
        """
        while not self._asked_to_stop.wait(POLL_SECONDS):
            self._look_for_dead()

    def stop(self) -> None:
        """Ask every part to stop, then kill what is left of its group."""
        for _, process in self._running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for _, process in self._running.values():
            with suppress(subprocess.TimeoutExpired):  # it is killed next
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)  # also what the part started and left
            process.wait()
        self._running.clear()

    def _look_for_dead(self, *, besides: str | None = None, spared: bool = True) -> None:
        for name, (part, process) in list(self._running.items()):
            if name != besides and process.poll() is not None:
                if not (part.spare and spared):
                    raise _died(part, _how(process.returncode))
                _signal(process, signal.SIGKILL)  # what it started and left
                del self._running[name]
                self._due[name] = (part, time.monotonic() + self._again_seconds)
                self._told(f"{name} {_how(process.returncode)}; everything else goes on, and it is started again.")
        for name, (part, due) in list(self._due.items()):
            if time.monotonic() >= due:
                del self._due[name]
                self.start(part, again=True)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # the whole group has ended


def _how(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _died(part: Part, how: str) -> PartDied:
    if part.log is None:
        return PartDied(part=part.name, how=how, log=None, last=())
    lines = part.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return PartDied(part=part.name, how=how, log=str(part.log), last=tuple(lines[-SHOWN:]))
