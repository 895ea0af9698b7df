"""Processes forked from one that has imported what they need and done nothing: importing is most of their start."""

import multiprocessing
from multiprocessing.context import ForkServerContext


def forked() -> ForkServerContext:
    """Where such processes come from; the one that they are forked from starts with the first of them.

    A process that has touched a frame of Polars can't be forked; this one has only imported it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.adapters.ingesting", "tests.adapters.working_process"])
    return context
