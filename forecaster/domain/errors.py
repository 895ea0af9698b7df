"""Every error that the product raises on purpose.

```
ForecasterError
├── BadInput                 the caller can mend it: exit code 2, HTTP 4xx
│   ├── UnknownSeries
│   ├── UnknownName          of a sector, measure, region, segment or source
│   ├── NoForecast           a known series without one, and why
│   ├── UnknownVintage
│   ├── NoVintageThen        none of those kept was in service at an instant
│   ├── UnknownSchedule
│   ├── UnknownExperiment
│   ├── UnknownRun           of MLflow
│   ├── NoRunYet             of an experiment
│   ├── NotReproducible      a run whose record lacks what running it again needs
│   ├── HorizonTooLong
│   ├── QuantileNotStored
│   ├── BadCatalogue
│   ├── BadExperiment
│   ├── BadSetting
│   ├── BadParameter
│   ├── FormatNotOffered
│   ├── BadReportFile
│   ├── BadPanel
│   └── RefusedRelease
├── NothingPublished         no vintage is in service yet: HTTP 503
├── BrokenVintage            a vintage's files are not what its manifest says
├── NothingToForecast        no series has enough data
├── AliasNotMoved            a run's outcome stands, but the run log does not show it
├── StoreConflict            another writer kept winning
├── StoreVersionGone         the report store can no longer be read as it was
├── PlaceUnusable            a folder can't be read or written: rights, room, a file in its way
├── HomeInUse                another process serves from the same folder
├── PortInUse                another program listens there
├── PartDied                 one of the processes of `sectorcast up` ended
└── JobFailed                a run that a job carried out did not end well
```
Each carries its facts as attributes; its text says what is wrong, where, and what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches


class ForecasterError(Exception):
    """Base of every error raised on purpose."""


class BadInput(ForecasterError):
    """The caller can mend it."""


class UnknownSeries(BadInput):
    """A series_id that the catalogue or the vintage does not hold."""

    def __init__(self, series_id: str, *, known: list[str] | None = None) -> None:
        self.series_id = series_id
        self.nearest = tuple(get_close_matches(series_id, known or [], n=3, cutoff=0.5))
        hint = f" Did you mean {', '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"No series is called {series_id!r}.{hint} `sectorcast series` lists them all.")


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


class NoVintageThen(BadInput):
    """No vintage that is kept was in service at an instant."""

    def __init__(self, *, at: datetime, oldest: datetime | None, gone: str | None = None) -> None:
        self.at, self.oldest, self.gone = at, oldest, gone
        kept = f"the oldest kept went into service {oldest:%Y-%m-%dT%H:%M:%SZ}" if oldest else "none is kept"
        told = f"the one then in service, {gone}, is no longer kept" if gone else kept
        super().__init__(f"No vintage is kept of {at:%Y-%m-%dT%H:%M:%SZ}: {told}. Ask for a later instant.")


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


class NotReproducible(BadInput):
    """A run that can't be run again from its record."""

    def __init__(self, run_id: str, *, why: str) -> None:
        self.run_id, self.why = run_id, why
        super().__init__(f"Run {run_id} can't be run again: {why}.")


class HorizonTooLong(BadInput):
    """More months asked for than were forecast."""

    def __init__(self, *, asked: int, available: int) -> None:
        self.asked, self.available = asked, available
        super().__init__(f"Asked for {asked} months ahead; {available} are available. Ask for 1 to {available}.")


class QuantileNotStored(BadInput):
    """A quantile or level that no vintage holds."""

    def __init__(self, *, name: str, asked: float, available: tuple[float, ...]) -> None:
        self.name, self.asked, self.available = name, asked, available
        listed = ", ".join(f"{value:g}" for value in available)
        super().__init__(f"{asked:g} is not stored. Choose among {listed}.")


class BadCatalogue(BadInput):
    """The catalogue contradicts itself or can't be read."""

    def __init__(self, *, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"Catalogue, {where}: {what}")


class BadExperiment(BadInput):
    """An experiment file with an unknown key or an impossible value."""

    def __init__(self, *, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"Experiment, {where}: {what}")


class BadSetting(BadInput):
    """An unknown or impossible SECTORCAST_* variable."""

    def __init__(self, *, name: str, what: str) -> None:
        self.name, self.what = name, what
        super().__init__(f"Setting {name}: {what}")


class BadParameter(BadInput):
    """A parameter of a request or command that can't be used."""

    def __init__(self, *, name: str, what: str) -> None:
        self.name, self.what = name, what
        super().__init__(f"{name}: {what}")


class FormatNotOffered(BadInput):
    """None of the formats that the caller accepts is offered here."""

    def __init__(self, *, asked: str, offered: tuple[str, ...]) -> None:
        self.asked, self.offered = asked, offered
        super().__init__(f"{asked!r} is not offered here. Ask for one of {', '.join(offered)}.")


class BadReportFile(BadInput):
    """A report file that can't be read at all."""

    def __init__(self, *, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"{file}: {what}")


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one line of a report file, and the remedy."""

    line: int
    column: str
    what: str
    mild: bool = False  # of a doubt: two statements that agree to rounding


class BadPanel(BadInput):
    """A panel of the caller's own that can't be forecast."""

    def __init__(self, *, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"{file}: {what}")


class RefusedRelease(BadInput):
    """A release with lines in error; nothing of it was stored."""

    SHOWN = 20

    def __init__(self, *, file: str, problems: tuple[LineProblem, ...]) -> None:
        self.file, self.problems = file, problems
        shown = "\n".join(f"  line {p.line}, {p.column}: {p.what}" for p in problems[: self.SHOWN])
        more = len(problems) - self.SHOWN
        tail = f"\n  and {more} more" if more > 0 else ""
        counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{file}: {counted}, nothing was stored.\n{shown}{tail}")


class NothingPublished(ForecasterError):
    """No vintage is in service."""

    def __init__(self) -> None:
        super().__init__("No forecasts are published yet. `sectorcast retrain` makes them; try again then.")


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


class AliasNotMoved(ForecasterError):
    """A run was recorded and decided on, but the alias of its model could not be moved."""

    def __init__(self, *, vintage_id: str | None, alias: str, model_version: str, why: str) -> None:
        self.vintage_id, self.alias, self.model_version, self.why = vintage_id, alias, model_version, why
        stands = f"Vintage {vintage_id} is in service" if vintage_id else "The champion stays in service"
        super().__init__(
            f"{stands} and the run is recorded, but MLflow's alias {alias} could not be moved to version "
            f"{model_version} of the model ({why}). Move it in the MLflow UI."
        )


class StoreConflict(ForecasterError):
    """Other writers kept committing first."""

    def __init__(self, *, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(f"The report store was busy in {attempts} attempts; nothing was stored. Try again.")


class StoreVersionGone(ForecasterError):
    """A state of the report store that it no longer keeps."""

    def __init__(self, version: str, *, why: str) -> None:
        self.version, self.why = version, why
        super().__init__(f"The report store can't be read as of its version {version}: {why}.")


class PlaceUnusable(ForecasterError):
    """A place that figures are read from or written to, and the system refuses."""

    def __init__(self, *, place: str, why: str, remedy: str) -> None:
        self.place, self.why = place, why
        super().__init__(f"{place} can't be used: {why}. Nothing was stored. {remedy}")


class HomeInUse(ForecasterError):
    """Another `sectorcast up` runs on the same home folder."""

    def __init__(self, *, home: str) -> None:
        self.home = home
        super().__init__(f"Another `sectorcast up` uses {home}. Stop it, or set SECTORCAST_HOME to another folder.")


class PortInUse(ForecasterError):
    """Another program listens on a port that is needed."""

    def __init__(self, *, port: int, setting: str) -> None:
        self.port, self.setting = port, setting
        super().__init__(f"Port {port} is taken. Stop the program there, or set {setting} to a free port.")


class JobFailed(ForecasterError):
    """A run that a job carried out ended with an error."""

    def __init__(self, *, job_id: str, reason: str) -> None:
        self.job_id, self.reason = job_id, reason
        super().__init__(f"Job {job_id} failed: {reason}")


class PartDied(ForecasterError):
    """One of the processes of `sectorcast up` ended by itself; the others are stopped."""

    def __init__(self, *, part: str, how: str, log: str | None, last: tuple[str, ...]) -> None:
        self.part, self.how, self.log, self.last = part, how, log, last
        told = f"The last lines of {log}:\n" + "\n".join(f"  {line}" for line in last) if last else ""
        super().__init__(f"{part} {how}; everything else was stopped. `sectorcast up` starts again.\n{told}".rstrip())
