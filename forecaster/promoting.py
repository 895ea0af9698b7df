"""Use case: which of the kept vintages is in service, by hand; MLflow need not be up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from forecaster.domain.errors import MlflowFault, NothingPublished, NothingToRollBackTo, ServiceMoved, UnknownModel
from forecaster.domain.history import PROMOTED, PUBLISHED, ROLLED_BACK, AliasState, Cause, Event, before
from forecaster.domain.ports import Progress
from forecaster.domain.service_ports import Aliases, KeptVintages
from forecaster.domain.vintage import Issue

CHAMPION, FORMER, CHALLENGER = "champion", "former", "challenger"
"""In service; was in service; has never been."""


@dataclass(frozen=True, slots=True)
class Model:
    """A kept vintage, as it stands to service."""

    state: str  # CHAMPION, FORMER or CHALLENGER
    since: datetime | None  # when it last went into service
    issue: Issue


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a change of service."""

    vintage_id: str  # in service now
    model_version: str
    previous: str | None  # in service before; the same where it was there already
    reason: str
    alias: str | None  # why MLflow's alias does not show it yet; None where it does


def models(kept: KeptVintages) -> list[Model]:
    """Every kept vintage, newest first."""
    serving = kept.in_service()
    since = {event.vintage_id: event.at for event in kept.events() if event.moved}
    return [_model(issue, serving=serving, since=since.get(issue.vintage_id)) for issue in kept.issues()]


def history(kept: KeptVintages) -> list[Event]:
    """What went into service or was refused, newest first; each with the reason as far as one is known."""
    issues = {issue.vintage_id: issue for issue in kept.issues()}
    return [_told(event, issues.get(event.vintage_id)) for event in reversed(kept.events())]


def promote(
    name: str, *, kept: KeptVintages, aliases: Aliases | None, by: str, reason: str = "", waiting: Progress
) -> Changed:
    """Put a kept vintage in service, whether it has been there before or not.

    Args:
        name: a vintage id, or the version of its model in MLflow.
        kept: the vintages.
        aliases: MLflow's alias follows at once; without it, or where it can't be reached, the watch moves it later.
        by: who does it, such as user@host.
        reason: what to write into the history besides.
        waiting: told if another writer has to end first.

    Raises:
        UnknownModel: no kept vintage has this name.
        ServiceMoved: another vintage went into service while this waited.
        BrokenVintage: its files are not what its manifest says.
    """
    target = find(name, issues=kept.issues())
    told = f"Put in service by hand{_because(reason)}"
    cause, serving = Cause(PROMOTED, told, by), kept.in_service()
    return _change(target, serving=serving, kept=kept, aliases=aliases, cause=cause, waiting=waiting)


def rollback(
    *,
    to: str | None = None,
    kept: KeptVintages,
    aliases: Aliases | None,
    by: str,
    reason: str = "",
    waiting: Progress,
) -> Changed:
    """Put back in service what was there before.

    Args:
        to: a vintage (or model version) that has been in service; by default the one before the current one. A
            second step back leads to the one before that.
        kept: the vintages.
        aliases: as `promote` takes them.
        by: who does it.
        reason: what to write into the history besides.
        waiting: told if another writer has to end first.

    Raises:
        NothingPublished: nothing is in service.
        NothingToRollBackTo: nothing was there before, or none of it is kept, or `to` has never been in service.
        UnknownModel: no kept vintage is called `to`.
        ServiceMoved: another vintage went into service while this waited.
        BrokenVintage: its files are not what its manifest says.
    """
    issues, events, serving = kept.issues(), kept.events(), kept.in_service()
    if serving is None:
        raise NothingPublished
    if to is not None:
        target = find(to, issues=issues)
        if target.vintage_id not in {event.vintage_id for event in events if event.moved}:
            raise NothingToRollBackTo(vintage_id=target.vintage_id, gone=())
        gone: tuple[str, ...] = ()
    else:
        found, gone = before(events, kept={issue.vintage_id for issue in issues})
        if found is None:
            raise NothingToRollBackTo(vintage_id=None, gone=gone)
        target = find(found, issues=issues)
    passed = f" Passed over, since no longer kept: {', '.join(gone)}." if gone else ""
    told = f"Rolled back from {serving}{_because(reason)}{passed}"
    cause = Cause(ROLLED_BACK, told, by)
    return _change(target, serving=serving, kept=kept, aliases=aliases, cause=cause, waiting=waiting)


def find(name: str, *, issues: Sequence[Issue]) -> Issue:
    """The kept vintage of an id or a model version.

    Raises:
        UnknownModel: there is none.
    """
    for issue in issues:
        if name and name in (issue.vintage_id, issue.model_version):
            return issue
    raise UnknownModel(name, known=[issue.vintage_id for issue in issues])


def crowned(model_version: str, *, kept: KeptVintages, aliases: Aliases | None) -> str | None:
    """Let MLflow's alias name what is in service; why it does not yet, None where it does."""
    if not model_version:
        return "its run is not recorded in MLflow yet; the alias follows once it is"
    if aliases is None:
        return "the worker moves it within a minute"
    try:
        aliases.crown(model_version)
    except MlflowFault as error:
        return f"{error} The worker moves it as soon as it can"
    kept.set_alias_state(AliasState(settled=model_version))
    return None


def _change(
    target: Issue,
    *,
    serving: str | None,
    kept: KeptVintages,
    aliases: Aliases | None,
    cause: Cause,
    waiting: Progress,
) -> Changed:
    """Serve the target instead of `serving`, which the choice was made from."""
    with kept.alone(waiting=waiting):
        now = kept.in_service()
        if now != serving:
            raise ServiceMoved(expected=serving, found=now)
        kept.serve(target.vintage_id, cause=replace(cause, model_version=target.model_version))
        alias = crowned(target.model_version, kept=kept, aliases=aliases)
    return Changed(target.vintage_id, target.model_version, serving, cause.reason, alias)


def _because(reason: str) -> str:
    return f": {reason.strip().rstrip('.')}." if reason.strip() else "."


def _model(issue: Issue, *, serving: str | None, since: datetime | None) -> Model:
    state = CHAMPION if issue.vintage_id == serving else FORMER if since else CHALLENGER
    return Model(state, since, issue)


def _told(event: Event, issue: Issue | None) -> Event:
    """An event from before reasons were written down gets that of its vintage, where it is kept."""
    if event.cause.reason or issue is None:
        return event
    return replace(event, cause=Cause(PUBLISHED, issue.decision, event.cause.by, issue.model_version))
