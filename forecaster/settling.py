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

    run_id: str  # as its vintage names it; that of the attempt that goes on may be another, where MLflow is away
    concluded: Concluded
    series: pl.DataFrame  # SERIES columns, of the sectors that the run trained


def settled(by: str, *, run_log: RunLog, vintages: VintageStore, progress: Progress) -> Settled | None:
    """How the run of a job was settled, with what was left to do of it done; None if it was not.

    Args:
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
        _finish(event, vintage, run_log=run_log, vintages=vintages, progress=progress)
    decision = _decision(event)
    recorded = bool(vintage.issue.model_version)
    concluded = Concluded(event.vintage_id if decision.promote else None, decision, recorded)
    carried = list(vintage.issue.carried)
    return Settled(vintage.issue.run_id, concluded, vintage.series.filter(~pl.col("sector").is_in(carried)))


def _decision(event: Event) -> Decision:
    """What was decided; the figures behind it are in the run log."""
    compared, lost = pl.DataFrame(schema=COMPARED), pl.DataFrame(schema=LOST)
    return Decision(event.cause.kind == PUBLISHED, event.cause.reason, compared, lost)


def _finish(event: Event, vintage: Vintage, *, run_log: RunLog, vintages: VintageStore, progress: Progress) -> None:
    """Move the alias, unless another vintage went into service since: it then has followed that one."""
    version = vintage.issue.model_version
    recorded = Recorded(vintage.issue.run_id, version, waits=not version)
    serving = vintages.issue_in_service()
    if event.cause.kind != PUBLISHED:
        crown(run_log, recorded, vintage_id=None, progress=progress)
    elif (
        serving is not None
        and serving.vintage_id == event.vintage_id
        and crown(run_log, recorded, vintage_id=event.vintage_id, progress=progress)
    ):
        vintages.alias_moved(model_version=version)
