"""Processes forked from one that has imported what they need and done nothing: importing is most of their start."""

from multiprocessing.context import ForkServerContext

from forecaster.adapters.forked import origin


def forked() -> ForkServerContext:
    """Where such processes come from; what they need is imported there unless it began with the models alone."""
    return origin("tests.adapters.ingesting", "tests.adapters.working_process")
