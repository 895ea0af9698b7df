"""What the machine refuses: folders, stores, ports, processes."""

from forecaster.domain.errors.base import ForecasterError


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
        self.place, self.why, self.remedy = place, why, remedy
        super().__init__(f"{place} can't be used: {why}. Nothing was stored. {remedy}")


class BadKeyFile(ForecasterError):
    """A file of keys that can't be read."""

    def __init__(self, *, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"The keys in {file} can't be used: {what}")


class HomeInUse(ForecasterError):
    """Another `sectorcast up` runs on the same home folder."""

    def __init__(self, *, home: str) -> None:
        self.home = home
        super().__init__(f"Another `sectorcast up` uses {home}. Stop it, or set SECTORCAST_HOME to another folder.")


class WorkerNameInUse(ForecasterError):
    """Another worker on the same jobs database has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"A worker named {name} is alive on this jobs database. Stop it, or set SECTORCAST_WORKER_NAME to another."
        )


class PortInUse(ForecasterError):
    """Another program listens on a port that is needed."""

    def __init__(self, *, port: int, setting: str) -> None:
        self.port, self.setting = port, setting
        super().__init__(f"Port {port} is taken. Stop the program there, or set {setting} to a free port.")


class PartDied(ForecasterError):
    """One of the processes of `sectorcast up` ended by itself; the others are stopped."""

    def __init__(self, *, part: str, how: str, log: str | None, last: tuple[str, ...]) -> None:
        self.part, self.how, self.log, self.last = part, how, log, last
        told = f"The last lines of {log}:\n" + "\n".join(f"  {line}" for line in last) if last else ""
        super().__init__(f"{part} {how}; everything else was stopped. `sectorcast up` starts again.\n{told}".rstrip())
