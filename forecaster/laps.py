"""How long the phases of a run take: on the clock, and of this process's CPU."""

from collections.abc import Callable, Mapping
from time import perf_counter, process_time

from forecaster.domain.ports import Spent

Clock = Callable[[], float]


class Laps:
    """A stopwatch that is told where each phase ends."""

    def __init__(self, *, wall: Clock = perf_counter, cpu: Clock = process_time) -> None:
        self._wall, self._cpu = wall, cpu
        self._last = (wall(), cpu())
        self._spent: dict[str, Spent] = {}

    def lap(self, phase: str) -> None:
        """What was done since the last call was this phase; a phase told twice counts both."""
        now = (self._wall(), self._cpu())
        before = self._spent.get(phase, Spent(0.0, 0.0))
        self._spent[phase] = Spent(before.wall + now[0] - self._last[0], before.cpu + now[1] - self._last[1])
        self._last = now

    def spent(self) -> Mapping[str, Spent]:
        """Seconds by phase, in order."""
        return dict(self._spent)
