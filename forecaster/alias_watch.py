"""Use case: MLflow's alias `champion`, moved by hand, is heeded or refused with a reason; it shows service's own moves.

The version that the alias named when last it was set or heeded is kept (`AliasState.settled`). Where it names another
one, a hand has moved it, and service follows. Where it still names that one, but not what is in service, service has
moved since, and the alias follows.
"""

from dataclasses import replace

from forecaster.domain.errors import BrokenVintage, MlflowFault, UnknownVintage
from forecaster.domain.history import ALIAS, REFUSED, AliasState, Cause, Refusal
from forecaster.domain.ports import Progress
from forecaster.domain.service_ports import Aliases, KeptVintages

BY = "MLflow, alias champion"


def follow_alias(*, kept: KeptVintages, aliases: Aliases, progress: Progress) -> AliasState:
    """Look at the alias once, and do what follows.

    Args:
        kept: the vintages.
        aliases: the alias.
        progress: told what changes; nothing where nothing does.

    Returns:
        What is known of the alias now; it is kept beside the vintages for whoever shows the status.
    """
    known = kept.alias_state()
    try:
        if _is_settled(aliases.champion(), known=known, kept=kept):
            return known
        with kept.alone(waiting=progress):  # a run that publishes moves both, one after the other
            found = _settle(aliases.champion(), kept=kept, aliases=aliases, progress=progress)
    except MlflowFault as error:
        found = replace(known, fault=str(error))
        if known.fault is None:
            progress(f"{error} While it does not, moves of its alias are not seen.")
    kept.set_alias_state(found)
    return found


def _is_settled(named: str | None, *, known: AliasState, kept: KeptVintages) -> bool:
    """Whether neither the alias nor service has moved since the last look."""
    serving, refused = kept.in_service(), known.refused
    if known.fault is not None:
        return False
    if refused is not None:
        return (named, serving) == (refused.model_version, refused.serving)
    return serving is None or named == known.settled == _version(serving, kept=kept)


def _settle(named: str | None, *, kept: KeptVintages, aliases: Aliases, progress: Progress) -> AliasState:
    known, serving = replace(kept.alias_state(), fault=None), kept.in_service()
    if serving is None:
        return known
    version, refused = _version(serving, kept=kept), known.refused
    if named == version:
        return AliasState(settled=named)
    if refused is not None and (named, serving) == (refused.model_version, refused.serving):
        return known
    refused_before = refused is not None and named == refused.model_version
    if named is not None and known.settled not in (None, named) and not refused_before:
        return _heed(named, known=known, serving=serving, kept=kept, progress=progress)
    if version is None:  # its manifest can't be read, or its run waits for MLflow: the alias stays until then
        return known
    aliases.crown(version)
    progress(f"MLflow's alias champion was on version {named or 'none'}; it is on {version} now, which is in service.")
    return AliasState(settled=version)


def _heed(named: str, *, known: AliasState, serving: str, kept: KeptVintages, progress: Progress) -> AliasState:
    """Put in service what a hand moved the alias to, or say why not."""
    issue = next((issue for issue in kept.issues() if issue.model_version == named), None)
    cause = Cause(ALIAS, f"MLflow's alias champion was moved to version {named}.", BY, named)
    try:
        if issue is not None:
            kept.serve(issue.vintage_id, cause=cause)
            progress(f"{cause.reason} Vintage {issue.vintage_id} is in service.")
            return AliasState(settled=named)
        why = "No vintage of this version is kept here."
    except (BrokenVintage, UnknownVintage) as error:
        why = str(error)
    reason = f"{cause.reason} {serving} stays in service: {why}"
    progress(reason)
    event = kept.write_down(issue.vintage_id if issue else "", cause=replace(cause, kind=REFUSED, reason=reason))
    return AliasState(settled=known.settled, refused=Refusal(named, why, event.at, serving))


def _version(vintage_id: str, *, kept: KeptVintages) -> str | None:
    issue = kept.issue(vintage_id)
    return (issue.model_version or None) if issue else None
