"""Weights by past errors, worked out by hand."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.experiment import BY_SECTOR, BY_SERIES, Candidate
from forecaster.domain.learnt_weights import PRIOR, shrunk_weights, weighted
from forecaster.domain.months import month_after
from forecaster.domain.rivals import Rivals
from forecaster.domain.scores import error_scales
from forecaster.domain.trials import LEAST_BLOCKS, trials
from tests.panels import panel

EV, OTHER = "ev.production.CN", "ev.production.DE"
CANDIDATES = (Candidate("good", "A", {}), Candidate("poor", "B", {}), Candidate("naive", "N", {}, combined=False))
FIRST, SECOND, LAST = date(2022, 12, 1), date(2023, 12, 1), date(2025, 12, 1)


def actual(day: date) -> float:
    return 100.0 + 10 * (day.year - 2020)


def rows() -> pl.DataFrame:
    """Each year 10 above the last, so that the scale is 10."""
    values = [100.0 + 10 * (at // 12) for at in range(72)]
    return pl.concat([panel(values, unique_id=name) for name in (EV, OTHER)])


def points(errors: dict[str, dict[str, float]], *, cutoffs: tuple[date, ...] = (FIRST, SECOND, LAST)) -> pl.DataFrame:
    """A year's forecasts from each cutoff, off by a constant of series and model."""
    found = [
        (series, cutoff, day, step, model, actual(day) + error)
        for series, models in errors.items()
        for model, error in models.items()
        for cutoff in cutoffs
        for step in range(1, 13)
        for day in [month_after(cutoff, months=step)]
    ]
    schema = ["unique_id", "cutoff", "ds", "step", "model", "y_hat"]
    return pl.DataFrame(found, schema=schema, orient="row")


def found(errors: dict[str, dict[str, float]], *, how: str, known: pl.DataFrame | None = None) -> Rivals:
    held = rows() if known is None else known
    made = points(errors)
    scales = error_scales(held, cutoffs=made.select("unique_id", "cutoff").unique())
    return weighted(made, candidates=CANDIDATES, panel=held, scales=scales, how=how)


def weight(rivals: Rivals, series: str, cutoff: date) -> dict[str, float]:
    there = rivals.parts.filter((pl.col("unique_id") == series) & (pl.col("cutoff") == cutoff))
    return dict(there.select("model", "weight").iter_rows())


ONE = {EV: {"good": 2.0, "poor": 4.0, "naive": 0.0}}


def test_weights_are_inverse_squared_errors_drawn_to_equality_by_the_figures_known() -> None:
    rivals = found(ONE, how=BY_SERIES)

    # Squared scaled errors 0.04 and 0.16: 4/5 and 1/5, of 12 figures known at the second cutoff and 24 at the last.
    assert weight(rivals, EV, FIRST) == {}
    assert weight(rivals, EV, SECOND)["good"] == pytest.approx((12 * 0.8 + PRIOR / 2) / (12 + PRIOR))
    assert weight(rivals, EV, LAST) == pytest.approx({"good": (24 * 0.8 + 36) / 96, "poor": (24 * 0.2 + 36) / 96})


def test_the_forecast_is_the_weighted_sum() -> None:
    rivals = found(ONE, how=BY_SERIES)

    good = weight(rivals, EV, LAST)["good"]
    last = rivals.points.filter(pl.col("cutoff") == LAST)
    assert last["variant"].unique().to_list() == [BY_SERIES]
    assert last["y_hat"][0] == pytest.approx(160 + 2 * good + 4 * (1 - good))


def test_a_sector_shares_its_weights_and_a_series_keeps_its_own() -> None:
    errors = {EV: {"good": 2.0, "poor": 4.0}, OTHER: {"good": 6.0, "poor": 2.0}}

    by_sector, by_series = found(errors, how=BY_SECTOR), found(errors, how=BY_SERIES)

    # Mean squared scaled errors of the two: (0.04 + 0.36) / 2 against (0.16 + 0.04) / 2, so 1/3 and 2/3 of 48 figures.
    assert weight(by_sector, EV, LAST) == weight(by_sector, OTHER, LAST)
    assert weight(by_sector, EV, LAST)["good"] == pytest.approx((48 / 3 + 36) / (48 + 72))
    assert weight(by_series, EV, LAST)["good"] > 0.5 > weight(by_series, OTHER, LAST)["good"]


def test_figures_that_come_later_change_no_earlier_weight() -> None:
    later = rows().with_columns(y=pl.when(pl.col("ds") > SECOND).then(pl.col("y") * 3).otherwise("y"))

    before, after = found(ONE, how=BY_SERIES), found(ONE, how=BY_SERIES, known=later)

    assert weight(after, EV, SECOND) == weight(before, EV, SECOND)
    assert weight(after, EV, LAST) != weight(before, EV, LAST)


def test_a_candidate_that_failed_at_a_cutoff_leaves_its_weight_to_the_rest() -> None:
    errors = {EV: {"good": 2.0}, OTHER: {"good": 2.0, "poor": 4.0}}

    rivals = found(errors, how=BY_SECTOR)

    assert weight(rivals, EV, LAST) == {"good": 1.0}
    assert set(weight(rivals, OTHER, LAST)) == {"good", "poor"}


def test_candidates_that_never_erred_weigh_the_same_and_one_alone_takes_what_is_learnt() -> None:
    assert shrunk_weights([0.0, 0.0], figures=72) == [0.5, 0.5]
    assert shrunk_weights([0.0, 1.0], figures=72) == pytest.approx([0.75, 0.25])


def test_a_rival_of_a_whole_sector_is_judged_over_all_of_its_series() -> None:
    cutoffs = (date(2021, 12, 1), FIRST, SECOND, date(2024, 12, 1), LAST)
    plain = points({EV: {"plain": 5.0}, OTHER: {"plain": 5.0}}, cutoffs=cutoffs).drop("model")
    # Half the error on one series, slightly more on the other: 30 % less over the sector.
    errors = {EV: {BY_SECTOR: 1.0}, OTHER: {BY_SECTOR: 6.0}}
    rivals = points(errors, cutoffs=cutoffs).rename({"model": "variant"})
    scales = error_scales(rows(), cutoffs=plain.select("unique_id", "cutoff").unique())

    tried = trials(plain, rivals=rivals, panel=rows(), scales=scales)

    last = tried.filter(pl.col("cutoff") == LAST)
    assert (
        last.select("blocks", "plain", "mase", "used").rows()
        == [(96, pytest.approx(0.5), pytest.approx(0.35), True)] * 2
    )
    assert tried.filter("used")["blocks"].min() == LEAST_BLOCKS
