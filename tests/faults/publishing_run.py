"""A run of a job that takes until a file `go` is there, then publishes: a stand-in for one that trains."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.instants import instant
from tests.vintages import tiny_vintage


def main(home: Path, *, job_id: str, issued_at: str) -> None:
    """Say that it runs, wait, and publish the vintage that this job and no other makes."""
    with (home / "starts").open("a", encoding="utf-8") as starts:
        starts.write(f"{job_id}\n")
    print("training", file=sys.stderr, flush=True)
    while not (home / "go").exists():
        time.sleep(0.02)
    vintage = tiny_vintage(f"v-{job_id}", level=2_000_000.0)
    issued = replace(vintage.issue, issued_at=instant(issued_at, name="issued_at"))
    PublishedVintages(home / "vintages").publish(replace(vintage, issue=issued), by=f"job {job_id}")
    print(json.dumps({"vintage": vintage.issue.vintage_id, "decision": "published", "run_id": "r1"}))


if __name__ == "__main__":
    order = json.loads(sys.argv[2])
    main(Path(sys.argv[1]), job_id=order["job_id"], issued_at=order["fixed"]["issued_at"])
