"""What is written wrongly: catalogues, experiments, settings, reports, panels."""

from dataclasses import dataclass

from forecaster.domain.errors.base import BadInput


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


class BadReportFile(BadInput):
    """A report file that can't be read at all."""

    def __init__(self, *, file: str, what: str) -> None:
        self.file, self.what = file, what
        super().__init__(f"{file}: {what}")


class BadPanel(BadInput):
    """A panel of the caller's own that can't be forecast."""

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
