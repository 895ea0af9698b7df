"""Scores against hand-computed numbers."""

import warnings
from datetime import date

import numpy as np
import polars as pl
import pytest

from forecaster.domain.months import month_after
from forecaster.domain.panel import PANEL
from forecaster.domain.scores import (
    bias,
    error_scales,
    interval_score,
    mase,
    quantile_loss,
    rmsse,
    score,
    scored_blocks,
    smape,
)
from tests.panels import panel, with_shared

EV = "ev.production.CN"
CUTOFF = date(2020, 12, 1)


def points(values: list[float], *, model: str = "m") -> pl.DataFrame:
    count = len(values)
    return pl.DataFrame(
        {
            "unique_id": [EV] * count,
            "cutoff": [CUTOFF] * count,
            "ds": [month_after(CUTOFF, months=step) for step in range(1, count + 1)],
            "step": range(1, count + 1),
            "model": [model] * count,
            "y_hat": values,
        },
        schema_overrides={"step": pl.Int32()},
    )


def test_metrics_equal_the_numbers_worked_out_by_hand() -> None:
    frame = pl.DataFrame({"y": [10.0, 20.0], "y_hat": [12.0, 16.0], "scale": [2.0, 2.0]})

    assert frame.select(mase()).item() == pytest.approx((1 + 2) / 2)
    assert frame.select(bias()).item() == pytest.approx((-1 + 2) / 2)
    assert frame.select(smape()).item() == pytest.approx(200 * (2 / 22 + 4 / 36) / 2)


def test_scores_of_quantiles_equal_the_numbers_worked_out_by_hand() -> None:
    frame = pl.DataFrame({"y": [10.0, 20.0], "low": [8.0, 21.0], "high": [12.0, 30.0], "root_scale": [2.0, 2.0]})

    assert frame.select(quantile_loss(0.1, "low")).to_series().to_list() == pytest.approx([0.4, 1.8])
    # An interval of 80 % costs ten times what lies beyond it.
    assert frame.select(interval_score(80, "low", "high")).to_series().to_list() == pytest.approx([4.0, 9.0 + 10 * 1.0])
    assert frame.with_columns(y_hat="high").select(rmsse()).item() == pytest.approx(((1 + 25) / 2) ** 0.5)


def test_scores_equal_those_of_another_library() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its docstrings hold escapes that Python warns of
        from utilsforecast import losses  # noqa: PLC0415  # so that the warning is caught
    rng = np.random.default_rng(5)
    train = panel(list(50 + 10 * rng.random(36)))
    later = pl.DataFrame({"unique_id": [EV] * 6, "y": 50 + 10 * rng.random(6), "y_hat": 55.0, "low": 51.0})
    plain = train.select("unique_id", "ds", "y")
    cutoffs = pl.DataFrame({"unique_id": [EV], "cutoff": [train["ds"].max()]})
    scaled = later.join(error_scales(train, cutoffs=cutoffs), on="unique_id")
    theirs = {"models": ["y_hat"], "seasonality": 12, "train_df": plain}

    assert scaled.select(mase()).item() == pytest.approx(losses.mase(later, **theirs)["y_hat"].item())
    assert scaled.select(rmsse()).item() == pytest.approx(losses.rmsse(later, **theirs)["y_hat"].item())
    assert scaled.select(smape()).item() == pytest.approx(200 * losses.smape(later, models=["y_hat"])["y_hat"].item())
    pinball = losses.quantile_loss(later, models={"m": "low"}, q=0.1)["m"].item()
    assert scaled.select(quantile_loss(0.1, "low").mean()).item() == pytest.approx(2 * pinball)


def test_smape_of_nothing_forecast_as_nothing_is_zero() -> None:
    frame = pl.DataFrame({"y": [0.0], "y_hat": [0.0]})

    assert frame.select(smape()).item() == 0.0


def test_january_and_february_are_scored_as_their_sum_alone() -> None:
    history = with_shared(panel([10.0] * 15), first=date(2021, 1, 1), last=date(2021, 2, 1))

    blocks = scored_blocks(points([12.0, 9.0, 11.0]), panel=history)

    assert blocks.select("step", "y", "y_hat").rows() == [(2, 20.0, 21.0), (3, 10.0, 11.0)]


def test_a_block_that_reaches_beyond_the_forecast_is_not_scored() -> None:
    history = with_shared(panel([10.0] * 15), first=date(2021, 1, 1), last=date(2021, 2, 1))

    blocks = scored_blocks(points([12.0]), panel=history)

    assert blocks.is_empty()


def test_the_scale_is_the_seasonal_naive_error_before_the_cutoff() -> None:
    history = panel([10.0] * 12 + [13.0, 15.0, 99.0])
    cutoffs = pl.DataFrame({"unique_id": [EV], "cutoff": [date(2021, 2, 1)]})

    scales = error_scales(history, cutoffs=cutoffs)

    assert scales["scale"].to_list() == [pytest.approx((3 + 5) / 2)]


def test_the_scale_of_a_shared_sum_is_the_error_of_the_sum() -> None:
    history = with_shared(panel([10.0] * 12 + [13.0, 5.0]), first=date(2021, 1, 1), last=date(2021, 2, 1))
    cutoffs = pl.DataFrame({"unique_id": [EV], "cutoff": [date(2021, 2, 1)]})

    scales = error_scales(history, cutoffs=cutoffs)

    assert scales["scale"].to_list() == [pytest.approx(2.0)]


def test_each_series_counts_once_however_many_blocks_it_has() -> None:
    blocks = pl.DataFrame(
        {
            "unique_id": ["a", "a", "b"],
            "cutoff": [CUTOFF] * 3,
            "y": [1.0, 1.0, 1.0],
            "y_hat": [2.0, 2.0, 5.0],
        }
    )
    scales = pl.DataFrame(
        {"unique_id": ["a", "b"], "cutoff": [CUTOFF] * 2, "scale": [1.0] * 2, "root_scale": [2.0] * 2}
    )

    total = score(blocks, scales=scales, by=[])

    assert total["mase"].item() == pytest.approx((1 + 4) / 2)
    assert total["rmsse"].item() == pytest.approx((0.5 + 2) / 2)
    assert total["series"].item() == 2


@pytest.mark.parametrize("seed", range(5))
def test_no_digit_depends_on_the_order_of_rows(seed: int) -> None:
    panel = pl.concat([figures_of(f"ev.{at}", at=at) for at in range(8)])
    cutoffs = panel.select("unique_id", cutoff="ds").filter(pl.col("cutoff") > date(2022, 1, 1))
    points = cutoffs.select("unique_id", "cutoff", ds=pl.col("cutoff").dt.offset_by("1mo"), step=1, model=pl.lit("m"))
    points = points.with_columns(y_hat=pl.lit(0.1))

    def scored(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        scales = error_scales(rows, cutoffs=cutoffs.sample(fraction=1.0, shuffle=True, seed=seed))
        blocks = scored_blocks(points.sample(fraction=1.0, shuffle=True, seed=seed), panel=rows)
        return scales, blocks, score(blocks, scales=scales, by=["model"])

    in_order, shuffled = scored(panel), scored(panel.sample(fraction=1.0, shuffle=True, seed=seed))

    assert all(one.equals(other) for one, other in zip(in_order, shuffled, strict=True))


def figures_of(series_id: str, *, at: int) -> pl.DataFrame:
    rows = []
    for number in range(40):
        ds = date(2020 + number // 12, number % 12 + 1, 1)
        rows.append((series_id, ds, 0.1 * number + 0.7 * (number * at % 11), "reported", ds, ds, ["r"]))
    return pl.DataFrame(rows, schema=PANEL, orient="row")
