"""Models that see the year as it is published."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest

from forecaster.domain.experiment import Candidate
from forecaster.domain.months import month_after, month_number
from forecaster.domain.panel import ESTIMATED, PANEL, REPORTED
from forecaster.domain.ports import Outcome, Predictions, Progress
from forecaster.domain.published_year import PublishedYear, published_so
from tests.catalogues import catalogue

EV, EXPORTS = "ev.production.CN", "solar.exports.DE.panels"
NAIVE = Candidate("naive", "SeasonalNaive", {"season_length": 12}, min_observations=25, max_observations=48)
END = date(2024, 3, 1)


def panel(series_id: str, *, joint: bool, count: int = 39) -> pl.DataFrame:
    """Months up to END whose figures are their own number of the month, times the year."""
    rows = []
    for at in range(count):
        ds = month_after(END, months=at - count + 1)
        whole = (date(ds.year, 1, 1), date(ds.year, 2, 1))
        block = whole if joint and ds.month <= 2 else (ds, ds)
        obtained = ESTIMATED if block == whole else REPORTED
        rows.append((series_id, ds, float(ds.month * (ds.year - 2000)), obtained, *block, ["r"]))
    return pl.DataFrame(rows, schema=PANEL, orient="row")


class SeasonalEngine:
    """Repeats what was a season ago, as its candidates' season says; keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[pl.DataFrame, pl.DataFrame, Candidate]] = []

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
    ) -> Predictions:
        (candidate,) = candidates
        self.given.append((panel, cutoffs, candidate))
        rows = []
        for series_id, cutoff in cutoffs.select("unique_id", "cutoff").iter_rows():
            known = panel.filter((pl.col("unique_id") == series_id) & (pl.col("ds") <= cutoff)).sort("ds")["y"]
            last = known.to_list()[-candidate.settings["season_length"] :]
            for step in range(1, horizon + 1):
                ds = month_after(cutoff, months=step)
                rows.append((series_id, cutoff, ds, step, candidate.name, last[(step - 1) % len(last)]))
        schema = {"unique_id": pl.String, "cutoff": pl.Date, "ds": pl.Date, "step": pl.Int32, "model": pl.String}
        failed = tuple(Outcome(key, "other", cutoff, "no") for key, cutoff in cutoffs.iter_rows())
        points = pl.DataFrame(rows, schema={**schema, "y_hat": pl.Float64}, orient="row")
        return Predictions(points, failed, {candidate.name: 1.5})


def predicted(cutoff: date, *, horizon: int) -> tuple[Predictions, SeasonalEngine]:
    both = pl.concat([panel(EV, joint=True), panel(EXPORTS, joint=False)])
    inner = SeasonalEngine()
    engine = PublishedYear(inner, panel=both, catalogue=catalogue())
    cutoffs = pl.DataFrame({"unique_id": [EV, EXPORTS], "cutoff": [cutoff, cutoff]})
    found = engine.predict(both, cutoffs=cutoffs, candidates=[NAIVE], horizon=horizon, progress=lambda _: None)
    return found, inner


def of(found: Predictions, series_id: str) -> dict[date, float]:
    rows = found.points.filter(pl.col("unique_id") == series_id)
    return dict(rows.select("ds", "y_hat").iter_rows())


def test_series_are_meant_whose_body_stated_january_and_february_as_one() -> None:
    both = pl.concat([panel(EV, joint=True), panel(EXPORTS, joint=True)])

    assert published_so(both, catalogue=catalogue()) == {EV}
    assert published_so(panel(EV, joint=False), catalogue=catalogue()) == frozenset()


def test_models_see_eleven_periods_a_year_of_those_and_twelve_months_of_the_others() -> None:
    _, inner = predicted(date(2023, 12, 1), horizon=12)

    (months, of_months, monthly), (periods, of_periods, candidate) = inner.given
    assert of_months["unique_id"].to_list() == [EXPORTS]
    assert of_periods["unique_id"].to_list() == [EV]
    assert monthly == NAIVE
    assert (candidate.settings["season_length"], candidate.season) == (11, 11)
    assert (candidate.min_observations, candidate.max_observations) == (23, 44)
    assert months.height == 2 * 39
    numbers = [month_number(ds) for ds in periods["ds"]]
    assert numbers == list(range(numbers[0], numbers[0] + 35))
    assert periods["y"].head(2).to_list() == [1 * 21.0 + 2 * 21, 3 * 21.0]


def test_forecasts_are_months_again_january_and_february_sharing_their_sum() -> None:
    found, _ = predicted(date(2023, 12, 1), horizon=12)

    months = of(found, EV)
    assert list(months) == [month_after(date(2023, 12, 1), months=step) for step in range(1, 13)]
    january, february = months.pop(date(2024, 1, 1)), months.pop(date(2024, 2, 1))
    assert january + february == pytest.approx(1 * 23 + 2 * 23)
    assert january > february > 0  # working days of 2024: New Year's holiday lies in February
    assert months == {date(2024, month, 1): month * 23.0 for month in range(3, 13)}
    assert found.points["step"].to_list() == [*range(1, 13)] * 2


def test_the_horizon_may_end_between_january_and_february() -> None:
    found, _ = predicted(date(2023, 3, 1), horizon=10)

    assert list(of(found, EV))[-1] == date(2024, 1, 1)


def test_a_cutoff_in_january_stays_with_the_months() -> None:
    _, inner = predicted(date(2024, 1, 1), horizon=3)

    assert len(inner.given) == 1
    assert inner.given[0][1].height == 2


def test_failures_and_seconds_are_those_of_both_under_the_cutoffs_that_are_meant() -> None:
    found, _ = predicted(date(2023, 12, 1), horizon=3)

    assert [(one.unique_id, one.cutoff) for one in found.failed] == [
        (EV, date(2023, 12, 1)),
        (EXPORTS, date(2023, 12, 1)),
    ]
    assert found.cpu_seconds == {"naive": 3.0}
