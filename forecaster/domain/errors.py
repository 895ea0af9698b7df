"""Every error that the product raises on purpose.

```
ForecasterError
├── BadInput                 the caller can mend it: exit code 2, HTTP 4xx
│   ├── UnknownSeries
│   ├── UnknownName          of a sector, measure, region, segment or source
│   ├── NoForecast           a known series without one, and why
│   ├── UnknownVintage
│   ├── UnknownCursor        no list goes on there
│   ├── NoVintageThen        none of those kept was in service at an instant
│   ├── UnknownModel         no kept vintage has this id or model version
│   ├── NothingToRollBackTo
│   ├── ServiceMoved         another vintage went into service meanwhile
│   ├── UnknownSchedule
│   ├── UnknownExperiment
│   ├── UnknownKey
│   ├── KeyNeeded            no key, or none that is known: HTTP 401
│   ├── ScopeMissing         a key that may not do this: HTTP 403
│   ├── BodyTooLarge         HTTP 413
│   ├── BodyTooSlow          HTTP 408
│   ├── UnknownJob
│   ├── JobEnded             it can't be cancelled any more
│   ├── ScheduleExists
│   ├── KeyReused            an Idempotency-Key that began another job
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
│   ├── MediaNotRead         a body of a kind that is not read here: HTTP 415
│   ├── BadReportFile
│   ├── BadPanel
│   ├── RefusedRelease
│   └── ServiceRefused       a service asked over HTTP says what to mend
├── NothingPublished         no vintage is in service yet: HTTP 503
├── BrokenVintage            a vintage's files are not what its manifest says
├── NothingToForecast        no series has enough data
├── JobsUnreachable          the jobs database does not answer: HTTP 503
├── BadKeyFile               the keys can't be read, so nobody is let in
├── AliasNotMoved            a run's outcome stands, but the run log does not show it
├── MlflowFault              MLflow's alias can't be read or moved
├── StoreConflict            another writer kept winning
├── PartNotInstalled        this installation lacks what an address needs: HTTP 501
├── IntakeFailed            what takes releases in broke down
├── StoreVersionGone         the report store can no longer be read as it was
├── PlaceUnusable            a folder can't be read or written: rights, room, a file in its way
├── ServiceUnavailable       a service asked over HTTP failed, or is not there
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


class NothingToRollBackTo(BadInput):
    """No kept vintage has been in service before, or not the one asked for."""

    def __init__(self, *, vintage_id: str | None, gone: Sequence[str]) -> None:
        self.vintage_id, self.gone = vintage_id, tuple(gone)
        lost = f" ({', '.join(gone)} was, and is no longer kept)" if gone else ""
        told = (
            f"Vintage {vintage_id} has never been in service; `sectorcast models promote` puts it there."
            if vintage_id
            else f"No vintage that is kept was in service before{lost}. `sectorcast models list` lists those kept."
        )
        super().__init__(told)


class ServiceMoved(BadInput):
    """Another vintage went into service while a change of it waited."""

    def __init__(self, *, expected: str | None, found: str | None) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            f"Meanwhile {found} went into service, where {expected or 'nothing'} was. Nothing was changed; look at "
            "`sectorcast models history` and ask again."
        )


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


class KeyNeeded(BadInput):
    """A request without a key, or with one that is not known."""

    def __init__(self, *, scope: str, presented: bool) -> None:
        self.scope, self.presented = scope, presented
        told = "The key is not known; it may have been revoked" if presented else "This needs a key"
        super().__init__(
            f"{told}. Send `Authorization: Bearer KEY` with a key of scope {scope}: `sectorcast keys add` makes one, "
            "and the file api-key in the home folder of the service holds the first."
        )


class ScopeMissing(BadInput):
    """A key that may not do what was asked."""

    def __init__(self, *, scope: str, key: str, scopes: Sequence[str]) -> None:
        self.scope, self.key, self.scopes = scope, key, tuple(scopes)
        super().__init__(f"The key {key!r} has {', '.join(scopes)}; this needs {scope}. Use a key that has it.")


class BodyTooLarge(BadInput):
    """A request that sends more than may be sent to its address."""

    def __init__(self, *, most: int) -> None:
        self.most = most
        super().__init__(f"The body is larger than {most:,} bytes; nothing was stored. Send it in parts.")


class BodyTooSlow(BadInput):
    """A request whose body did not come in time."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The body did not come within {seconds:g} seconds; nothing was stored. Send it in parts.")


class UnknownJob(BadInput):
    """A job that does not exist."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"No job is called {job_id!r}. GET /v1/jobs lists them.")


class JobEnded(BadInput):
    """A job that has ended, so that it can't be cancelled."""

    def __init__(self, job_id: str, *, state: str) -> None:
        self.job_id, self.state = job_id, state
        super().__init__(f"Job {job_id} has {state}; there is nothing to cancel.")


class ScheduleExists(BadInput):
    """A schedule that was to be made and is there already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"A schedule is called {name!r} already. Change it with PATCH, or choose another name.")


class KeyReused(BadInput):
    """An Idempotency-Key that began a job with another order."""

    def __init__(self, *, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"This Idempotency-Key began {job_id} with another order. Send a new key for a new job.")


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


class MediaNotRead(BadInput):
    """A body of a kind that is not read here."""

    def __init__(self, *, given: str, read: tuple[str, ...]) -> None:
        self.given, self.read = given, read
        super().__init__(
            f"A body of Content-Type {given!r} is not read here. Send the file itself as the body, not as a form and"
            f" not packed, as one of {', '.join(read)}."
        )


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


class ServiceRefused(BadInput):
    """A service that was asked over HTTP says what is wrong with the request."""

    def __init__(self, *, status: int, problem: str, told: str, errors: tuple[dict[str, str], ...] = ()) -> None:
        self.status, self.problem, self.told, self.errors = status, problem, told, errors
        super().__init__(told)


class NothingPublished(ForecasterError):
    """No vintage is in service."""

    def __init__(self) -> None:
        super().__init__("No forecasts are published yet. `sectorcast retrain` makes them; try again then.")


class BrokenVintage(ForecasterError):
    """A vintage whose files do not match its manifest."""

    def __init__(self, *, vintage_id: str, what: str) -> None:
        self.vintage_id, self.what = vintage_id, what
        super().__init__(f"Vintage {vintage_id} can't be served: {what}. Train again with `sectorcast retrain`.")


class JobsUnreachable(ForecasterError):
    """The database of jobs and schedules can't be read or written."""

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(f"Jobs and schedules can't be reached: {why}. Forecasts are served all the same; try again.")


class BadKeyFile(ForecasterError):
    """A file of keys that can't be read."""

    def __init__(self, *, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"The keys in {file} can't be used: {what}")


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
            f"{model_version} of the model ({why}). `sectorcast worker` moves it as soon as it can."
        )


class MlflowFault(ForecasterError):
    """MLflow's alias could not be read or moved."""

    def __init__(self, *, address: str, why: str) -> None:
        self.address, self.why = address, why
        super().__init__(f"MLflow at {address} did not do what it was asked for: {why.rstrip('.')}.")


class StoreConflict(ForecasterError):
    """Other writers kept committing first."""

    def __init__(self, *, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(f"The report store was busy in {attempts} attempts; nothing was stored. Try again.")


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


class StoreVersionGone(ForecasterError):
    """A state of the report store that it no longer keeps."""

    def __init__(self, version: str, *, why: str) -> None:
        self.version, self.why = version, why
        super().__init__(f"The report store can't be read as of its version {version}: {why}.")


class PlaceUnusable(ForecasterError):
    """A place that figures are read from or written to, and the system refuses."""

    def __init__(self, *, place: str, why: str, remedy: str) -> None:
        self.place, self.why, self.remedy = place, why, remedy
        super().__init__(f"{place} can't be used: {why}. Nothing was stored. {remedy}")


class ServiceUnavailable(ForecasterError):
    """A service that was asked over HTTP failed, is busy, or can't be reached."""

    def __init__(self, *, status: int | None, told: str) -> None:
        self.status, self.told = status, told
        super().__init__(told if status is None else f"The service answers {status}: {told}")


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
