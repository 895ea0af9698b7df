"""Orders that may be met by a job that is queued or running for the same one already."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from dbos import DBOSClient

from forecaster.adapters.dbos_rows import WORKFLOW, context_of, queued_as

ACTIVE = ["ENQUEUED", "DELAYED", "PENDING"]


def order_of(told: dict[str, Any]) -> str:
    """Names what is to be run: equal for equal experiment, sectors in whatever order, and instant."""
    sectors, as_of = told.get("sectors"), told.get("as_of")
    at = datetime.fromisoformat(as_of).astimezone(UTC).isoformat() if as_of else None
    text = json.dumps([told["experiment"], sorted(set(sectors)) if sectors else None, at])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def queue_or_join(client: DBOSClient, *, job_id: str, told: dict[str, Any], now: datetime) -> str:
    """The job of an order that is queued or running, or one that is queued now; two who ask at once get the same.

    Args:
        client: of the jobs database.
        job_id: of the job, where one is queued.
        told: what it is told.
        now: when it is asked for.

    Returns:
        The job's id; of several, that of the job asked for last, since it knows the most.
    """
    order = order_of(told)
    found = client.list_workflows(name=WORKFLOW, status=ACTIVE, sort_desc=True, load_output=False)
    for status in found:
        if order_of(context_of(status)) == order:
            return status.workflow_id
    options = queued_as(job_id)
    options["deduplication_id"] = order  # held until the job has ended
    options["duplication_policy"] = "return-existing"
    return client.enqueue(options, now, told).get_workflow_id()
