"""Fits that are kept: the same bits as fitted ones, found after a kill, never trusted where they are damaged."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecaster.adapters import fit_keys
from forecaster.adapters.fit_store import FitStore, fit_store
from forecaster.adapters.kept_fits import KeptFits
from forecaster.adapters.statsforecast_engine import StatsforecastEngine, statsforecast_engine
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Predictions
from tests.panels import panel

TODAY = date(2024, 6, 1)
THETA = Candidate("theta", "Theta", {"season_length": 1}, adjusted="logs")
NAIVE = Candidate("naive", "SeasonalNaive", {"season_length": 12}, min_observations=40)
BROKEN = Candidate("broken", "ARIMA", {"order": (1, 0, 0), "season_length": 12}, combined=False, regressors=True)
ENOUGH = 10_000_000


@pytest.fixture(scope="module")
def engine() -> Iterator[StatsforecastEngine]:
    with statsforecast_engine(workers=2, chunk=2) as running:
        yield running


def figures(*, months: int = 48, shift: float = 0.0) -> pl.DataFrame:
    parts = [
        panel([100.0 + n * at % 17 + shift * (at > 40) for at in range(months)], unique_id=f"ev.{n}.CN") for n in (3, 5)
    ]
    return pl.concat(parts)


def folds(frame: pl.DataFrame, *, count: int = 3) -> pl.DataFrame:
    back = pl.DataFrame({"months": [-3 * k for k in range(count)]})
    ends = frame.group_by("unique_id").agg(cutoff=pl.col("ds").max()).join(back, how="cross")
    return ends.select("unique_id", pl.col("cutoff").dt.offset_by(pl.format("{}mo", "months")))


class Asked:
    """An engine with a store in a file, opened anew for each question, as runs do; keeps what was told."""

    def __init__(self, file: Path, *, engine: StatsforecastEngine) -> None:
        self.file = file
        self.told: list[str] = []
        self._engine = engine

    def predict(
        self,
        frame: pl.DataFrame,
        *candidates: Candidate,
        horizon: int = 3,
        anew: bool = False,
        cutoffs: pl.DataFrame | None = None,
        regressors: pl.DataFrame | None = None,
    ) -> Predictions:
        self.told.clear()
        with fit_store(self.file, today=TODAY, most_bytes=ENOUGH, told=self.told.append) as store:
            return KeptFits(self._engine, store=store, anew=anew).predict(
                frame,
                cutoffs=folds(frame) if cutoffs is None else cutoffs,
                candidates=candidates,
                horizon=horizon,
                progress=self.told.append,
                regressors=regressors,
            )

    @property
    def kept(self) -> str | None:
        """What was said of kept fits, if anything."""
        return next(
            (line.removesuffix(" fits are kept from before") for line in self.told if "kept from" in line), None
        )


@pytest.fixture
def asked(tmp_path: Path, engine: StatsforecastEngine) -> Asked:
    return Asked(tmp_path / "fits.db", engine=engine)


def plain(engine: StatsforecastEngine, frame: pl.DataFrame, *candidates: Candidate) -> Predictions:
    return engine.predict(frame, cutoffs=folds(frame), candidates=candidates, horizon=3, progress=lambda _: None)


def test_kept_fits_are_the_fitted_ones_to_the_last_bit_and_cost_nothing(
    asked: Asked, engine: StatsforecastEngine
) -> None:
    frame = figures()
    fitted = plain(engine, frame, THETA, NAIVE, BROKEN)

    first = asked.predict(frame, THETA, NAIVE, BROKEN)
    again = asked.predict(frame, THETA, NAIVE, BROKEN)

    assert asked.kept == "18 of 18"
    for found in (first, again):
        assert found.points.equals(fitted.points)
        assert found.points.schema == fitted.points.schema
        assert found.failed == fitted.failed
    assert len(again.failed) == 6
    assert again.cpu_seconds == {"theta": 0.0, "naive": 0.0, "broken": 0.0}
    assert first.cpu_seconds["theta"] > 0


def test_a_new_month_leaves_the_fits_of_earlier_cutoffs_as_they_are(asked: Asked, engine: StatsforecastEngine) -> None:
    asked.predict(figures(months=48), THETA)
    longer = figures(months=51)

    found = asked.predict(longer, THETA)

    assert asked.kept == "4 of 6"
    assert found.points.equals(plain(engine, longer, THETA).points)


def test_a_revised_figure_makes_the_fits_that_saw_it_anew_and_no_others(
    asked: Asked, engine: StatsforecastEngine
) -> None:
    asked.predict(figures(), THETA)
    revised = figures(shift=1.0)

    found = asked.predict(revised, THETA, cutoffs=folds(revised, count=4))

    assert asked.kept is None
    assert found.points.filter(pl.col("cutoff") > date(2023, 4, 1)).equals(plain(engine, revised, THETA).points)


def test_a_candidate_of_another_name_is_known_and_one_of_other_settings_is_not(asked: Asked) -> None:
    asked.predict(figures(), THETA)

    renamed = asked.predict(figures(), replace(THETA, name="other", combined=False))
    said = asked.kept
    asked.predict(figures(), replace(THETA, adjusted="levels"))

    assert said == "6 of 6"
    assert renamed.points["model"].unique().to_list() == ["other"]
    assert asked.kept is None


def test_another_horizon_is_fitted(asked: Asked) -> None:
    asked.predict(figures(), THETA)

    asked.predict(figures(), THETA, horizon=4)

    assert asked.kept is None


def test_what_only_a_new_candidate_lacks_is_fitted_for_it_alone(asked: Asked, engine: StatsforecastEngine) -> None:
    asked.predict(figures(), THETA)

    found = asked.predict(figures(), THETA, NAIVE)

    assert asked.kept == "6 of 12"
    assert found.points.equals(plain(engine, figures(), THETA, NAIVE).points)
    assert found.cpu_seconds["theta"] == 0.0


def test_anew_uses_nothing_that_is_kept(asked: Asked) -> None:
    asked.predict(figures(), THETA)

    asked.predict(figures(), THETA, anew=True)

    assert asked.kept is None


def test_fits_of_other_versions_are_not_known(asked: Asked) -> None:
    terms = fit_keys.terms_of(THETA, horizon=3)

    other = fit_keys.terms_of(THETA, horizon=3, makers=(("statsforecast", "0"),))

    assert terms != other


def test_a_damaged_value_is_fitted_again_and_kept_anew(asked: Asked, engine: StatsforecastEngine) -> None:
    asked.predict(figures(), THETA)
    with closing(sqlite3.connect(asked.file)) as db, db:
        key, value = db.execute("SELECT key, value FROM fits LIMIT 1").fetchone()
        db.execute("UPDATE fits SET value = ? WHERE key = ?", (value[:-1] + bytes([value[-1] ^ 1]), key))

    found = asked.predict(figures(), THETA)
    said = asked.kept
    asked.predict(figures(), THETA)

    assert said == "5 of 6"
    assert found.points.equals(plain(engine, figures(), THETA).points)
    assert asked.kept == "6 of 6"


@pytest.mark.parametrize("damage", ["value = x''", "used = 'never'", "used = 1.5"])
def test_a_row_that_no_run_wrote_costs_no_more_than_its_fit(damage: str, asked: Asked) -> None:
    asked.predict(figures(), THETA)
    with closing(sqlite3.connect(asked.file)) as db, db:
        db.execute(f"UPDATE fits SET {damage} WHERE key = (SELECT key FROM fits LIMIT 1)")

    asked.predict(figures(), THETA)

    assert asked.kept in {"5 of 6", "6 of 6"}


def test_a_value_under_the_key_of_another_fit_is_not_trusted(asked: Asked) -> None:
    asked.predict(figures(), THETA)
    with closing(sqlite3.connect(asked.file)) as db, db:
        (one, _), (_, other) = db.execute("SELECT key, value FROM fits LIMIT 2").fetchall()
        db.execute("UPDATE fits SET value = ? WHERE key = ?", (other, one))

    asked.predict(figures(), THETA)

    assert asked.kept == "5 of 6"


@pytest.mark.parametrize("damage", [b"no database" * 1000, b""], ids=["another file", "an empty file"])
def test_a_file_that_is_no_store_is_begun_anew(damage: bytes, asked: Asked, engine: StatsforecastEngine) -> None:
    asked.file.write_bytes(damage)

    found = asked.predict(figures(), THETA)
    said = list(asked.told)
    asked.predict(figures(), THETA)

    assert found.points.equals(plain(engine, figures(), THETA).points)
    assert [("damaged" in line) for line in said].count(True) == bool(damage)
    assert asked.kept == "6 of 6"


def test_pages_that_were_overwritten_cost_their_fits_and_nothing_else(
    asked: Asked, engine: StatsforecastEngine
) -> None:
    asked.predict(figures(), THETA)
    size = asked.file.stat().st_size
    with asked.file.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))

    found = asked.predict(figures(), THETA)
    asked.predict(figures(), THETA)

    assert found.points.equals(plain(engine, figures(), THETA).points)
    assert asked.kept == "6 of 6"


def test_a_store_that_can_not_be_opened_is_told_and_costs_no_run(tmp_path: Path, engine: StatsforecastEngine) -> None:
    asked = Asked(tmp_path, engine=engine)

    found = asked.predict(figures(), THETA)

    assert found.points.equals(plain(engine, figures(), THETA).points)
    assert any("kept fits can't be used" in line for line in asked.told)


def test_what_a_run_had_finished_when_it_broke_off_is_found(asked: Asked, engine: StatsforecastEngine) -> None:
    frame = figures()
    store = FitStore(asked.file, today=TODAY, most_bytes=ENOUGH, told=asked.told.append)

    class Killed(Exception):
        pass

    def end(line: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        KeptFits(engine, store=store).predict(frame, cutoffs=folds(frame), candidates=[THETA], horizon=3, progress=end)
    found = asked.predict(frame, THETA)  # the other connection is still open, as that of a killed process never closes

    assert asked.kept == "2 of 6"
    assert found.points.equals(plain(engine, frame, THETA).points)
    store.close()


def test_regressors_decide_on_the_key_too(asked: Asked) -> None:
    frame = panel([100.0 + 5 * at % 17 for at in range(48)])
    cutoffs = pl.DataFrame({"unique_id": ["ev.production.CN"], "cutoff": [date(2023, 6, 1)]})
    months = pl.date_range(date(2020, 1, 1), date(2023, 9, 1), "1mo", eager=True)
    columns = pl.DataFrame({"ds": months, "value": [float(at % 7) for at in range(len(months))]}).select(
        pl.lit("ev.production.CN").alias("unique_id"),
        pl.lit(date(2023, 6, 1)).alias("cutoff"),
        "ds",
        pl.lit("driver").alias("name"),
        "value",
    )
    first = asked.predict(frame, BROKEN, cutoffs=cutoffs, regressors=columns)

    again = asked.predict(frame, BROKEN, cutoffs=cutoffs, regressors=columns)
    said = asked.kept
    other = columns.with_columns(value=pl.when(pl.col("ds") == months[-1]).then(9.0).otherwise("value"))
    asked.predict(frame, BROKEN, cutoffs=cutoffs, regressors=other)

    assert first.points.height == 3
    assert said == "1 of 1"
    assert again.points.equals(first.points)
    assert asked.kept is None


def test_the_longest_unused_fits_go_when_the_file_exceeds_its_bound(tmp_path: Path) -> None:
    value = bytes(1000)
    keys = [bytes([at]) * 32 for at in range(200)]
    file = tmp_path / "fits.db"
    with fit_store(file, today=TODAY, most_bytes=ENOUGH, told=print) as store:
        store.keep(dict.fromkeys(keys, value))
    with fit_store(file, today=TODAY + timedelta(days=1), most_bytes=150_000, told=print) as store:
        store.find(keys[:50])

    with fit_store(file, today=TODAY + timedelta(days=2), most_bytes=150_000, told=print) as store:
        left = store.find(keys)

    assert set(keys[:50]) < set(left)
    assert 80 <= len(left) < 150
    assert file.stat().st_size <= 150_000


def test_a_store_that_is_closed_while_threads_keep_stays_whole(tmp_path: Path) -> None:
    file = tmp_path / "fits.db"
    keys = [at.to_bytes(32, "big") for at in range(400)]
    told: list[str] = []
    with ThreadPoolExecutor(4) as threads:
        with fit_store(file, today=TODAY, most_bytes=ENOUGH, told=told.append) as store:
            store.keep({keys[0]: b"1"})
            keeping = [threads.submit(store.keep, {key: b"1"}) for key in keys]
        for one in keeping:
            one.result()

    with fit_store(file, today=TODAY, most_bytes=ENOUGH, told=told.append) as store:
        assert keys[0] in store.find(keys)
    assert not told


def test_what_a_pair_is_known_by_is_a_hash_of_its_rows_in_their_order() -> None:
    frame = pl.concat([panel([3.0, 1.0, 2.0], unique_id=name) for name in ("b.1.CN", "a.1.CN")])
    ends = [date(2020, 3, 1), date(2019, 12, 1), date(2020, 2, 15)]  # the second is before the first row
    cutoffs = pl.DataFrame({"unique_id": ["a.1.CN"] * 3, "cutoff": ends})

    pairs = fit_keys.pairs_of(frame.reverse(), cutoffs=cutoffs, regressors=None)

    assert [(pair.unique_id, pair.cutoff, pair.last) for pair in pairs] == [
        ("a.1.CN", date(2020, 2, 15), date(2020, 2, 1)),
        ("a.1.CN", date(2020, 3, 1), date(2020, 3, 1)),
    ]
    for pair, rows in zip(pairs, ([3.0, 1.0], [3.0, 1.0, 2.0]), strict=True):
        own = blake2b(np.array(rows).tobytes(), digest_size=fit_keys.KEY_BYTES).digest()
        span = f"2020-01-01 {pair.last} {len(rows)} ".encode()
        assert (pair.figures, pair.given) == (own, span + own)


def test_two_stores_on_one_file_find_what_the_other_keeps(tmp_path: Path) -> None:
    file = tmp_path / "fits.db"
    with (
        fit_store(file, today=TODAY, most_bytes=ENOUGH, told=print) as one,
        fit_store(file, today=TODAY, most_bytes=ENOUGH, told=print) as other,
    ):
        one.keep({b"a" * 32: b"1"})
        other.keep({b"b" * 32: b"2", b"a" * 32: b"1"})

        found = one.find([b"a" * 32, b"b" * 32, b"c" * 32])

    assert found == {b"a" * 32: b"1", b"b" * 32: b"2"}
