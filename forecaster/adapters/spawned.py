"""Processes of a run's own: spawned, gone with the run, and killed where it fails."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from forecaster.adapters.tether import die_with_parent


@contextmanager
def spawned(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end with the block; where it fails or is stopped, at once."""
    # Spawned, never forked: a fork after a Polars frame was touched hangs. The parent is named to it: while a process
    # comes up, another may become its parent.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=die_with_parent, initargs=(os.getpid(),)) as pool:
        try:
            yield pool
        except BaseException:
            _kill(pool)  # what is under way may take minutes
            raise


def _kill(pool: ProcessPoolExecutor) -> None:
    """End a pool at once. Python 3.14 has a method for it; a pool's processes are its own before that."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
