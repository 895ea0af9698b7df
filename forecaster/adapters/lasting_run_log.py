"""A run log that outlasts MLflow's absence: what MLflow can't take now waits on disk; implements `ports.RunLog`."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from forecaster.adapters.mlflow_faults import reaching
from forecaster.adapters.mlflow_reach import check_answers
from forecaster.adapters.mlflow_run_log import MlflowRunLog
from forecaster.adapters.recorded_before import own_id
from forecaster.adapters.run_artifacts import get_ready_to_draw, write_charts, write_figures
from forecaster.adapters.run_sheet import Sheet, sheet_of, sheet_text
from forecaster.adapters.store_faults import reaching as writing
from forecaster.adapters.unrecorded_runs import FILES, SHEET, UnrecordedRuns
from forecaster.domain.errors import MlflowFault
from forecaster.domain.ports import Progress, Recorded, RunRecord
from forecaster.domain.unrecorded import ALIAS, FAILURE, RECORD, Waiting

T = TypeVar("T")


class LastingRunLog:
    """MLflow while it answers, a folder while it does not.

    Args:
        address: of MLflow.
        open_log: opens it there; called once it answers.
        runs: those that wait.
        reports: address of the report table, which runs name as their data.
        beside: draws the charts of a run while MLflow takes its figures.
        clock: tells the time.
        told: what is not done now is said to it.
    """

    def __init__(
        self,
        address: str,
        *,
        open_log: Callable[[], MlflowRunLog],
        runs: UnrecordedRuns,
        reports: str,
        beside: Executor,
        clock: Callable[[], datetime],
        told: Progress,
    ) -> None:
        self._address, self._open_log, self._runs, self._reports = address, open_log, runs, reports
        self._beside, self._clock, self._told = beside, clock, told
        self._log: MlflowRunLog | None = None
        self._begun: dict[str, Waiting] = {}  # run id -> what would wait of it; a run of an earlier process has none

    def begin(self, experiment: str, *, job_id: str | None, resumes: bool = False) -> str:
        """Open a run, or go on with that of the job if it `resumes`; without MLflow, under an id of our own."""
        left = self._runs.of_job(job_id) if job_id is not None and resumes else None
        run_id = left.run_id if left else own_id(job_id if resumes else None)
        if left is None:
            try:
                log = self._opened()
                with reaching(self._address):
                    run_id = log.begin(experiment, job_id=job_id, resumes=resumes, own_id=run_id)
            except MlflowFault as fault:
                self._told(f"{fault} The run goes on, and is recorded there later.")
        now = self._clock()
        begun = left.begun if left else now
        self._begun[run_id] = Waiting(run_id, RECORD, experiment, job_id, begun, now)
        return run_id

    def fail(self, run_id: str, *, reason: str, killed: bool) -> None:
        """Close a run that did not end well, now or later."""
        with self._runs.alone(waiting=self._told):
            left = self._runs.of_run(run_id)
            if left is not None and left.what == RECORD:  # the record waits already: it failed after that
                self._runs.amend(replace(left, reason=reason, killed=killed))
                return
        one = replace(self._waiting(run_id), what=FAILURE, reason=reason, killed=killed)
        try:
            self._tried(lambda log: log.fail(self._found(log, one), reason=reason, killed=killed))
        except MlflowFault:
            self._keep(one)

    def get_ready(self) -> None:
        """Start what draws, which takes seconds to come up."""
        self._beside.submit(get_ready_to_draw)

    def record(self, run_id: str, record: RunRecord) -> Recorded:
        """Write the whole record, to MLflow or to wait for it; in both cases once, however often it is done."""
        now = self._clock()
        with self._runs.alone(waiting=self._told), self._runs.drafted() as draft:
            drawn = self._beside.submit(write_charts, record, draft / FILES)
            try:
                with self._writing():
                    write_figures(record, draft / FILES)
                sheet = sheet_of(record, reports=self._reports, now_ms=_ms(now))
                one = replace(self._waiting(run_id), vintage_id=sheet.vintage_id)
                recorded = self._taken(one, sheet, draft=draft, drawn=drawn)
            finally:
                wait([drawn])  # nothing may draw in a folder that is removed
        if not recorded.waits:
            self._begun[recorded.run_id] = replace(one, run_id=recorded.run_id)
        return recorded

    def _taken(self, one: Waiting, sheet: Sheet, *, draft: Path, drawn: Future[None]) -> Recorded:
        """What MLflow takes, or what waits for it, with all files."""

        def all_drawn() -> None:
            with self._writing():
                drawn.result()

        try:
            recorded = self._tried(
                lambda log: log.take(self._found(log, one), sheet, folder=draft / FILES, drawn=all_drawn)
            )
        except MlflowFault as fault:
            self._told(f"{fault} The run is recorded there later.")
            all_drawn()
            self._keep_record(one, sheet, draft=draft)
            return Recorded(one.run_id, "", waits=True)
        left = self._runs.of_run(one.run_id)
        if left is not None:  # of an attempt that was killed after it
            self._runs.forget(left)
        return recorded

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Point an alias at the run's model version.

        Raises:
            MlflowFault: it does not now; what is left to do waits.
        """
        try:
            self._tried(lambda log: log.crown(recorded, alias=alias))
        except MlflowFault:
            one = replace(self._waiting(recorded.run_id), what=ALIAS, alias=alias)
            self._keep(replace(one, model_version=recorded.model_version))
            raise

    def _waiting(self, run_id: str) -> Waiting:
        now = self._clock()
        return replace(self._begun.get(run_id) or Waiting(run_id, RECORD, "", None, now, now), ended=now)

    def _keep(self, one: Waiting) -> None:
        with self._runs.alone(waiting=self._told), self._runs.drafted() as draft:
            self._runs.keep(one, draft=draft)

    def _keep_record(self, one: Waiting, sheet: Sheet, *, draft: Path) -> None:
        with self._writing():
            (draft / SHEET).write_text(sheet_text(sheet), encoding="utf-8")
            self._runs.keep(one, draft=draft)

    def _writing(self) -> AbstractContextManager[None]:
        return writing(f"The folder of runs that wait for MLflow, {self._runs.root},", elsewhere="SECTORCAST_HOME")

    def _found(self, log: MlflowRunLog, one: Waiting) -> str:
        return log.found(one.run_id, experiment=one.experiment, job_id=one.job_id, begun=_ms(one.begun))

    def _opened(self) -> MlflowRunLog:
        check_answers(self._address)
        if self._log is None:
            with reaching(self._address):
                self._log = self._open_log()
        return self._log

    def _tried(self, step: Callable[[MlflowRunLog], T]) -> T:
        """A step that may be done twice, done again where it fails though MLflow answers: connections drop."""
        for last in (False, True):
            log = self._opened()
            try:
                with reaching(self._address):
                    return step(log)
            except MlflowFault:
                if last:
                    raise
        raise AssertionError("the second time returns or raises")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
