"""A run log that is made when it is first used: making it imports MLflow, which takes seconds; implements `RunLog`."""

from collections.abc import Callable
from threading import Lock

from forecaster.domain.ports import Recorded, RunLog, RunRecord


class DeferredRunLog:
    """Another run log, made by whichever thread first asks it for anything; the others wait."""

    def __init__(self, make: Callable[[], RunLog]) -> None:
        """`make` is called until it has made one."""
        self._make, self._alone = make, Lock()
        self._made: RunLog | None = None

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        """As the other does."""
        return self._log().begin(experiment, job_id=job_id, resumes=resumes)

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        """As the other does."""
        self._log().fail(run_id, reason=reason, killed=killed)

    def get_ready(self) -> None:
        """As the other does."""
        self._log().get_ready()

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """As the other does."""
        return self._log().record(run_id, record)

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """As the other does."""
        self._log().crown(recorded, alias=alias)

    def _log(self) -> RunLog:
        with self._alone:
            if self._made is None:
                self._made = self._make()
            return self._made
