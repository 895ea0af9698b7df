"""Use case: a recorded run again, from nothing but its record, and how far its numbers differ."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import NotReproducible, StoreVersionGone
from forecaster.domain.experiment import Experiment
from forecaster.domain.ports import Engine, Progress, ReportStore
from forecaster.domain.reproduction import Difference, compare
from forecaster.fitting import train
from forecaster.preparing import digest_of, prepare


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What a run's record says of how it came about, and what came out."""

    run_id: str
    experiment: Experiment  # as it was run, whatever its folder says now
    catalogue: Catalogue  # the same
    as_of: datetime
    sectors: Collection[str] | None
    store_version: str
    ingested_by: datetime | None  # when the newest of its reports was stored
    digest: str  # of its reports
    code_version: str
    environment: Mapping[str, str]
    forecasts: pl.DataFrame  # FORECASTS columns


def reproduce(recorded: RecordedRun, *, reports: ReportStore, engine: Engine, progress: Progress) -> Difference:
    """Train again on what the run knew; nothing is recorded and nothing put in service.

    Args:
        recorded: the run.
        reports: the store that it read.
        engine: fits the candidates.
        progress: told each step.

    Returns:
        How the forecasts differ.

    Raises:
        NotReproducible: the store no longer gives the reports that the run read.
    """
    known = _known(recorded, reports=reports, progress=progress)
    ready = prepare(
        known,
        as_of=recorded.as_of,
        sectors=recorded.sectors,
        horizon=recorded.experiment.horizon,
        catalogue=recorded.catalogue,
        progress=progress,
    )
    found = digest_of(ready.reports)
    if found != recorded.digest:
        why = f"the report store gives other reports (digest {found}) than it read ({recorded.digest})"
        raise NotReproducible(recorded.run_id, why=why)
    trained = train(
        ready.eligible,
        around=ready.recent,
        experiment=recorded.experiment,
        engine=engine,
        catalogue=recorded.catalogue,
        progress=progress,
    )
    ours = pl.col("series_id").is_in(ready.wanted)
    return compare(recorded.forecasts.filter(ours), trained.forecasts)


def _known(recorded: RecordedRun, *, reports: ReportStore, progress: Progress) -> pl.DataFrame:
    """The reports of then: by the store's version, or by when each was stored where that version is gone."""
    try:
        return reports.read(as_of=recorded.as_of, version=recorded.store_version)
    except StoreVersionGone as gone:
        if recorded.ingested_by is None:
            raise
        progress(f"{gone} Reports stored by {recorded.ingested_by:%Y-%m-%d %H:%M:%S} are taken; their digest decides.")
        return reports.read(as_of=recorded.as_of).filter(pl.col("ingested_at") <= recorded.ingested_by)
