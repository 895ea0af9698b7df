"""Jobs that were ended while no worker ran: what they left open elsewhere is closed, once for each job.

A worker ends the run of a job that is cancelled, and the run closes what it opened. A run that was killed before can't.
So each job that had begun and is cancelled or given up gets a small durable workflow, by whichever worker looks first.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence

from dbos import DBOS, DBOSClient

from forecaster.adapters.dbos_rows import WORKFLOW, known_ids, queued_as
from forecaster.adapters.tether import tethered

ENDING = "end-run"  # workflow and queue
OVER = ["CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
SECONDS = 600.0  # that closing may take
TRIES, PAUSE = 100, 10.0  # the pause doubles, up to an hour: four days, since MLflow may be away over a weekend

EndCommand = Callable[[str], Sequence[str]]
"""Makes the command line that closes what a job has left open."""


def end_runs(command: EndCommand) -> Callable[[float], None]:
    """Let this worker close; returns what opens the queue, once DBOS was launched, by how often it is looked at."""

    @DBOS.step(name="close", retries_allowed=True, interval_seconds=PAUSE, max_attempts=TRIES)
    def close(job_id: str) -> None:
        subprocess.run(  # noqa: S603  # the command is this program's own
            tethered(command(job_id)), stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=SECONDS, check=True
        )

    @DBOS.workflow(name=ENDING)
    def end_run(job_id: str) -> None:
        close(job_id)

    def open_queue(poll_seconds: float) -> None:
        DBOS.register_queue(ENDING, global_concurrency=1, polling_interval_sec=poll_seconds)

    return open_queue


class Leftovers:
    """Jobs whose runs may have been left open, each found once."""

    def __init__(self, client: DBOSClient) -> None:
        self._client = client
        self._seen: set[str] = set()  # looked at by this worker

    def queue(self) -> list[str]:
        """Have closed what jobs that are over left open, unless it was; returns their ids."""
        over = self._client.list_workflows(name=WORKFLOW, status=OVER, load_input=False, load_output=False)
        begun = {one.workflow_id for one in over if one.executor_id} - self._seen
        ids = {f"{ENDING}-{job_id}": job_id for job_id in sorted(begun)}
        new = sorted(ids.keys() - known_ids(self._client, list(ids)))
        for workflow_id in new:
            self._client.enqueue(queued_as(workflow_id, workflow=ENDING, queue=ENDING), ids[workflow_id])
        self._seen |= begun
        return [ids[workflow_id] for workflow_id in new]
