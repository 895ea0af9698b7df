"""Use case: one run, from the reports known at an instant to forecasts in service."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any

import polars as pl

from forecaster.begun import Begun, begun
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import AliasNotMoved
from forecaster.domain.experiment import Experiment
from forecaster.domain.experiment_text import experiment_text
from forecaster.domain.issue import failures, series_rows
from forecaster.domain.ports import Engine, Progress, ReportStore, RunLog, RunRecord, VintageStore
from forecaster.domain.progress import Said, in_steps
from forecaster.domain.promotion import Decision
from forecaster.domain.steps import DECISION
from forecaster.domain.summary import by_fold, by_series
from forecaster.domain.vintage import Issue, Vintage
from forecaster.fitting import Trained, train
from forecaster.laps import Laps
from forecaster.preparing import Prepared, digest_of, prepare
from forecaster.publishing import Terms, conclude, only_recorded
from forecaster.rematch import Course, Rematch, candidates_of
from forecaster.remembering import RememberingEngine
from forecaster.settling import Settled, settled


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world."""

    reports: ReportStore
    engine: Engine
    run_log: RunLog
    vintages: VintageStore
    clock: Callable[[], float] = perf_counter  # seconds, for how long phases took


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    experiment: Experiment
    as_of: datetime
    issued_at: datetime
    sectors: Collection[str] | None = None  # None: all
    force: bool = False  # into service whatever speaks against it
    tried: bool = False  # recorded, and put in service on no account
    job_id: str | None = None
    version: str | None = None  # of the report store; None: as it is when the run begins
    resumes: bool = False  # data and instants are fixed: what a killed attempt of the job has done is not done again
    code_version: str = "unknown"
    by: str = ""  # who asks for it, where no job does
    inputs: Mapping[str, str] = field(default_factory=dict)  # files that the record keeps: experiment and catalogue
    environment: Mapping[str, str] = field(default_factory=dict)  # what the run computes with


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    run_id: str
    vintage_id: str | None  # None: the champion stayed
    decision: Decision
    forecast: int  # series with forecasts
    without: int  # series without
    failures: tuple[Mapping[str, Any], ...] = ()  # models that failed, by series
    recorded: bool = True  # False: the run log is out of reach, and gets the record later


def run(order: Order, *, ports: Ports, catalogue: Catalogue, progress: Progress) -> Result:
    """Train, record, decide and, if the decision says so, put the forecasts in service.

    Args:
        order: the experiment and the instant whose knowledge it may use.
        ports: store, engine, log and vintages.
        catalogue: what the reports mean.
        progress: told each step, in lines that know theirs.

    Returns:
        How it ended; whatever fails before the end leaves the vintage in service as it was.

    Raises:
        NothingToForecast: no series has enough data.
        BadParameter: a sector that the catalogue does not have.
        AliasNotMoved: the run log failed at the very end, when everything else was done.
    """
    begin = partial(ports.run_log.begin, order.experiment.name, job_id=order.job_id, resumes=order.resumes)
    with begun(begin) as opened:
        try:
            return _run(order, opened, ports=ports, catalogue=catalogue, progress=in_steps(progress))
        except AliasNotMoved:  # the run is recorded and its decision carried out
            raise
        except BaseException as error:  # an interrupted run must not look as if it still ran
            _close(ports.run_log, opened, error=error)
            raise


def _close(run_log: RunLog, opened: Begun, *, error: BaseException) -> None:
    """Close a failed run; the error that made it fail is the one to tell, whatever happens here."""
    killed = not isinstance(error, Exception)
    run_id = "that was begun"
    try:
        run_id = opened.run_id()
        run_log.fail(run_id, reason=f"{type(error).__name__}: {error}", killed=killed)
    except Exception as second:  # noqa: BLE001  # named beside the first one, which is raised
        if second is error:  # it could not be opened, which is all that failed
            return
        error.add_note(f"Besides, run {run_id} could not be closed in the run log: {type(second).__name__}: {second}")


def _run(order: Order, opened: Begun, *, ports: Ports, catalogue: Catalogue, progress: Progress) -> Result:
    if order.resumes:
        opened.run_id()  # the run log is asked for what was settled next, and takes one call at a time
        by = _by(order)
        before = settled(by, run_log=ports.run_log, vintages=ports.vintages, progress=progress)
        if before is not None:
            told = f"settled before this job was interrupted: {before.concluded.decision.reason}"
            progress(Said(told, step=DECISION))
            return _answer(before)
    laps = Laps(wall=ports.clock)
    version = (
        order.version or ports.reports.version()
    )  # named first, and then read: what comes in meanwhile is not in this run
    known = ports.reports.read(as_of=order.as_of, version=version)
    experiment = order.experiment
    ready = prepare(
        known,
        as_of=order.as_of,
        sectors=order.sectors,
        horizon=experiment.horizon,
        catalogue=catalogue,
        progress=progress,
    )
    laps.lap("panel")
    progress = opened.watched(progress)
    champion = ports.vintages.issue_in_service()
    engine = RememberingEngine(ports.engine, candidates=candidates_of(champion, run=experiment))
    trained = train(
        ready.eligible,
        around=ready.recent,
        experiment=experiment,
        engine=engine,
        catalogue=catalogue,
        progress=progress,
        lap=partial(_lap, laps=laps, opened=opened, run_log=ports.run_log),
    )
    run_id = opened.run_id()
    vintage = _vintage(order, run_id, trained, ready=ready, catalogue=catalogue)
    course = Course(ready.eligible, ready.recent, experiment, catalogue, order.code_version)
    rematch = Rematch(course, engine=engine, progress=progress)
    laps.lap("vintage")
    if champion is not None:
        rematch.prepare(champion)
    laps.lap("champion")
    concluded = (only_recorded if order.tried else conclude)(
        vintage,
        run_id=run_id,
        terms=Terms(experiment.gate, order.sectors or None, order.force, by=_by(order)),
        compare=partial(rematch.against, challenger=vintage.scores),
        record=partial(_record, order, trained=trained, ready=ready, version=version, laps=laps),
        run_log=ports.run_log,
        vintages=ports.vintages,
        progress=progress,
    )
    forecast = trained.forecasts["series_id"].n_unique()
    return Result(
        run_id=run_id,
        vintage_id=concluded.vintage_id,
        decision=concluded.decision,
        forecast=forecast,
        without=len(ready.wanted) - forecast,
        failures=failures(vintage.series),
        recorded=concluded.recorded,
    )


def _lap(phase: str, *, laps: Laps, opened: Begun, run_log: RunLog) -> None:
    laps.lap(phase)
    if phase == "variants":
        opened.start()
    if phase == "models":
        run_log.get_ready()


def _answer(before: Settled) -> Result:
    """What a run that a killed attempt has settled would have answered."""
    forecast = before.series.filter(pl.col("row_count") > 0).height
    return Result(
        run_id=before.run_id,
        vintage_id=before.concluded.vintage_id,
        decision=before.concluded.decision,
        forecast=forecast,
        without=before.series.height - forecast,
        failures=failures(before.series),
        recorded=before.concluded.recorded,
    )


def _by(order: Order) -> str:
    return f"job {order.job_id}" if order.job_id else order.by


def _vintage(
    order: Order,
    run_id: str,
    trained: Trained,
    *,
    ready: Prepared,
    catalogue: Catalogue,
) -> Vintage:
    stamp = order.issued_at.strftime("%Y-%m-%dT%H-%M-%SZ")
    issue = Issue(
        vintage_id=f"{stamp}-{run_id[:4]}",
        issued_at=order.issued_at,
        data_as_of=order.as_of,
        experiment=order.experiment.name,
        run_id=run_id,
        model_version="",
        decision="",
        code_version=order.code_version,
        reconciliation=order.experiment.reconciliation,
        apart=trained.apart,
        method=experiment_text(order.experiment),
    )
    series = series_rows(
        catalogue,
        panel=ready.panel,
        reports=ready.reports,
        reasons=ready.reasons,
        forecasts=trained.forecasts,
        weights=trained.weights,
        failed=trained.failed,
        backtest=by_series(trained.blocks, scales=trained.scales, coverage=trained.coverage),
        today=order.issued_at.date(),
    )
    held = ready.panel.filter(pl.col("unique_id").is_in(series["series_id"].to_list())).sort("unique_id", "ds")
    scores = by_fold(trained.blocks, scales=trained.scales)
    return Vintage(issue, trained.forecasts, series, held, scores, trained.ranks, ready.reports)


def _record(
    order: Order, vintage: Vintage, decision: Decision, *, trained: Trained, ready: Prepared, version: str, laps: Laps
) -> RunRecord:
    ingested = ready.reports["ingested_at"].max()
    return RunRecord(
        experiment=order.experiment,
        job_id=order.job_id,
        tags={
            "code_version": order.code_version,
            "report_store_version": version,
            "reports_digest": digest_of(ready.reports),
            "reports_ingested_by": ingested.isoformat() if isinstance(ingested, datetime) else "",
            "as_of": order.as_of.isoformat(),
            "sectors": json.dumps(sorted(order.sectors)) if order.sectors else "all",
            "forced": json.dumps(order.force),
        },
        inputs=order.inputs,
        environment=order.environment,
        spent=laps.spent(),
        reports=ready.reports,
        vintage=vintage,
        blocks=trained.blocks,
        scales=trained.scales,
        coverage=trained.coverage,
        levels=trained.levels,
        variants=trained.variants,
        past=trained.past,
        failed=trained.failed,
        cpu_seconds=trained.cpu_seconds,
        decision=decision,
        tried=order.tried,
    )
