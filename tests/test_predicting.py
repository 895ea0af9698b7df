"""Panels of any step, forecast with the real engine."""

import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecaster.adapters.boosted_corrector import BoostedCorrector
from forecaster.adapters.file_shelves import FileShelf
from forecaster.cli.predict import candidates
from forecaster.correcting import Correcting
from forecaster.domain.errors import BadPanel
from forecaster.domain.experiment import Candidate
from forecaster.domain.ports import Engine
from forecaster.panel_points import Asked
from forecaster.predicting import predict, predict_in_parts


def forecast(engine: Engine, frame: pl.DataFrame, *, season: int, horizon: int = 6) -> pl.DataFrame:
    models = candidates("fast", season=season)[:1]
    return predict(
        frame,
        file="f.csv",
        candidates=models,
        how="mean",
        horizon=horizon,
        season=season,
        engine=engine,
        progress=lambda _: None,
    )


def corrected(engine: Engine, frame: pl.DataFrame, *, told: list[str]) -> pl.DataFrame:
    models = candidates("fast", season=4)[:1]
    return predict(
        frame,
        file="f.csv",
        candidates=models,
        how="mean",
        horizon=6,
        season=4,
        engine=engine,
        progress=told.append,
        correcting=Correcting(models[0], BoostedCorrector()),
    )


def odd_ones(engine: Engine, frame: pl.DataFrame, *, told: list[str]) -> pl.DataFrame:
    """With the models of every kind of series."""
    return predict(
        frame,
        file="f.csv",
        candidates=candidates("fast", season=7),
        how="mean",
        horizon=6,
        season=7,
        engine=engine,
        progress=told.append,
    )


def herd(count: int) -> pl.DataFrame:
    """Series that jump every tenth period, and fall back later: what one can't tell, all together can."""
    rows = [
        {"unique_id": f"{name:04}", "ds": at, "y": 100.0 + (80.0 if (at + name) % 10 < 3 else 0.0) + (at * name) % 5}
        for name in range(count)
        for at in range(40)
    ]
    return pl.DataFrame(rows)


def waves(ds: list[Any], *, season: int, level: float = 100.0) -> pl.DataFrame:
    y = [level + 10 * math.sin(2 * math.pi * at / season) + (at * 7) % 5 for at in range(len(ds))]
    return pl.DataFrame({"unique_id": ["a"] * len(ds), "ds": ds, "y": y})


HOURS = [datetime(2024, 1, 1) + timedelta(hours=at) for at in range(120)]  # noqa: DTZ001  # panels have no zone
DAYS = [date(2024, 1, 1) + timedelta(days=at) for at in range(200)]
WEEKS = [date(2022, 1, 3) + timedelta(weeks=at) for at in range(80)]
QUARTERS = [date(2010 + at // 4, 1 + 3 * (at % 4), 1) for at in range(48)]
YEARS = [date(1980 + at, 12, 31) for at in range(40)]


@pytest.mark.parametrize(
    ("ds", "season", "following"),
    [
        (HOURS, 24, HOURS[-1] + timedelta(hours=1)),
        (DAYS, 7, DAYS[-1] + timedelta(days=1)),
        (WEEKS, 52, WEEKS[-1] + timedelta(weeks=1)),
        (QUARTERS, 4, date(2022, 1, 1)),
        (YEARS, 1, date(2020, 12, 31)),
    ],
    ids=["hours", "days", "weeks", "quarters", "years"],
)
def test_every_step_is_forecast(engine: Engine, ds: list[Any], season: int, following: date) -> None:
    found = forecast(engine, waves(ds, season=max(season, 4)), season=season)

    assert found["ds"][0] == following
    assert found["ds"].n_unique() == found.height == 6
    assert found.select(pl.col("q2_5") < pl.col("q97_5")).to_series().all()


def test_a_season_longer_than_the_history_says_how_much_would_do(engine: Engine) -> None:
    with pytest.raises(BadPanel, match=r"no series of 60 periods.*shorter season than 52"):
        forecast(engine, waves(WEEKS[:59], season=52), season=52)


def test_the_least_history_that_is_named_does(engine: Engine) -> None:
    found = forecast(engine, waves(WEEKS[:60], season=52), season=52)

    assert found.height == 6


def test_negative_figures_have_negative_forecasts(engine: Engine) -> None:
    found = forecast(engine, waves(DAYS, season=7, level=-100.0), season=7)

    assert (found["mean"] < 0).all()


def test_a_large_panel_is_corrected(engine: Engine) -> None:
    told: list[str] = []
    frame = herd(220)

    found = corrected(engine, frame, told=told)

    assert "learning from errors on 220 of 220 series" in told
    assert not found["mean"].equals(forecast(engine, frame, season=4)["mean"])
    assert found.select(pl.col("q2_5") < pl.col("q97_5")).to_series().all()


def test_a_small_panel_is_not_corrected_and_that_is_said(engine: Engine) -> None:
    told: list[str] = []
    frame = herd(5)

    found = corrected(engine, frame, told=told)

    assert found.equals(forecast(engine, frame, season=4))
    assert any(line.startswith("nothing is corrected: 5 of 5 series are long enough") for line in told)


def uneven(count: int) -> pl.DataFrame:
    """Series of several lengths, some below 0, each with a season."""
    rows = [
        {
            "unique_id": f"s{name}",
            "ds": date(2015 + at // 12, at % 12 + 1, 1),
            "y": (-1) ** (name % 3 == 0) * 50.0 + name * math.sin(at / 6 * math.pi) + (at * (name + 3)) % 11,
        }
        for name in range(count)
        for at in range(40 + 5 * (name % 4))
    ]
    return pl.DataFrame(rows)


def odd(frame: pl.DataFrame) -> pl.DataFrame:
    """The same beside series of other kinds: short, constant, of zeros, intermittent, soaring."""
    others = {
        "constant": [7.0] * 60,
        "few": [3.0, 4.0, 5.0],
        "lumpy": [0.0, 0.0, 5.0, 0.0, 8.0, 0.0] * 10,
        "one": [12.5],
        "repeated": [10.0 + at % 12 for at in range(60)],
        "spike": [0.0] * 59 + [1e6],
        "rebound": [520.0] + [1.0 + at % 3 for at in range(35)] + [2.0**at for at in range(10)],
        "zero": [0.0] * 60,
    }
    rows = [
        {"unique_id": name, "ds": date(2015 + at // 12, at % 12 + 1, 1), "y": y}
        for name, values in others.items()
        for at, y in enumerate(values)
    ]
    return pl.concat([frame, pl.DataFrame(rows)])


def after_quantiles(told: list[str]) -> list[str]:
    return told[told.index("quantiles") + 1 :]


@pytest.mark.parametrize("most", [1, 1_000], ids=["each series alone", "some together"])
def test_the_numbers_do_not_depend_on_how_the_panel_is_split(engine: Engine, tmp_path: Path, most: int) -> None:
    frame, of_whole, of_parts = odd(uneven(12)), list[str](), list[str]()
    mixed = frame.sample(fraction=1.0, shuffle=True, seed=1)
    asked = Asked(tuple(candidates("fast", season=12)), "mean", 6, 12)
    whole = predict(
        frame,
        file="f.csv",
        candidates=asked.candidates,
        how="mean",
        horizon=6,
        season=12,
        engine=engine,
        progress=of_whole.append,
    )

    split = predict_in_parts(
        mixed.iter_slices(100),
        file="f.csv",
        asked=asked,
        engine=engine,
        progress=of_parts.append,
        shelves=lambda name: FileShelf(tmp_path / name, rows=50),
        most=most,
    )

    assert split.collect().equals(whole)
    assert whole["unique_id"].n_unique() == 20
    assert after_quantiles(of_parts) == after_quantiles(of_whole)
    assert [line.partition(" series ")[0] for line in after_quantiles(of_whole)] == ["2", "4"]


def test_a_panel_of_series_too_short_is_refused_before_anything_is_fitted(engine: Engine) -> None:
    told: list[str] = []
    short = pl.DataFrame({"unique_id": ["b"] * 7, "ds": DAYS[:7], "y": [1.0] * 7})

    with pytest.raises(BadPanel, match="no series of 22 periods"):
        odd_ones(engine, short, told=told)

    assert told == []


def test_a_series_too_short_is_forecast_beside_the_others_and_named(engine: Engine) -> None:
    told: list[str] = []
    short = pl.DataFrame({"unique_id": ["b"] * 7, "ds": DAYS[:7], "y": [1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0]})

    found = odd_ones(engine, pl.concat([waves(DAYS, season=7), short]), told=told)

    assert found["unique_id"].unique(maintain_order=True).to_list() == ["a", "b"]
    assert found.filter(unique_id="b").select(pl.col("q2_5") < pl.col("q97_5")).to_series().all()
    assert told[-1] == "1 series too short or too regular for the usual scale of errors, which is guessed: b"


def test_a_forecast_beyond_what_past_growth_allows_is_held_and_named(engine: Engine) -> None:
    told: list[str] = []
    rising = pl.DataFrame({"unique_id": ["b"] * 7, "ds": DAYS[:7], "y": [10.0 * at for at in range(7)]})
    frame = pl.concat([waves(DAYS, season=7), rising])

    found = predict(
        frame,
        file="f.csv",
        candidates=[Candidate("drift", "RandomWalkWithDrift", {}, min_observations=1)],
        how="mean",
        horizon=7,
        season=7,
        engine=engine,
        progress=told.append,
    )

    assert found.filter(unique_id="b")["mean"].max() == 2 * 60.0
    assert told[-1].startswith("1 series held (the first: ")
    assert told[-1].endswith(": b")


MONTHS = [date(2015 + at // 12, at % 12 + 1, 1) for at in range(96)]


def monthly(**series: list[float]) -> pl.DataFrame:
    """Series that all end together."""
    frames = [
        pl.DataFrame({"unique_id": name, "ds": MONTHS[-len(values) :], "y": values}) for name, values in series.items()
    ]
    return pl.concat(frames)


def seasonal(months: int, *, seed: int) -> list[float]:
    """The latest months of a calm series with a strong season."""
    noise = np.random.default_rng(seed).normal(0, 3, 96)
    return [200 + 40 * math.sin(2 * math.pi * at / 12) + noise[at] for at in range(96)][-months:]


def forecast_fast(engine: Engine, frame: pl.DataFrame, *, horizon: int = 12, told: list[str]) -> pl.DataFrame:
    return predict(
        frame,
        file="f.csv",
        candidates=candidates("fast", season=12),
        how="mean",
        horizon=horizon,
        season=12,
        engine=engine,
        progress=told.append,
    )


@pytest.mark.parametrize(("months", "off", "held"), [(12, 30, 0), (13, 25, 0), (18, 12, 9), (24, 12, 9)])
def test_a_series_of_one_or_two_years_keeps_its_season(engine: Engine, months: int, off: float, held: int) -> None:
    long = {f"long{name}": seasonal(96, seed=name) for name in range(8)}
    told: list[str] = []

    found = forecast_fast(engine, monthly(**long, short=seasonal(months, seed=99)), told=told)

    of_short = found.filter(unique_id="short")
    truth = [200 + 40 * math.sin(2 * math.pi * at / 12) for at in range(96, 108)]  # without a season, 40 off
    within = zip(truth, of_short["q2_5"], of_short["q97_5"], strict=True)
    assert max(abs(a - b) for a, b in zip(of_short["mean"], truth, strict=True)) < off
    assert sum(low <= y <= high for y, low, high in within) >= held
    assert any("guessed" in line and "short" in line for line in told) == (months < 24)


@pytest.mark.parametrize("before", [0.0, 0.5])
def test_what_came_on_the_market_a_year_ago_is_forecast_by_what_came_since(engine: Engine, before: float) -> None:
    launched = [before] * 60 + [100.0 + at * 7 % 5 for at in range(12)]

    found = forecast_fast(engine, monthly(launched=launched), told=[])

    assert found["mean"].is_between(95, 110).all()


def test_the_band_of_a_single_series_never_narrows_with_the_step(engine: Engine) -> None:
    found = forecast_fast(engine, monthly(alone=seasonal(72, seed=4)), horizon=24, told=[])

    assert (found["q97_5"] - found["q2_5"]).is_sorted()


def test_an_intermittent_series_may_have_nothing_each_month(engine: Engine) -> None:
    found = forecast_fast(engine, monthly(rare=[0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 1.0] * 9), told=[])

    assert (found["mean"] > 0).all()
    assert (found["q50"] == 0).all()
    assert (found["q97_5"] >= 1).all()


def test_no_band_of_a_series_that_ended_exceeds_what_growth_allows(engine: Engine) -> None:
    ended = [100.0 + at * 7 % 5 for at in range(60)] + [0.0] * 12

    found = forecast_fast(engine, monthly(ended=ended), told=[])

    assert found["q97_5"].max() == 2 * max(ended)
