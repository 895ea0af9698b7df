"""What a run says while it goes on: lines for people, which know the step that they belong to and how far it is."""

from collections.abc import Mapping
from typing import Any, Self

from forecaster.domain.ports import Progress
from forecaster.domain.steps import PANEL

MARK = "#"
"""Parts the id of a series from what else the engine is asked to forecast for it."""


class Said(str):
    """A line that knows more than its text; a line is a string everywhere else, and stays one.

    Args:
        text: the line.
        step: one of STEPS; None: the step that is going on.
        done: series that the step is through with.
        total: series that it has; given with `done`.
        failed: models that failed, of one series: series_id, failed (each with model and reason).
    """

    step: str | None
    done: int | None
    total: int | None
    failed: Mapping[str, Any] | None

    def __new__(  # noqa: D102  # the class says it
        cls,
        text: str,
        *,
        step: str | None = None,
        done: int | None = None,
        total: int | None = None,
        failed: Mapping[str, Any] | None = None,
    ) -> Self:
        said = super().__new__(cls, text)
        said.step, said.done, said.total, said.failed = step, done, total, failed
        return said


def said(line: str) -> Said:
    """A line as one that may know more."""
    return line if isinstance(line, Said) else Said(line)


def behind(progress: Progress, prefix: str, *, step: str | None = None) -> Progress:
    """Passes lines on behind a prefix, with what they know.

    Args:
        progress: takes them.
        prefix: what each begins with.
        step: to which all of them belong; None: each to its own.
    """

    def tell(line: str) -> None:
        own = said(line)
        progress(Said(prefix + line, step=step or own.step, done=own.done, total=own.total, failed=own.failed))

    return tell


def uncounted(progress: Progress) -> Progress:
    """Passes lines on without their counts, where they are counts of a part."""

    def tell(line: str) -> None:
        own = said(line)
        progress(Said(line, step=own.step, failed=own.failed))

    return tell


def in_steps(progress: Progress) -> Progress:
    """Passes lines on, each with its step: its own, else that of the line before; at first it is the panel."""
    step = PANEL

    def tell(line: str) -> None:
        nonlocal step
        own = said(line)
        step = own.step or step
        progress(Said(line, step=step, done=own.done, total=own.total, failed=own.failed))

    return tell


def series_of(key: str) -> str:
    """The series that a key of the engine belongs to: a variant or a driver is no series of its own."""
    return key.partition(MARK)[0]


def failure(key: str, *, reasons: Mapping[str, str]) -> Said:
    """The line about models that gave no forecast.

    Args:
        key: the engine's, of a series or of a variant of one.
        reasons: model -> why.
    """
    series_id, _, variant = key.partition(MARK)
    named = {f"{variant}: {model}" if variant else model: reason for model, reason in reasons.items()}
    told = "; ".join(f"{model} ({reason})" for model, reason in named.items())
    failed = [{"model": model, "reason": reason} for model, reason in named.items()]
    return Said(f"{series_id}: no forecast by {told}", failed={"series_id": series_id, "failed": failed})
