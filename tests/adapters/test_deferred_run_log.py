"""A run log that is made at its first use."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from forecaster.adapters.deferred_run_log import DeferredRunLog


class Counted:
    """Counts how often it is made, and begins runs under one id."""

    made = 0

    def __init__(self) -> None:
        time.sleep(0.2)  # for the other thread to ask meanwhile
        Counted.made += 1

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        return f"{experiment} of {job_id}, {resumes}"


def test_threads_that_ask_at_once_have_the_same_one() -> None:
    log, together = DeferredRunLog(Counted), Barrier(2)  # type: ignore[arg-type]  # begins runs, and no more
    Counted.made = 0

    def begin(job_id: str) -> str:
        together.wait()
        return log.begin("tiny", job_id=job_id, resumes=True)

    assert Counted.made == 0
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(begin, ["a", "b"]))

    assert found == ["tiny of a, True", "tiny of b, True"]
    assert Counted.made == 1
