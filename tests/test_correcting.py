"""A panel just large enough to learn from, with the real engine and a corrector that notes what it is taught."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl
import pytest

from forecaster.correcting import FEWEST_SERIES, Correcting, Learnt, learn, with_half_corrected
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.kinds import REGULAR
from forecaster.domain.ports import Engine
from forecaster.domain.shelf import HeldShelf
from forecaster.domain.shelved_panel import shelved

THETA = Candidate("adjusted_theta", "Theta", {"season_length": 1}, adjusted="logs", season=4, min_observations=5)
FOLDS = Folds(count=2, step=2, min_train=10)
HORIZON = 4


@dataclass
class Always:
    """Expects one error everywhere."""

    error: float

    def of(self, rows: pl.DataFrame) -> pl.Series:
        return pl.Series([self.error] * rows.height, dtype=pl.Float64)


@dataclass
class Noting:
    """Learns nothing, and keeps the rows it was given."""

    taught: list[pl.DataFrame] = field(default_factory=list)

    def learn(self, rows: pl.DataFrame, *, features: Sequence[str]) -> Always:
        self.taught.append(rows)
        return Always(0.0)


NONE_EXPECTED = Learnt({0: Always(0.0)}, sizes={0: Always(0.0)})


def many(count: int, *, periods: int = 24) -> pl.DataFrame:
    rows = [
        {"unique_id": f"{name:04}", "ds": at, "y": 50.0 + name % 9 + at % 4 + (at * (name % 4 + 3)) % 7}
        for name in range(count)
        for at in range(periods)
    ]
    return next(shelved([pl.DataFrame(rows)], shelf=HeldShelf(), file="f.csv").batches(weight=0)).panel


def learnt_from(panel: pl.DataFrame, *, engine: Engine, corrector: Noting) -> Learnt:
    return learn(
        panel,
        cutoffs=pl.concat([last_cutoffs(panel), rolling_cutoffs(panel, folds=FOLDS)]),
        folds=FOLDS,
        correcting=Correcting(THETA, corrector),
        horizon=HORIZON,
        season=4,
        engine=engine,
        progress=lambda _: None,
    )


def test_each_cutoff_is_corrected_by_what_was_known_then(engine: Engine) -> None:
    corrector = Noting()

    learnt = learnt_from(many(FEWEST_SERIES), engine=engine, corrector=corrector)

    assert sorted(learnt.corrections) == sorted(learnt.sizes) == [0, 2, 4]
    assert [rows["known_back"].min() for rows in corrector.taught] == [0, 0, 2, 2, 4, 4]


def test_a_panel_of_too_few_series_teaches_nothing_and_says_so(engine: Engine) -> None:
    corrector = Noting()

    learnt = learnt_from(many(FEWEST_SERIES - 1), engine=engine, corrector=corrector)

    assert learnt.too_little == "199 of 199 series are long enough to learn from, and it needs 200"
    assert corrector.taught == []


def test_a_panel_of_too_few_errors_teaches_nothing_and_says_so(engine: Engine) -> None:
    learnt = learnt_from(many(FEWEST_SERIES, periods=12), engine=engine, corrector=Noting())

    assert learnt.corrections == {}
    assert "errors on 200 of 200 series are known, too few" in learnt.too_little


def test_half_the_corrected_forecast_is_taken_where_there_is_one(engine: Engine) -> None:
    panel = many(2)
    final = last_cutoffs(panel)
    points = engine.predict(
        panel, cutoffs=final, candidates=[THETA], horizon=HORIZON, progress=lambda _: None
    ).points.with_columns(y_hat=pl.lit(60.0))
    combined = points.with_columns(model=pl.lit("combination"), y_hat=pl.lit(40.0))
    only_first = points.filter(pl.col("unique_id") == points["unique_id"][0])

    found = with_half_corrected(
        combined, points=only_first, panel=panel, learnt=NONE_EXPECTED, base=THETA.name, season=4
    )

    assert found["y_hat"].to_list() == pytest.approx([50.0] * HORIZON + [40.0] * HORIZON)
    assert found["width"].is_null().to_list() == [False] * HORIZON + [True] * HORIZON
    assert found["corrected"].to_list() == [True] * HORIZON + [False] * HORIZON


def test_cutoffs_that_no_correction_was_known_for_are_left_out(engine: Engine) -> None:
    panel = many(1)
    cutoffs = pl.concat([last_cutoffs(panel), rolling_cutoffs(panel, folds=FOLDS)])
    points = engine.predict(panel, cutoffs=cutoffs, candidates=[THETA], horizon=HORIZON, progress=lambda _: None).points

    both = {0: Always(0.0), 2: Always(0.0)}

    found = with_half_corrected(
        points, points=points, panel=panel, learnt=Learnt(both, sizes=both), base=THETA.name, season=4
    )

    assert found["cutoff"].n_unique() == 2


def test_series_that_the_base_takes_none_of_stay_as_they_are(engine: Engine) -> None:
    panel = many(2)
    final = last_cutoffs(panel)
    points = engine.predict(panel, cutoffs=final, candidates=[THETA], horizon=HORIZON, progress=lambda _: None).points
    nothing = points.clear()

    found = with_half_corrected(
        points, points=nothing, panel=panel, learnt=Learnt({0: Always(0.0)}), base=THETA.name, season=4
    )

    assert found.drop("corrected", "width").equals(points)
    assert found["width"].null_count() == points.height
    assert not found["corrected"].any()


def test_a_panel_that_the_base_takes_nothing_of_teaches_nothing(engine: Engine) -> None:
    still = many(FEWEST_SERIES).with_columns(y=pl.lit(7.0))
    base = replace(THETA, kinds=(REGULAR,))

    found = learn(
        still,
        cutoffs=last_cutoffs(still),
        folds=FOLDS,
        correcting=Correcting(base, Noting()),
        horizon=HORIZON,
        season=4,
        engine=engine,
        progress=lambda _: None,
    )

    assert found == Learnt({}, "adjusted_theta has no forecast of any series")
