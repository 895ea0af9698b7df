"""CPU seconds of processes and of all that they started, also through a server of forks; from /proc, so on Linux."""

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
UTIME, CSTIME = 11, 14
"""Where a line of /proc/PID/stat has, behind the name, the first and the last of four times: own, and of the waited."""


def descendants(pid: int) -> Iterator[int]:
    """A process and what it started, and so on, as far as they run."""
    yield pid
    for child in _children(pid):
        yield from descendants(child)


def seconds_so_far() -> float:
    """CPU seconds of this process and of what it started, ended or not."""
    return sum(_ticks(pid) for pid in descendants(os.getpid())) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(time) for time in times[UTIME : CSTIME + 1])


class Meter:
    """CPU seconds of commands that this process runs from now on, and of all that they start."""

    def __init__(self) -> None:
        """Be the parent of what a command leaves behind as it ends, such as its server of forks."""
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._there, self._before = _children(os.getpid()), _of_ended()

    def seconds(self) -> float:
        """Of the commands that have ended; what they left behind is waited for."""
        for left in _children(os.getpid()) - self._there:
            os.waitpid(left, 0)
        return _of_ended() - self._before


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # ended meanwhile
            found |= set(map(int, file.read_text(encoding="ascii").split()))
    return found


def _of_ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
