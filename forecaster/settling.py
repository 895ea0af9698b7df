"""A run that a killed attempt of its job has settled already: put in service, or refused."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.comparison import COMPARED
from forecaster.domain.history import PUBLISHED, Event
from forecaster.domain.ports import Progress, Recorded, RunLog, VintageStore
from forecaster.domain.promotion import LOST, Decision
from forecaster.domain.vintage import Vintage
from forecaster.publishing import Concluded, crown


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a run, and what it had forecast."""

    concluded: Concluded
    series: pl.DataFrame  # SERIES columns, of the sectors that the run trained


def settled(run_id: str, *, by: str, run_log: RunLog, vintages: VintageStore, progress: Progress) -> Settled | None:
    """How a run was settled, with what was left to do of it done; None if it was not.

    Args:
        run_id: in the run log.
        by: the job, as the history names it.
        run_log: whose alias follows.
        vintages: what was put in service, and the history.
        progress: told what is left for later.

    Returns:
        None also where its vintage is not kept, so that nothing is known of what it forecast.

    Raises:
        BrokenVintage: its vintage can't be read.
        AliasNotMoved: the run log did not take the alias.
    """
    with vintages.alone(waiting=lambda _: None):
        event = vintages.settled(by=by)
        vintage = vintages.whole(event.vintage_id) if event else None
        if event is None or vintage is None:
            return None
        done = _finish(event, vintage, run_id=run_id, run_log=run_log, vintages=vintages, progress=progress)
    decision = _decision(event)
    concluded = Concluded(event.vintage_id if decision.promote else None, decision, done)
    carried = list(vintage.issue.carried)
    return Settled(concluded, vintage.series.filter(~pl.col("sector").is_in(carried)))


def _decision(event: Event) -> Decision:
    """What was decided; the figures behind it are in the run log."""
    compared, lost = pl.DataFrame(schema=COMPARED), pl.DataFrame(schema=LOST)
    return Decision(event.cause.kind == PUBLISHED, event.cause.reason, compared, lost)


def _finish(
    event: Event, vintage: Vintage, *, run_id: str, run_log: RunLog, vintages: VintageStore, progress: Progress
) -> bool:
    """Move the alias, unless another vintage went into service since: it then has followed that one.

    Returns:
        False where the run, or its alias, waits for the run log.
    """
    version = vintage.issue.model_version
    recorded = Recorded(run_id, version, waits=not version)
    serving = vintages.issue_in_service()
    if event.cause.kind != PUBLISHED:
        return crown(run_log, recorded, vintage_id=None, progress=progress)
    if serving is None or serving.vintage_id != event.vintage_id:
        return not recorded.waits
    done = crown(run_log, recorded, vintage_id=event.vintage_id, progress=progress)
    if done:
        vintages.alias_moved(model_version=version)
    return done
