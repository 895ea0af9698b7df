"""What the service lacks to answer or to train."""

from forecaster.domain.errors.base import ForecasterError


class NothingPublished(ForecasterError):
    """No vintage is in service."""

    def __init__(self) -> None:
        super().__init__(
            "No forecasts are published yet. A first run makes them: `sectorcast up` starts one by itself, "
            "`sectorcast retrain` is one. Try again then."
        )


class BrokenVintage(ForecasterError):
    """A vintage whose files do not match its manifest."""

    def __init__(self, *, vintage_id: str, what: str) -> None:
        self.vintage_id, self.what = vintage_id, what
        super().__init__(f"Vintage {vintage_id} can't be served: {what}. Train again with `sectorcast retrain`.")


class NothingToForecast(ForecasterError):
    """No series of those asked for has enough data."""

    def __init__(self, *, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        first = "; ".join(f"{key}: {value}" for key, value in list(reasons.items())[:3])
        super().__init__(f"None of {len(reasons)} series has enough data ({first}). Take in more reports.")


class JobsUnreachable(ForecasterError):
    """The database of jobs and schedules can't be read or written."""

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(f"Jobs and schedules can't be reached: {why}. Forecasts are served all the same; try again.")


class AlertsUnreachable(ForecasterError):
    """The database of alerts can't be read or written."""

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(f"Alerts can't be reached: {why}. Everything else goes on; try again.")


class AliasNotMoved(ForecasterError):
    """A run was recorded and decided on, but the alias of its model could not be moved."""

    def __init__(self, *, vintage_id: str | None, alias: str, model_version: str, why: str) -> None:
        self.vintage_id, self.alias, self.model_version, self.why = vintage_id, alias, model_version, why
        stands = f"Vintage {vintage_id} is in service" if vintage_id else "The champion stays in service"
        super().__init__(
            f"{stands} and the run is recorded, but MLflow's alias {alias} could not be moved to version "
            f"{model_version} of the model ({why}). `sectorcast worker` moves it as soon as it can."
        )


class MlflowFault(ForecasterError):
    """MLflow could not be reached, or failed."""

    def __init__(self, *, address: str, why: str) -> None:
        self.address, self.why = address, why
        super().__init__(f"MLflow at {address} did not do what it was asked for: {why.rstrip('.')}.")


class NotRecorded(ForecasterError):
    """A run that waits to be recorded in MLflow can't be, though MLflow is there."""

    def __init__(self, run_id: str, *, folder: str, why: str) -> None:
        self.run_id, self.folder, self.why = run_id, folder, why
        super().__init__(
            f"Run {run_id} can't be recorded in MLflow: {why.rstrip('.')}. It stays in {folder}; mend what is wrong "
            "and `sectorcast record` tries again, or remove that folder."
        )


class ServiceUnavailable(ForecasterError):
    """A service that was asked over HTTP failed, is busy, or can't be reached."""

    def __init__(self, *, status: int | None, told: str) -> None:
        self.status, self.told = status, told
        super().__init__(told if status is None else f"The service answers {status}: {told}")


class PartNotInstalled(ForecasterError):
    """Something that this installation leaves out."""

    def __init__(self, *, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(
            f"{what} is not part of this installation. Install sectorcast[{extra}], or ask one that has it."
        )


class IntakeFailed(ForecasterError):
    """The process that takes a release in did not end well."""

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(
            f"The release could not be taken in: {why}. Send it again; what is stored already is not stored twice."
        )


class JobFailed(ForecasterError):
    """A run that a job carried out ended with an error."""

    def __init__(self, *, job_id: str, reason: str) -> None:
        self.job_id, self.reason = job_id, reason
        super().__init__(f"Job {job_id} failed: {reason}")
