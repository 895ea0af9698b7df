"""What is asked for and is not there."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

from forecaster.domain.errors.base import BadInput


class UnknownSeries(BadInput):
    """A series_id that the catalogue or the vintage does not hold."""

    def __init__(self, series_id: str, *, known: list[str] | None = None) -> None:
        self.series_id = series_id
        self.nearest = tuple(get_close_matches(series_id, known or [], n=3, cutoff=0.5))
        hint = f" Did you mean {', '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"No series is called {series_id!r}.{hint} `sectorcast series` lists them all.")


class NotDeclared(BadInput):
    """A series that the vintage still has, asked for in a way that needs what the catalogue said of it."""

    def __init__(self, series_id: str, *, name: str) -> None:
        self.series_id, self.name = series_id, name
        super().__init__(f"The catalogue no longer declares {series_id}; ask for it without {name}.")


class UnknownName(BadInput):
    """A value that nothing has, asked for in a parameter that chooses among names."""

    SHOWN = 20

    def __init__(self, *, name: str, value: str, known: Sequence[str]) -> None:
        self.name, self.value = name, value
        plain = {one.casefold(): one for one in known}
        self.nearest = tuple(plain[one] for one in get_close_matches(value.casefold(), plain, n=3))
        self.what = f"{value!r} is unknown."
        if self.nearest:
            self.what += f" Did you mean {', '.join(self.nearest)}?"
        else:
            more = f" and {len(known) - self.SHOWN} more" if len(known) > self.SHOWN else ""
            self.what += f" There are {', '.join(known[: self.SHOWN]) or 'none'}{more}."
        super().__init__(f"{name}: {self.what}")


class NoForecast(BadInput):
    """A series of the vintage that could not be forecast."""

    def __init__(self, series_id: str, *, reason: str) -> None:
        self.series_id, self.reason = series_id, reason
        super().__init__(f"{series_id!r} has no forecast: {reason.rstrip('.')}. Its figures are under /observations.")


class UnknownVintage(BadInput):
    """A vintage id that was never published, or is no longer kept."""

    def __init__(self, vintage_id: str) -> None:
        self.vintage_id = vintage_id
        super().__init__(f"No vintage is called {vintage_id!r}. GET /v1/vintages lists them.")


class UnknownCursor(BadInput):
    """A cursor that no page of this list gave."""

    def __init__(self) -> None:
        self.name, self.what = "cursor", "no list goes on there; use `next_cursor` of the page before, as it is."
        super().__init__(f"{self.name}: {self.what}")


class NoVintageThen(BadInput):
    """No vintage that is kept was in service at an instant."""

    def __init__(self, *, at: datetime, oldest: datetime | None, gone: str | None = None) -> None:
        self.at, self.oldest, self.gone = at, oldest, gone
        kept = f"the oldest kept went into service {oldest:%Y-%m-%dT%H:%M:%SZ}" if oldest else "none is kept"
        told = f"the one then in service, {gone}, is no longer kept" if gone else kept
        super().__init__(f"No vintage is kept of {at:%Y-%m-%dT%H:%M:%SZ}: {told}. Ask for a later instant.")


class UnknownModel(BadInput):
    """A name that no kept vintage has, neither as its id nor as its model version."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        self.name = name
        self.nearest = tuple(get_close_matches(name, known, n=3))
        near = f" Did you mean {', '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(
            f"No vintage that is kept has the id or model version {name!r}.{near} `sectorcast models list` lists them."
        )


class UnknownAlert(BadInput):
    """An alert id that was never raised."""

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__(f"No alert is called {alert_id!r}. `sectorcast alerts list` lists them.")


class UnknownSchedule(BadInput):
    """A schedule that does not exist."""

    def __init__(self, name: str, *, known: list[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No schedule is called {name!r}; there are: {', '.join(known) or 'none'}.")


class UnknownExperiment(BadInput):
    """An experiment without a file."""

    def __init__(self, name: str, *, known: list[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No experiment is called {name!r}; there are: {', '.join(known) or 'none'}.")


class UnknownKey(BadInput):
    """A key that does not exist."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No key is called {name!r}; there are: {', '.join(known) or 'none'}.")


class UnknownJob(BadInput):
    """A job that does not exist."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"No job is called {job_id!r}. GET /v1/jobs lists them.")


class UnknownRun(BadInput):
    """A run id that the run log does not have."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(
            f"No run is called {run_id!r}. The MLflow UI lists them; take the id of a run with child runs."
        )


class NoRunYet(BadInput):
    """An experiment of which no run has ended well."""

    def __init__(self, experiment: str) -> None:
        self.experiment = experiment
        super().__init__(
            f"No run of {experiment!r} has ended well. `sectorcast experiment run {experiment}` makes one."
        )
