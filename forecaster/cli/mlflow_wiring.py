"""What stands between a run and MLflow: built from settings, as `wiring` builds the rest."""

from typing import TYPE_CHECKING

from forecaster.cli import output, wiring
from forecaster.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from forecaster.adapters.lasting_run_log import LastingRunLog
    from forecaster.adapters.mlflow_run_log import MlflowRunLog
    from forecaster.adapters.unrecorded_runs import UnrecordedRuns
    from forecaster.domain.unrecorded import Caught


def unrecorded(settings: Settings) -> "UnrecordedRuns":
    """The runs that wait for MLflow."""
    from forecaster.adapters.unrecorded_runs import UnrecordedRuns

    return UnrecordedRuns(settings.unrecorded_folder)


def run_log(settings: Settings) -> "MlflowRunLog":
    """MLflow as a run log; it has to be there.

    Raises:
        BadSetting: MLflow can't use its database.
    """
    from forecaster.adapters.mlflow_address import is_server
    from forecaster.adapters.mlflow_run_log import MlflowRunLog

    address = wiring.mlflow(settings)
    artifacts = None if is_server(address) else settings.artifacts_folder
    started = int(wiring.now().timestamp() * 1000)
    return MlflowRunLog(address, artifacts=artifacts, reports=settings.reports_address, now_ms=started)


def caught_up(settings: Settings) -> "Caught":
    """Record in MLflow what waits for it, as far as that can be done now."""
    from forecaster.adapters.late_records import LateRecords
    from forecaster.adapters.mlflow_client_alias import MlflowClientAlias
    from forecaster.catching_up import catch_up

    address = settings.mlflow_address
    late = LateRecords(address, open_log=lambda: run_log(settings), runs=unrecorded(settings))
    return catch_up(
        records=late, kept=wiring.kept(settings), aliases=MlflowClientAlias(address), progress=output.progress
    )


def lasting_run_log(settings: Settings, *, beside: "Executor") -> "LastingRunLog":
    """MLflow while it answers; else a folder, from which it gets its records later. `beside` draws the charts."""
    from forecaster.adapters.lasting_run_log import LastingRunLog

    return LastingRunLog(
        settings.mlflow_address,
        open_log=lambda: run_log(settings),
        runs=unrecorded(settings),
        reports=settings.reports_address,
        beside=beside,
        clock=wiring.now,
        told=output.progress,
    )
