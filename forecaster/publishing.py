"""How a run ends: decided on, recorded, put in service or not."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from forecaster.domain.carried import carried_over
from forecaster.domain.comparison import Comparison
from forecaster.domain.errors import AliasNotMoved, BrokenVintage, MlflowFault
from forecaster.domain.experiment import Gate
from forecaster.domain.ports import Progress, Recorded, RunLog, RunRecord, VintageStore
from forecaster.domain.progress import Said
from forecaster.domain.promotion import Decision, decide, despite
from forecaster.domain.steps import DECISION, PUBLISHING, RECORD
from forecaster.domain.vintage import Vintage


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a run goes into service."""

    gate: Gate
    sectors: Collection[str] | None  # those that it trained; None: all
    force: bool
    by: str  # the job or hand, for the history


@dataclass(frozen=True, slots=True)
class Concluded:
    """What became of a run."""

    vintage_id: str | None  # None: the champion stayed
    decision: Decision
    recorded: bool = True  # False: in the run log later


def conclude(
    fresh: Vintage,
    *,
    run_id: str,
    terms: Terms,
    compare: Callable[[Vintage], Comparison],
    record: Callable[[Vintage, Decision], RunRecord],
    run_log: RunLog,
    vintages: VintageStore,
    progress: Progress,
) -> Concluded:
    """Decide on a run, record it and, if the decision says so, put its forecasts in service.

    What is in service stays what the run was compared with until the run is published: a second run waits.

    Args:
        fresh: what the run forecasts, of the sectors that it trained; without decision and model version.
        run_id: in the run log.
        terms: of the promotion.
        compare: the run's errors with those of the vintage in service.
        record: makes the record of the vintage and the decision.
        run_log: takes the record.
        vintages: where the vintage is published.
        progress: told each step.

    Returns:
        The decision, and the vintage if it is in service.

    Raises:
        AliasNotMoved: the run log took the record, but not the alias.
    """
    with vintages.alone(waiting=progress):
        champion, broken = _in_service(vintages, progress=progress)
        decision = _decided(fresh, champion=champion, broken=broken, terms=terms, compare=compare)
        vintage = carried_over(fresh, kept=champion, sectors=terms.sectors) if champion and terms.sectors else fresh
        vintage = replace(vintage, issue=replace(vintage.issue, decision=decision.reason))
        progress(Said("recording the run", step=RECORD))
        recorded = run_log.record(run_id, record(vintage, decision))
        # Before it counts: where nobody can be told, the run has failed.
        progress(Said(f"decision: {decision.reason}", step=DECISION))
        vintage_id, does = vintage.issue.vintage_id, "publishing" if decision.promote else "writing down"
        progress(Said(f"{does} vintage {vintage_id}", step=PUBLISHING))
        vintage = replace(vintage, issue=replace(vintage.issue, model_version=recorded.model_version))
        if decision.promote:
            vintages.publish(vintage, by=terms.by)
        else:  # kept, unless sectors are missing from it that could not be carried over
            vintages.refuse(vintage, by=terms.by, keep=broken is None)
        done = crown(run_log, recorded, vintage_id=vintage_id if decision.promote else None, progress=progress)
        if done and decision.promote:
            vintages.alias_moved(model_version=recorded.model_version)
    return Concluded(vintage_id if decision.promote else None, decision, not recorded.waits)


def only_recorded(
    fresh: Vintage,
    *,
    run_id: str,
    terms: Terms,
    compare: Callable[[Vintage], Comparison],
    record: Callable[[Vintage, Decision], RunRecord],
    run_log: RunLog,
    vintages: VintageStore,
    progress: Progress,
) -> Concluded:
    """Record a run that was only tried, with what the gate would have said; nothing changes in service.

    Args:
        fresh: what the run forecasts.
        run_id: in the run log.
        terms: on which it would have been promoted.
        compare: the run's errors with those of the vintage in service.
        record: makes the record of the vintage and the decision.
        run_log: takes the record; no alias is moved.
        vintages: what it is compared with.
        progress: told each step.
    """
    champion, broken = _in_service(vintages, progress=progress)
    unforced = replace(terms, force=False)
    found = _decided(fresh, champion=champion, broken=broken, terms=unforced, compare=compare)
    decision = replace(found, promote=False, reason=f"Only tried. The gate: {found.reason}")
    progress(Said("recording the run", step=RECORD))
    tried = record(replace(fresh, issue=replace(fresh.issue, decision=decision.reason)), decision)
    recorded = run_log.record(run_id, tried)
    progress(Said(f"decision: {decision.reason}", step=DECISION))
    return Concluded(None, decision, not recorded.waits)


def _decided(
    fresh: Vintage,
    *,
    champion: Vintage | None,
    broken: str | None,
    terms: Terms,
    compare: Callable[[Vintage], Comparison],
) -> Decision:
    """What the gate says of a run beside what is in service, or beside the fault that keeps that from being read."""
    if broken:
        return despite(broken, whole=not terms.sectors, force=terms.force)
    return decide(
        fresh,
        champion=champion,
        comparison=compare(champion) if champion else None,
        gate=terms.gate,
        sectors=terms.sectors,
        force=terms.force,
    )


def crown(run_log: RunLog, recorded: Recorded, *, vintage_id: str | None, progress: Progress) -> bool:
    """Let the alias name a run: champion if its vintage went into service, else challenger.

    Returns:
        Whether it does; False: the run log is out of reach, and what is left to do waits for it.

    Raises:
        AliasNotMoved: the run log does not take it.
    """
    if recorded.waits:
        return False
    alias = "champion" if vintage_id else "challenger"
    try:
        run_log.crown(recorded, alias=alias)
    except MlflowFault as fault:
        progress(f"{fault} The alias {alias} is moved later.")
        return False
    except BaseException as error:  # also a signal: the run did not fail, and must not be closed as if it had
        why = f"{type(error).__name__}: {error}"
        raise AliasNotMoved(
            vintage_id=vintage_id, alias=alias, model_version=recorded.model_version, why=why
        ) from error
    return True


def _in_service(vintages: VintageStore, *, progress: Progress) -> tuple[Vintage | None, str | None]:
    """What the run is compared with; and what is wrong with it, if it can't be read."""
    try:
        return vintages.whole_in_service(), None
    except BrokenVintage as error:
        progress(str(error))
        return None, str(error)
