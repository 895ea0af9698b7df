"""The shapes of jobs and schedules: what is asked and what is answered."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.queries import INSTANT
from api.schemas import Shape
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.ports import Job, Line

NAME = Field(max_length=60, examples=["monthly-retraining"])
EXPERIMENT = Field("production", max_length=100, description="what is run")
SECTORS = Field(None, min_length=1, max_length=100, description="only these; null: all", examples=[["ev", "solar"]])
CRON = Field(None, max_length=200, description="minute hour day month weekday", examples=["0 10 18 * *"])
ZONE = Field("Asia/Shanghai", max_length=100, description="IANA zone that the cron is read in")


class Asked(BaseModel):
    """Base of what is sent: nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class JobIn(Asked):
    """A run to be carried out."""

    experiment: str = EXPERIMENT
    sectors: list[str] | None = SECTORS
    as_of: str | None = Field(
        None, max_length=40, description=f"only what was known then: {FORMS}", json_schema_extra=INSTANT
    )

    def instant(self) -> datetime | None:
        """The instant asked for.

        Raises:
            BadParameter: neither a day nor an instant.
        """
        return None if self.as_of is None else instant(self.as_of, name="as_of")


class ScheduleIn(Asked):
    """A schedule to be made: a cron, or `on` each release."""

    name: str = NAME
    cron: str | None = CRON
    on: Literal["release"] | None = Field(None, description="each release of figures starts a job")
    zone: str = ZONE
    experiment: str = EXPERIMENT
    sectors: list[str] | None = SECTORS
    paused: StrictBool = False


class ScheduleChange(Asked):
    """What is to be otherwise; whatever is not given stays."""

    cron: str | None = CRON
    on: Literal["release"] | None = None
    zone: str = ZONE
    experiment: str = EXPERIMENT
    sectors: list[str] | None = SECTORS
    paused: StrictBool = False

    def given(self) -> dict[str, Any]:
        """What was given, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class LineOut(Shape):
    """Something that a run said."""

    number: int
    at: datetime
    line: str


class JobOut(Shape):
    """One carrying-out of a run."""

    job_id: str
    experiment: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    schedule: str | None = Field(description="that asked for it")
    sectors: Sequence[str] | None
    as_of: datetime | None
    detail: str | None = Field(description="how it ended, or why it failed")
    vintage: str | None = Field(description="that it put in service; null where the champion stays")
    decision: str | None
    run_id: str | None = Field(description="of MLflow")


class JobOneOut(JobOut):
    """A job with what its run has said so far, and what failed in it."""

    failures: Sequence[dict[str, Any]] = Field(description="models that failed, by series, with their reasons")
    progress: list[LineOut]
    run_url: str | None = Field(description="where MLflow shows the run")


class JobsOut(Shape):
    """Jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None


class ScheduleOut(Shape):
    """What starts jobs."""

    name: str
    cron: str | None
    on: Literal["release"] | None
    zone: str
    experiment: str
    sectors: Sequence[str] | None
    paused: bool
    next_run_at: datetime | None = Field(description="null while paused, and where a release starts it")
    last_outcome: str | None


class SchedulesOut(Shape):
    """All schedules, by name."""

    items: list[ScheduleOut]


def job_body(job: Job) -> dict[str, Any]:
    """A job as it is answered; what failed by series may be long, and is told of one job alone."""
    return {name: value for name, value in asdict(job).items() if name != "failures"}


def one_job_body(job: Job, lines: Sequence[Line], *, run_url: str | None) -> dict[str, Any]:
    """A job with what its run has said, what failed in it, and where MLflow shows it."""
    return {**asdict(job), "progress": [asdict(line) for line in lines], "run_url": run_url}
