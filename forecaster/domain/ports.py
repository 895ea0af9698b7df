"""What the use cases need of the world, as Protocols; adapters provide it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl

from forecaster.domain.experiment import Candidate, Experiment
from forecaster.domain.history import Event
from forecaster.domain.news import News, Origin
from forecaster.domain.promotion import Decision
from forecaster.domain.vintage import Issue, Vintage

Progress = Callable[[str], None]
"""Takes one line a person reads while waiting; `progress.Said` is one that tells programs more."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a release's rows."""

    new: int  # keys not seen before
    revised: int  # known keys with a figure that differs from every one stored for it
    repeated: int  # reports already there; nothing was stored for them
    release_id: str
    origins: tuple[
        Origin, ...
    ] = ()  # this release, if anything of it was stored, and those that the repeated came with


class ReportStore(Protocol):
    """Keeps every report for good."""

    def read(
        self, *, as_of: datetime, series_ids: Collection[str] | None = None, version: str | None = None
    ) -> pl.DataFrame:
        """Reports released by `as_of`, of all series or of some: the STORED columns.

        With a `version` as `version` named it, the store as it was then; StoreVersionGone where it is no longer kept.
        """

    def append(self, reports: pl.DataFrame | pl.LazyFrame, *, ingested_at: datetime, dry_run: bool = False) -> Stored:
        """Add what is not there yet, all of it or nothing; takes the REPORTS columns."""

    def version(self) -> str:
        """Names the state of the store, for the record of a run."""


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """A model that did not forecast a series from a cutoff, and why."""

    unique_id: str
    model: str
    cutoff: date
    reason: str


@dataclass(frozen=True, slots=True)
class Predictions:
    """Point forecasts of every candidate and what failed.

    `points` has unique_id, cutoff, ds, step, model, y_hat; `failed` names the gaps.
    """

    points: pl.DataFrame
    failed: tuple[Outcome, ...]
    cpu_seconds: Mapping[str, float]  # by model


def together(parts: Sequence[Predictions]) -> Predictions:
    """Several predictions as one, sorted; seconds of the same model are added up."""
    points = pl.concat([part.points for part in parts]).sort("unique_id", "cutoff", "model", "ds")
    failed = sorted(outcome for part in parts for outcome in part.failed)
    seconds: dict[str, float] = {}
    for part in parts:
        for name, spent in part.cpu_seconds.items():
            seconds[name] = seconds.get(name, 0.0) + spent
    return Predictions(points, tuple(failed), seconds)


class Engine(Protocol):
    """Fits candidates to a panel."""

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
        regressors: pl.DataFrame | None = None,
    ) -> Predictions:
        """Forecast `horizon` months after each cutoff (unique_id, cutoff) from the rows (unique_id, ds, y) up to it.

        Candidates that take regressors get those of their unique_id and cutoff (ds, name, value).
        """


class Corrections(Protocol):
    """What was learnt about the errors of a model over many series."""

    def of(self, rows: pl.DataFrame) -> pl.Series:
        """The error to be expected of each row, in its own unit of noise."""


class Corrector(Protocol):
    """Learns over all series at once what a model's errors have in common."""

    def learn(self, rows: pl.DataFrame, *, features: Sequence[str]) -> Corrections:
        """Corrections from rows with the columns `features` (NaN: unknown) and `target`; always the same ones."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one phase of a run."""

    wall: float
    cpu: float  # of the run's own process; models are fitted in others


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a reviewer wants to see of a run."""

    experiment: Experiment
    job_id: str | None
    tags: Mapping[str, str]  # code version, store version, as_of
    inputs: Mapping[str, str]  # file name -> content: what running it again needs besides the reports
    environment: Mapping[str, str]  # what it computed with
    spent: Mapping[str, Spent]  # seconds by phase
    reports: pl.DataFrame  # STORED columns: the data set
    vintage: Vintage  # without a model version yet
    blocks: pl.DataFrame  # the whole backtest: unique_id, cutoff, model, block_start, block_end, step, y, y_hat
    scales: pl.DataFrame  # unique_id, cutoff, scale
    coverage: pl.DataFrame  # as `calibration.coverage` gives it
    levels: pl.DataFrame  # accuracy before and after reconciliation, as `summary.by_level` gives it
    variants: pl.DataFrame  # series on another footing, as `variant_choice.verdicts` gives them
    past: pl.DataFrame  # the backtest's forecasts: unique_id, cutoff, ds, step, y_hat and the quantiles known then
    failed: tuple[Outcome, ...]
    cpu_seconds: Mapping[str, Mapping[str, float]]  # sector -> model -> seconds
    decision: Decision
    tried: bool = False  # an experiment: not a candidate for service


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where a run can be looked up."""

    run_id: str
    model_version: str  # empty where it was only tried, or waits
    waits: bool = False  # the run log is out of reach, and gets the record later


class RunLog(Protocol):
    """Keeps the record of every run for reviewers."""

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        """Open a run, or go on with that of the job if it `resumes`; else one left unfinished is closed as killed."""

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        """Close a run that did not end well, and its children; `killed`: it was stopped from outside."""

    def get_ready(self) -> None:
        """A record comes soon: start what takes long to come up."""

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """Write the whole record, register the model unless it was only tried, close the run; again: it stays one."""

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Point an alias (champion or challenger) at the run's model version. Raises MlflowFault: later."""


class VintageStore(Protocol):
    """Keeps published vintages and which one is in service."""

    def alone(self, *, waiting: Progress) -> AbstractContextManager[None]:
        """Keep other writers out within the block; tells `waiting` where another has to end first."""

    def publish(self, vintage: Vintage, *, by: str) -> None:
        """Write it whole, then put it in service by one atomic step; the history says by whom."""

    def refuse(self, vintage: Vintage, *, by: str, keep: bool) -> None:
        """Write down that it did not go into service; `keep` it so that a hand still can put it there."""

    def alias_moved(self, *, model_version: str) -> None:
        """Keep that the run log's alias names the version in service."""

    def issue_in_service(self) -> Issue | None:
        """That of the vintage in service; None without one, or where it can't be read."""

    def whole_in_service(self) -> Vintage | None:
        """The vintage in service, all of it; None without one. Raises BrokenVintage where it can't be read."""

    def whole(self, vintage_id: str) -> Vintage | None:
        """A vintage of that id, all of it; None where it is not kept. Raises BrokenVintage where it can't be read."""

    def settled(self, *, by: str) -> Event | None:
        """The line of the history by which a job's run went into service or was refused; None before that."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What starts jobs."""

    name: str
    cron: str | None  # None: a release starts it
    zone: str  # IANA
    experiment: str
    paused: bool
    next_run_at: datetime | None  # None while paused, gathering no release, or never due
    last_outcome: str | None
    on: str | None = None  # release
    sectors: tuple[str, ...] | None = None  # None: all


@dataclass(frozen=True, slots=True)
class Job:
    """One durable carrying-out of a run."""

    job_id: str
    experiment: str
    state: str  # queued, running, succeeded, failed, cancelled
    created_at: datetime
    detail: str | None  # the vintage it ended in, or why it failed
    schedule: str | None = None  # that asked for it
    sectors: tuple[str, ...] | None = None  # None: all
    as_of: datetime | None = None  # None: what was known when it ran
    started_at: datetime | None = None
    ended_at: datetime | None = None
    vintage: str | None = None  # None: the champion stays, or it has not succeeded
    decision: str | None = None
    run_id: str | None = None
    failures: tuple[Mapping[str, Any], ...] = ()  # models that failed, by series
    recorded_later: bool = False  # MLflow was out of reach when it ended


@dataclass(frozen=True, slots=True)
class Line:
    """Something that a job's run said."""

    number: int  # from 1 on
    at: datetime
    line: str
    step: str | None = None  # one of `steps.STEPS`; None: it was said outside of any
    done: int | None = None  # series that the step is through with
    total: int | None = None
    failed: Mapping[str, Any] | None = None  # models that failed, of one series: series_id, failed


@dataclass(frozen=True, slots=True)
class Met:
    """How an order was met."""

    job_id: str
    joined: bool  # by a job that was there already


class Jobs(Protocol):
    """Starts runs now or by schedule, durably."""

    def start(
        self,
        experiment: str,
        *,
        sectors: Sequence[str] | None = None,
        as_of: datetime | None = None,
        key: str | None = None,
    ) -> str:
        """Queue a run; the same key gives the same job. Returns the job id. Raises KeyReused."""

    def join(
        self,
        experiment: str,
        *,
        sectors: Sequence[str] | None = None,
        as_of: datetime | None = None,
        key: str | None = None,
    ) -> Met:
        """As `start`, unless a job of the same order is queued or running: then that one. Raises KeyReused."""

    def jobs(self, *, limit: int = 20, after: str | None = None) -> list[Job]:
        """The latest jobs, newest first; `after`: those that follow it in the list."""

    def job(self, job_id: str) -> Job | None:
        """One job; None if there is none of that id."""

    def cancel(self, job_id: str) -> None:
        """End a job, queued or running. Raises UnknownJob, JobEnded."""

    def progress(self, job_id: str, *, after: int = 0) -> list[Line]:
        """What a job's run has said, from the line behind number `after` on."""

    def schedules(self) -> list[Schedule]:
        """All schedules by name."""

    def add_schedule(
        self,
        name: str,
        *,
        cron: str | None = None,
        zone: str = "UTC",
        experiment: str,
        sectors: Sequence[str] | None = None,
        on: str | None = None,
    ) -> None:
        """Create or replace a schedule, by the clock or `on` each release."""

    def pause(self, name: str) -> None:
        """Stop a schedule from firing."""

    def resume(self, name: str) -> None:
        """Let it fire again."""

    def remove(self, name: str) -> None:
        """Delete it."""

    def run_now(self, name: str) -> str:
        """Start its job at once. Returns the job id."""

    def join_now(self, name: str) -> Met:
        """As `run_now`, unless a job of the same order is queued or running: then that one."""

    def released(self, news: Sequence[News]) -> list[str]:
        """Tell the schedules that wait for a release; told twice of one, they count it once. Returns their names."""
