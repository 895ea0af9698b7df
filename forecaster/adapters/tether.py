"""Children that die with their parent, even when the parent is killed.

A killed parent can't stop its children. On Linux the kernel does it: a child asks for a signal at its
parent's death. Run as a program, this module asks for it and then becomes the command it was given, so
that no Python code runs between fork and exec. Elsewhere the command runs untied.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str], *, by: signal.Signals = signal.SIGKILL) -> list[str]:
    """The command line that runs `command` as a child that gets `by` when this process dies.

    The tie is to the thread that starts the child: it has to live as long as the child should.
    """
    return [sys.executable, "-m", "forecaster.adapters.tether", str(os.getpid()), str(int(by)), *command]


def die_with_parent(parent: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send `by` to this process when `parent` dies; exit if it is dead already.

    Raises:
        OSError: the kernel refuses.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        raise SystemExit(1)


def main(arguments: Sequence[str]) -> None:
    """Become the command: parent's id, signal, command."""
    parent, by, *command = arguments
    die_with_parent(int(parent), by=signal.Signals(int(by)))
    os.execvp(command[0], command)  # noqa: S606  # the command is this program's own, and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
