"""Which old records may go: never what was in service, nor what is new or named."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """What is kept besides all that ever was in service."""

    keep: int  # the newest of each experiment
    older_than: timedelta  # what is younger stays too


@dataclass(frozen=True, slots=True)
class OldRun:
    """A finished run, as its log keeps it."""

    run_id: str
    experiment: str
    ended_at: datetime
    vintage_id: str  # what it forecast, in service or not
    named: bool  # an alias names its model version


@dataclass(frozen=True, slots=True)
class OldVintage:
    """A vintage that is kept."""

    vintage_id: str
    experiment: str
    issued_at: datetime


def runs_to_prune(runs: Iterable[OldRun], *, kept: Collection[str], rule: Rule, now: datetime) -> list[OldRun]:
    """Runs whose files may go, the oldest first.

    Args:
        runs: all that still have their files.
        kept: vintages that stay or were in service: whoever promotes one of them needs its run's model.
        rule: what is kept.
        now: what age is told by.
    """
    runs = tuple(runs)
    newest = _newest(((run.experiment, run.ended_at, run.run_id) for run in runs), keep=rule.keep)
    found = [
        run
        for run in runs
        if run.run_id not in newest
        and run.vintage_id not in kept
        and not run.named
        and now - run.ended_at > rule.older_than
    ]
    return sorted(found, key=lambda run: (run.ended_at, run.run_id))


def vintages_to_prune(
    vintages: Iterable[OldVintage], *, served: Collection[str], named: Collection[str], rule: Rule, now: datetime
) -> list[OldVintage]:
    """Vintages that may go, the oldest first.

    Args:
        vintages: all that are kept.
        served: those that ever were in service.
        named: those whose model version an alias names.
        rule: what is kept.
        now: what age is told by.
    """
    vintages = tuple(vintages)
    newest = _newest(((one.experiment, one.issued_at, one.vintage_id) for one in vintages), keep=rule.keep)
    spared = {*newest, *served, *named}
    found = [one for one in vintages if one.vintage_id not in spared and now - one.issued_at > rule.older_than]
    return sorted(found, key=lambda one: (one.issued_at, one.vintage_id))


def _newest(records: Iterable[tuple[str, datetime, str]], *, keep: int) -> set[str]:
    """The ids of the newest of each experiment."""
    by_experiment: dict[str, list[tuple[datetime, str]]] = {}
    for experiment, at, record_id in records:
        by_experiment.setdefault(experiment, []).append((at, record_id))
    return {record_id for each in by_experiment.values() for _, record_id in sorted(each, reverse=True)[:keep]}
