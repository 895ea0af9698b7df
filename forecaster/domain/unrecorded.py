"""What waits for MLflow: runs that ended, or failed, while it was out of reach."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

RECORD, FAILURE, ALIAS = "record", "failure", "alias"
"""The whole record of a run; how one failed; an alias alone, where the record was taken before MLflow went away."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One run that waits."""

    run_id: str  # MLflow's where the run was begun there, else our own
    what: str  # RECORD, FAILURE or ALIAS
    experiment: str
    job_id: str | None
    begun: datetime
    ended: datetime
    vintage_id: str = ""  # "" of a failure
    model_version: str = ""  # of an alias that waits
    alias: str = ""  # the same
    reason: str = ""  # why it failed; with a record, after that was written
    killed: bool = False  # a failure from outside


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of the runs that waited."""

    recorded: tuple[str, ...]  # run ids
    left: tuple[str, ...]  # why, of each that still waits


class LateRecords(Protocol):
    """The runs that wait, and MLflow to record them in."""

    def waiting(self) -> list[Waiting]:
        """Those that wait, the oldest first."""

    def record(self, one: Waiting) -> str:
        """Record it, whole and once however often it is tried; returns its model version, "" without one.

        Raises MlflowFault where MLflow can't be reached, NotRecorded where that would not help.
        """

    def forget(self, one: Waiting) -> None:
        """It is recorded; unless a later attempt of its job has put another record in its place."""
