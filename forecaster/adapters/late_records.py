"""The runs that wait, recorded in MLflow at last; implements `unrecorded.LateRecords`."""

from collections.abc import Callable
from pathlib import Path

from mlflow.exceptions import MlflowException

from forecaster.adapters.mlflow_faults import reaching
from forecaster.adapters.mlflow_reach import check_answers
from forecaster.adapters.mlflow_run_log import CHALLENGER, MlflowRunLog, Span
from forecaster.adapters.run_sheet import Sheet, sheet_from
from forecaster.adapters.unrecorded_runs import FILES, SHEET, UnrecordedRuns
from forecaster.domain.errors import NotRecorded
from forecaster.domain.ports import Recorded
from forecaster.domain.unrecorded import ALIAS, FAILURE, Waiting


class LateRecords:
    """Records in MLflow what waits on disk.

    Args:
        address: of MLflow.
        open_log: opens it there; called once it answers.
        runs: those that wait.
    """

    def __init__(self, address: str, *, open_log: Callable[[], MlflowRunLog], runs: UnrecordedRuns) -> None:
        self._address, self._open_log, self._runs = address, open_log, runs
        self._log: MlflowRunLog | None = None

    def waiting(self) -> list[Waiting]:
        """Those that wait, the oldest first."""
        return self._runs.waiting()

    def record(self, one: Waiting) -> str:
        """Record a run, whole and once however often it is tried; returns its model version, "" without one.

        Raises:
            MlflowFault: MLflow can't be reached, or fails.
            NotRecorded: MLflow does not take it, or it can't be read.
        """
        check_answers(self._address)
        try:
            with self._runs.alone(), reaching(self._address):
                folder = self._runs.still(one)
                return "" if folder is None else self._recorded(one, folder=folder)
        except (MlflowException, OSError, ValueError, KeyError, TypeError) as error:
            where, why = str(self._runs.root / one.run_id), f"{type(error).__name__}: {error}"
            raise NotRecorded(one.run_id, folder=where, why=why) from error

    def forget(self, one: Waiting) -> None:
        """It is recorded; unless a later attempt of its job has put another record in its place."""
        self._runs.forget(one)

    def _recorded(self, one: Waiting, *, folder: Path) -> str:
        log = self._log = self._log or self._open_log()
        if one.what == ALIAS:
            if one.alias == CHALLENGER:  # the other one follows what is in service
                log.challenge(Recorded(one.run_id, one.model_version))
            return one.model_version
        span = Span(int(one.begun.timestamp() * 1000), int(one.ended.timestamp() * 1000))
        run_id = log.found(one.run_id, experiment=one.experiment, job_id=one.job_id, begun=span.begun)
        if one.what == FAILURE:
            log.fail(run_id, reason=one.reason, killed=one.killed, ended=span.ended)
            return ""
        sheet: Sheet = sheet_from((folder / SHEET).read_text(encoding="utf-8"))
        recorded = log.take(run_id, sheet, folder=folder / FILES, span=span)
        if one.reason:  # after it was written
            log.fail(run_id, reason=one.reason, killed=one.killed, ended=span.ended)
        elif not sheet.tried and not sheet.promoted:
            log.challenge(recorded)
        return recorded.model_version
