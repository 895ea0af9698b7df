"""Retraining when a new month comes: fits that nothing has changed are found again, and the numbers are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forecaster.adapters.fit_store import fit_store
from forecaster.adapters.kept_fits import KeptFits
from forecaster.adapters.statsforecast_engine import StatsforecastEngine, statsforecast_engine
from forecaster.domain.experiment import CALENDAR
from forecaster.domain.ports import Engine
from forecaster.fitting import Trained, train
from forecaster.preparing import prepare
from tests.catalogues import catalogue
from tests.running import EXPERIMENT, NOW, figures

MONTHLY = replace(EXPERIMENT, folds=replace(EXPERIMENT.folds, at=CALENDAR), reconciliation="mint-shrink")
LAST = date(2024, 4, 1)
FRAMES = ("forecasts", "weights", "blocks", "scales", "ranks", "coverage", "levels", "variants", "past")


@pytest.fixture(scope="module")
def engine() -> Iterator[StatsforecastEngine]:
    with statsforecast_engine(workers=2) as running:
        yield running


def known(*, until: date) -> pl.DataFrame:
    """What is known when all bodies have published a month."""
    told = figures().filter(pl.col("period_end").dt.truncate("1mo") <= until)
    return told.with_columns(ingested_at=pl.lit(datetime(2024, 6, 1, tzinfo=UTC)), release_id=pl.lit("r"))


def trained(reports: pl.DataFrame, *, engine: Engine, said: list[str]) -> Trained:
    ready = prepare(
        reports,
        as_of=NOW,
        sectors=None,
        horizon=MONTHLY.horizon,
        catalogue=catalogue(),
        progress=said.append,
    )
    return train(
        ready.eligible,
        around=ready.recent,
        experiment=MONTHLY,
        engine=engine,
        catalogue=catalogue(),
        progress=said.append,
    )


def counted(said: Sequence[str]) -> tuple[int, int]:
    """Kept fits, and all of those that were asked for where any was kept."""
    lines = [line.split(": ")[-1].split(" ") for line in said if "fits are kept" in line]
    return sum(int(words[0]) for words in lines), sum(int(words[2]) for words in lines)


def test_a_new_month_makes_only_its_own_fits_and_the_numbers_are_those_from_nothing(
    engine: StatsforecastEngine, tmp_path: Path
) -> None:
    said: list[str] = []
    with fit_store(tmp_path / "fits.db", today=NOW.date(), most_bytes=10**7, told=said.append) as store:
        trained(known(until=date(2024, 3, 1)), engine=KeptFits(engine, store=store), said=said)
    said.clear()

    with fit_store(tmp_path / "fits.db", today=NOW.date(), most_bytes=10**7, told=said.append) as store:
        found = trained(known(until=LAST), engine=KeptFits(engine, store=store), said=said)
    nothing = trained(known(until=LAST), engine=engine, said=[])

    kept, asked = counted(said)
    assert kept == asked * 3 // 4  # three folds, and the new last months
    for name in FRAMES:
        assert getattr(found, name).equals(getattr(nothing, name)), name
    assert found.failed == nothing.failed
    assert sum(sum(part.values()) for part in found.cpu_seconds.values()) > 0
