"""Use case: one run, from the reports known at an instant to forecasts in service."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import build_panel
from forecaster.domain.derived import with_derived
from forecaster.domain.eligibility import reasons_against
from forecaster.domain.errors import AliasNotMoved, BadParameter, NothingToForecast
from forecaster.domain.experiment import Experiment
from forecaster.domain.issue import NOT_ASKED, failures, series_rows
from forecaster.domain.method import method_text
from forecaster.domain.panel import latest_stretch
from forecaster.domain.ports import Engine, Progress, ReportStore, RunLog, RunRecord, VintageStore
from forecaster.domain.promotion import Decision
from forecaster.domain.summary import by_fold, by_series
from forecaster.domain.vintage import REPORTS_ORDER, Issue, Vintage
from forecaster.fitting import Trained, train
from forecaster.publishing import Terms, conclude
from forecaster.rematch import Course, Rematch, candidates_of
from forecaster.remembering import RememberingEngine


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world."""

    reports: ReportStore
    engine: Engine
    run_log: RunLog
    vintages: VintageStore


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    experiment: Experiment
    as_of: datetime
    issued_at: datetime
    sectors: Collection[str] | None = None  # None: all
    force: bool = False  # into service whatever speaks against it
    job_id: str | None = None
    code_version: str = "unknown"
    by: str = ""  # who asks for it, where no job does


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    run_id: str
    vintage_id: str | None  # None: the champion stayed
    decision: Decision
    forecast: int  # series with forecasts
    without: int  # series without
    failures: tuple[Mapping[str, Any], ...] = ()  # models that failed, by series


def run(order: Order, *, ports: Ports, catalogue: Catalogue, progress: Progress) -> Result:
    """Train, record, decide and, if the decision says so, put the forecasts in service.

    Args:
        order: the experiment and the instant whose knowledge it may use.
        ports: store, engine, log and vintages.
        catalogue: what the reports mean.
        progress: told each step.

    Returns:
        How it ended; whatever fails before the end leaves the vintage in service as it was.

    Raises:
        NothingToForecast: no series has enough data.
        BadParameter: a sector that the catalogue does not have.
        AliasNotMoved: the run log failed at the very end, when everything else was done.
    """
    run_id = ports.run_log.begin(order.experiment.name, job_id=order.job_id)
    try:
        return _run(order, run_id, ports=ports, catalogue=catalogue, progress=progress)
    except AliasNotMoved:  # the run is recorded and its decision carried out
        raise
    except BaseException as error:  # an interrupted run must not look as if it still ran
        _close(ports.run_log, run_id, error=error)
        raise


def _close(run_log: RunLog, run_id: str, *, error: BaseException) -> None:
    """Close a failed run; the error that made it fail is the one to tell, whatever happens here."""
    try:
        run_log.fail(run_id, reason=f"{type(error).__name__}: {error}", killed=not isinstance(error, Exception))
    except Exception as second:  # noqa: BLE001  # named beside the first one, which is raised
        error.add_note(f"Besides, run {run_id} could not be closed in the run log: {type(second).__name__}: {second}")


def _run(order: Order, run_id: str, *, ports: Ports, catalogue: Catalogue, progress: Progress) -> Result:
    reports = _declared(ports.reports.read(as_of=order.as_of), catalogue=catalogue, progress=progress)
    progress(f"reports: {reports.height:,} known on {order.as_of:%Y-%m-%d}")
    panel = with_derived(build_panel(reports, catalogue=catalogue).panel, catalogue=catalogue)
    wanted = _wanted(order, catalogue)
    recent = latest_stretch(panel)
    reasons = reasons_against(recent, catalogue=catalogue, today=order.as_of.date(), horizon=order.experiment.horizon)
    asked = frozenset(wanted)
    reasons = {**dict.fromkeys((key for key in catalogue.series if key not in asked), NOT_ASKED), **reasons}
    eligible = recent.filter(pl.col("unique_id").is_in([key for key in wanted if key not in reasons]))
    if eligible.is_empty():
        raise NothingToForecast(reasons={key: reasons[key] for key in wanted if key in reasons})
    progress(f"panel: {eligible['unique_id'].n_unique()} series to forecast, {len(reasons)} without enough data")
    champion = ports.vintages.issue_in_service()
    engine = RememberingEngine(ports.engine, candidates=candidates_of(champion, run=order.experiment))
    trained = train(
        eligible,
        around=recent,
        experiment=order.experiment,
        engine=engine,
        catalogue=catalogue,
        progress=progress,
    )
    vintage = _vintage(order, run_id, trained, panel=panel, reports=reports, reasons=reasons, catalogue=catalogue)
    course = Course(eligible, recent, order.experiment, catalogue, order.code_version)
    rematch = Rematch(course, engine=engine, progress=progress)
    if champion is not None:
        rematch.prepare(champion)
    version = ports.reports.version()
    concluded = conclude(
        vintage,
        run_id=run_id,
        terms=Terms(order.experiment.gate, order.sectors or None, order.force, by=_by(order)),
        compare=partial(rematch.against, challenger=vintage.scores),
        record=partial(_record, order, trained=trained, reports=reports, version=version),
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
        without=len(wanted) - forecast,
        failures=failures(vintage.series),
    )


def _by(order: Order) -> str:
    return f"job {order.job_id}" if order.job_id else order.by


def _declared(reports: pl.DataFrame, *, catalogue: Catalogue, progress: Progress) -> pl.DataFrame:
    """Reports of the catalogue's series, in REPORTS_ORDER; a store may hold more, taken in with another catalogue."""
    ours = pl.col("series_id").is_in(list(catalogue.series))
    others = reports.filter(~ours)
    if not others.is_empty():
        names = others["series_id"].unique().sort()
        progress(f"reports: {others.height:,} of series that the catalogue lacks are left out ({names[0]}, …)")
    return reports.filter(ours).sort(REPORTS_ORDER)


def _wanted(order: Order, catalogue: Catalogue) -> list[str]:
    for sector in order.sectors or ():
        if sector not in catalogue.sectors:
            raise BadParameter(name="sectors", what=f"{sector!r} is unknown; known: {', '.join(catalogue.sectors)}.")
    return [key for key, series in catalogue.series.items() if not order.sectors or series.sector in order.sectors]


def _vintage(
    order: Order,
    run_id: str,
    trained: Trained,
    *,
    panel: pl.DataFrame,
    reports: pl.DataFrame,
    reasons: dict[str, str],
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
        method=method_text(order.experiment),
    )
    series = series_rows(
        catalogue,
        panel=panel,
        reports=reports,
        reasons=reasons,
        forecasts=trained.forecasts,
        weights=trained.weights,
        failed=trained.failed,
        backtest=by_series(trained.blocks, scales=trained.scales, coverage=trained.coverage),
        today=order.issued_at.date(),
    )
    held = panel.filter(pl.col("unique_id").is_in(series["series_id"].to_list())).sort("unique_id", "ds")
    scores = by_fold(trained.blocks, scales=trained.scales)
    return Vintage(issue, trained.forecasts, series, held, scores, trained.ranks, reports)


def _record(
    order: Order, vintage: Vintage, decision: Decision, *, trained: Trained, reports: pl.DataFrame, version: str
) -> RunRecord:
    return RunRecord(
        experiment=order.experiment,
        job_id=order.job_id,
        tags={
            "code_version": order.code_version,
            "report_store_version": version,
            "as_of": order.as_of.isoformat(),
            "sectors": json.dumps(sorted(order.sectors)) if order.sectors else "all",
            "forced": json.dumps(order.force),
        },
        reports=reports,
        vintage=vintage,
        blocks=trained.blocks,
        scales=trained.scales,
        coverage=trained.coverage,
        levels=trained.levels,
        variants=trained.variants,
        failed=trained.failed,
        cpu_seconds=trained.cpu_seconds,
        decision=decision,
    )
