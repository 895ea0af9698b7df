"""Processes of a run's own: forked from one that has the models imported, gone with the run, killed where it fails."""

import atexit
import gc
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running

from forecaster.adapters.tether import die_with_parent

ORIGIN = "forecaster.adapters.fork_origin"
"""What the process imports that all are forked from."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""Variables that bound the threads of what a process computes with."""

LONGEST = 60
"""Characters of a temporary folder in which a socket's address still finds room: the kernel takes 107 of the whole."""

SHORT = "/tmp"  # noqa: S108  # Python makes a folder of its own in it


def origin(*more: str) -> ForkServerContext:
    """Where processes are forked from: a server of forks, which begins now to import the models, 3 s of CPU, for all.

    It lasts as long as this process. One that has touched a frame of Polars can't be forked; the server has only
    imported it. Its forks keep to one core each, since there is one a core.

    Args:
        more: modules that it imports besides, if it is not there yet.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([ORIGIN, *more])
    with _one_thread_each(), _short_temporary_folder():
        ensure_running()
    return context


def seldom_collected() -> None:
    """Let Python look for cycles seldom in this process, whose life is a run, and not at all as it ends.

    That is a tenth of importing and recording, and a second and a half at the end. What it would find is little: frames
    and arrays are freed without it.
    """
    gc.set_threshold(100_000, 50, 1000)
    atexit.register(gc.freeze)


@contextmanager
def forked(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each begun when there is work for it, which end with the block; where it fails, at once."""
    with ProcessPoolExecutor(count, mp_context=origin(), initializer=_tie) as pool:
        try:
            yield pool
        except BaseException:
            _kill(pool)  # what is under way may take minutes
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """A process started meanwhile keeps to one thread: numpy and Polars read these variables as they are imported."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """A server started meanwhile has its socket where the address finds room, however long TMPDIR is."""
    before = tempfile.tempdir
    if len(tempfile.gettempdir()) > LONGEST:
        tempfile.tempdir = SHORT
    try:
        yield
    finally:
        tempfile.tempdir = before


def _tie() -> None:
    """Die with the server, which dies with the process that forks are made for; exit if that is dead already."""
    die_with_parent(os.getppid())
    asking = multiprocessing.parent_process()
    if asking is None or not asking.is_alive():
        raise SystemExit(1)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End a pool at once. Python 3.14 has a method for it; a pool's processes are its own before that.

    Its futures then tell whoever waits for them that it broke. Cancelled ones would not: `concurrent.futures.wait`
    hears nothing of it, and a thread that waits there would keep this process from ending.
    """
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=False)
