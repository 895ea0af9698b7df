"""The shapes of jobs and schedules: what is asked and what is answered."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.queries import INSTANT, NoQuery
from api.schemas import Shape
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.ports import Job, Line
from forecaster.domain.steps import STEPS, failures_in, steps_of

NAME = Field(max_length=60, examples=["monthly-retraining"])
EXPERIMENT = Field("production", max_length=100, description="what is run")
SECTORS = Field(None, min_length=1, max_length=100, description="only these; null: all", examples=[["ev", "solar"]])
CRON = Field(None, max_length=200, description="minute hour day month weekday", examples=["0 10 18 * *"])
IF_BUSY = (
    "where a job of the same experiment, sectors and as_of is queued or running: one more, or that one, "
    "which, if it runs, knows no figures that came since it began"
)
RELEASE = "figures that change start a job for their sectors, once releases were gathered for some minutes"
ZONE = Field("Asia/Shanghai", max_length=100, description="IANA zone that the cron is read in")


STEPS_TOLD = f"one of {', '.join(STEPS)}"
IfBusy = Literal["queue", "join"]


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
    if_busy: IfBusy = Field("queue", description=IF_BUSY)

    def instant(self) -> datetime | None:
        """The instant asked for.

        Raises:
            BadParameter: neither a day nor an instant.
        """
        return None if self.as_of is None else instant(self.as_of, name="as_of")


class IfBusyQuery(NoQuery):
    """What becomes of an order for which a job is there already."""

    if_busy: IfBusy = Field("queue", description=IF_BUSY)


class ScheduleIn(Asked):
    """A schedule to be made: a cron, or `on` each release."""

    name: str = NAME
    cron: str | None = CRON
    on: Literal["release"] | None = Field(None, description=RELEASE)
    zone: str = ZONE
    experiment: str = EXPERIMENT
    sectors: list[str] | None = SECTORS
    paused: StrictBool = False


class ScheduleChange(Asked):
    """What is to be otherwise; whatever is not given stays."""

    cron: str | None = CRON
    on: Literal["release"] | None = Field(None, description=RELEASE)
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
    step: str | None = Field(description=STEPS_TOLD)
    done: int | None = Field(description="series that the step is through with")
    total: int | None = Field(description="series that the step has")
    failed: dict[str, Any] | None = Field(description="models that failed, of one series, with their reasons")


class StepOut(Shape):
    """How far a step of a job is."""

    step: str = Field(description=STEPS_TOLD)
    began_at: datetime
    told_at: datetime = Field(description="when something was last said of it")
    done: int | None = Field(description="series that it is through with")
    total: int | None
    failed: int = Field(description="series of which a model failed")


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
    run_id: str | None = Field(description="of MLflow; where it was recorded later, its tag `sectorcast.run_id`")
    recorded_later: bool = Field(description="MLflow was out of reach when it ended")


class JobMetOut(JobOut):
    """The job that meets an order."""

    joined: bool = Field(description="it was there already, and the order joined it")


class JobOneOut(JobOut):
    """A job with what its run has said so far, and what failed in it."""

    failures: Sequence[dict[str, Any]] = Field(description="models that failed, by series, with their reasons; so far")
    steps: list[StepOut] = Field(description="those that it has begun, in their order")
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
    next_run_at: datetime | None = Field(
        description="null while paused, where it is never due, and for `on` while nothing is gathered"
    )
    last_outcome: str | None


class SchedulesOut(Shape):
    """All schedules, by name."""

    items: list[ScheduleOut]


def job_body(job: Job) -> dict[str, Any]:
    """A job as it is answered; what failed by series may be long, and is told of one job alone."""
    return {name: value for name, value in asdict(job).items() if name != "failures"}


def one_job_body(job: Job, lines: Sequence[Line], *, run_url: str | None) -> dict[str, Any]:
    """A job with what its run has said, what failed in it, and where MLflow shows it."""
    failures = job.failures or failures_in(lines)
    told = {"steps": [asdict(step) for step in steps_of(lines)], "progress": [asdict(line) for line in lines]}
    return {**asdict(job), "failures": failures, **told, "run_url": run_url}
