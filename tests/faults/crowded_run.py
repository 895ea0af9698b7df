"""A run of a job, with real parts, whose folder of vintages takes hardly anything until a file `room` is there."""

import json
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.statsforecast_engine import StatsforecastEngine
from forecaster.domain.errors import ForecasterError
from forecaster.domain.instants import instant
from forecaster.domain.vintage import Vintage
from forecaster.training import run
from tests.catalogues import catalogue
from tests.interrupting import ORDER
from tests.running import ports

ROOM = 3000  # bytes: less than the forecasts take


@contextmanager
def little_room() -> Iterator[None]:
    """Have the kernel refuse files of more than ROOM; a full disk needs rights that a test has not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Crowded(PublishedVintages):
    """Vintages where there is little room; everything else has what it needs."""

    def publish(self, vintage: Vintage, *, by: str = "") -> None:
        """Try to."""
        with little_room():
            super().publish(vintage, by=by)


def main(home: Path, *, job: dict[str, Any]) -> None:
    """Run the job, and end as the command does."""
    fixed = job["fixed"]
    at = instant(fixed["issued_at"], name="issued_at")
    order = replace(ORDER, job_id=job["job_id"], issued_at=at, version=fixed["reports_version"])
    # Its fits are made here: how they were made is nothing to a disk, and a process for them takes seconds to come up.
    with ThreadPoolExecutor(1) as pool, ports(home, engine=StatsforecastEngine(pool, workers=1)) as real:
        given = real if (home / "room").exists() else replace(real, vintages=Crowded(home / "vintages"))
        try:
            result = run(order, ports=given, catalogue=catalogue(), progress=lambda line: print(line, file=sys.stderr))
        except ForecasterError as error:
            print(f"sectorcast: {error}", file=sys.stderr)
            raise SystemExit(1) from None
    print(json.dumps({"vintage": result.vintage_id, "decision": result.decision.reason, "run_id": result.run_id}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), job=json.loads(sys.argv[2]))
