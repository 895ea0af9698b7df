"""Use case: runs that ended while MLflow was out of reach are recorded in it."""

from forecaster.alias_watch import follow_alias
from forecaster.domain.errors import MlflowFault, NotRecorded
from forecaster.domain.ports import Progress
from forecaster.domain.service_ports import Aliases, KeptVintages
from forecaster.domain.unrecorded import Caught, LateRecords


def catch_up(*, records: LateRecords, kept: KeptVintages, aliases: Aliases, progress: Progress) -> Caught:
    """Record what waits, the oldest first; killed at any place, it is done again and doubles nothing.

    The alias `champion` follows what is in service by then, as the watch over it does: a later promotion stays.

    Args:
        records: what waits.
        kept: the vintages, which get to know the versions of their models.
        aliases: MLflow's alias.
        progress: told of each run.
    """
    recorded: list[str] = []
    left: list[str] = []
    for one in records.waiting():
        try:
            version = records.record(one)
        except NotRecorded as error:
            left.append(str(error))
            continue
        except MlflowFault as fault:  # the others would fare no better
            left += [str(fault)] * (len(records.waiting()) - len(left))
            break
        if version and one.vintage_id:
            kept.know_version(one.vintage_id, model_version=version)
            follow_alias(kept=kept, aliases=aliases, progress=progress)
        records.forget(one)
        recorded.append(one.run_id)
        progress(f"Run {one.run_id} of {one.ended:%Y-%m-%d %H:%M} UTC is recorded in MLflow now.")
    return Caught(tuple(recorded), tuple(left))
