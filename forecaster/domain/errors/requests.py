"""What a request or a command asks for and can't have."""

from collections.abc import Sequence

from forecaster.domain.errors.base import BadInput


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


class KeyReused(BadInput):
    """An Idempotency-Key that began a job with another order."""

    def __init__(self, *, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"This Idempotency-Key began {job_id} with another order. Send a new key for a new job.")


class ScheduleExists(BadInput):
    """A schedule that was to be made and is there already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"A schedule is called {name!r} already. Change it with PATCH, or choose another name.")


class JobEnded(BadInput):
    """A job that has ended, so that it can't be cancelled."""

    def __init__(self, job_id: str, *, state: str) -> None:
        self.job_id, self.state = job_id, state
        super().__init__(f"Job {job_id} has {state}; there is nothing to cancel.")


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


class NotReproducible(BadInput):
    """A run that can't be run again from its record."""

    def __init__(self, run_id: str, *, why: str) -> None:
        self.run_id, self.why = run_id, why
        super().__init__(f"Run {run_id} can't be run again: {why}.")


class ServiceRefused(BadInput):
    """A service that was asked over HTTP says what is wrong with the request."""

    def __init__(self, *, status: int, problem: str, told: str, errors: tuple[dict[str, str], ...] = ()) -> None:
        self.status, self.problem, self.told, self.errors = status, problem, told, errors
        super().__init__(told)
