"""Quantiles from backtest errors."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.intervals import (
    OWN_WEIGHT,
    crossfitted,
    in_pools,
    own_spread,
    pooled_quantiles,
    with_quantiles,
    with_widths,
    within_recent_size,
)
from forecaster.domain.vintage import QUANTILE_COLUMNS
from tests.panels import panel

AT = date(2024, 1, 1)


def errors(values: list[float], *, unique_id: str = "ev.a", step: int = 1) -> pl.DataFrame:
    count = len(values)
    return pl.DataFrame(
        {
            "unique_id": [unique_id] * count,
            "cutoff": [AT] * count,
            "step": [step] * count,
            "pool": [unique_id.split(".", maxsplit=1)[0]] * count,
            "ds": [AT] * count,
            "error": values,
        },
        schema_overrides={"step": pl.Int32(), "error": pl.Float64()},
    )


def test_quantiles_of_the_pool_are_those_of_its_errors() -> None:
    found = pooled_quantiles(in_pools(errors([float(k) for k in range(101)] * 3, step=3)), horizon=3)

    rows = found.filter(pl.col("pool") == "ev")
    assert rows["step"].to_list() == [1, 2, 3]
    assert rows["q10"].to_list() == [10.0, 10.0, 10.0]


def test_a_pool_with_few_errors_takes_the_whole_panels() -> None:
    both = pl.concat([errors([1.0] * 300), errors([5.0] * 3, unique_id="solar.b")])

    found = pooled_quantiles(in_pools(both), horizon=1)

    assert found["pool"].to_list() == [None, "ev"]


def test_a_calm_series_gets_a_narrower_band_shrunk_towards_its_pool() -> None:
    both = pl.concat([errors([3.0] * OWN_WEIGHT), errors([1.0] * OWN_WEIGHT, unique_id="ev.calm")])

    found = dict(own_spread(both).select("unique_id", "spread").iter_rows())

    assert found["ev.calm"] == pytest.approx(0.5 * (1 / 2) + 0.5)
    assert found["ev.a"] == pytest.approx(0.5 * (3 / 2) + 0.5)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.floats(-50, 50), min_size=1, max_size=200),
    y_hat=st.floats(0, 1e6),
    scale=st.floats(1e-3, 1e5),
)
def test_quantiles_are_in_order_and_never_below_nothing(values: list[float], y_hat: float, scale: float) -> None:
    at = {"unique_id": ["ev.a"], "cutoff": [AT]}
    points = pl.DataFrame(
        {**at, "ds": [date(2024, 2, 1)], "step": [1], "y_hat": [y_hat]}, schema_overrides={"step": pl.Int32()}
    )

    found = with_quantiles(points, errors=errors(values), scales=pl.DataFrame({**at, "scale": [scale]}), horizon=1)

    row = [found[name].item() for name in QUANTILE_COLUMNS]
    assert row == sorted(row)
    assert row[0] >= 0


def test_errors_to_one_side_move_no_median() -> None:
    at = {"unique_id": ["ev.a"], "cutoff": [AT]}
    points = pl.DataFrame(
        {**at, "ds": [date(2024, 2, 1)], "step": [1], "y_hat": [100.0]}, schema_overrides={"step": pl.Int32()}
    )
    scales = pl.DataFrame({**at, "scale": [10.0]})

    found = with_quantiles(points, errors=errors([1.0, 2.0, 3.0] * 100), scales=scales, horizon=1)

    assert found["q50"].item() == 100.0
    assert 100.0 - found["q10"].item() == pytest.approx(found["q90"].item() - 100.0)


def test_a_scale_by_step_lies_between_the_series_scale_and_the_error_that_is_expected() -> None:
    scales = pl.DataFrame({"unique_id": ["ev.a"], "cutoff": [AT], "scale": [4.0]})
    widths = pl.DataFrame({"unique_id": ["ev.a"] * 3, "cutoff": [AT] * 3, "step": [1, 2, 3], "width": [1.0, None, 1.0]})

    found = with_widths(scales, widths=widths)

    assert found["scale"].to_list() == pytest.approx([2.0, 4.0, 2.0])


def test_beyond_the_longest_step_with_errors_the_band_grows_with_the_root_of_the_step() -> None:
    known = errors([float(k) for k in range(101)] * 3, step=4)

    found = pooled_quantiles(in_pools(known), horizon=16).filter(pl.col("pool") == "ev")

    at = dict(found.select("step", "q90").iter_rows())
    assert at[4] == pytest.approx(90.0)
    assert at[16] == pytest.approx(180.0)


def test_an_error_is_measured_by_the_spread_of_its_series_other_cutoffs() -> None:
    calm = errors([1.0] * OWN_WEIGHT)
    wild = errors([9.0] * OWN_WEIGHT).with_columns(cutoff=pl.lit(date(2024, 7, 1)))
    usual = (1 + 9) / 2

    found = crossfitted(pl.concat([calm, wild]))

    of_wild = found.filter(pl.col("cutoff") == date(2024, 7, 1))["error"].to_list()
    assert of_wild == pytest.approx([9.0 / (0.5 * (1 / usual) + 0.5)] * OWN_WEIGHT)


def test_the_only_cutoff_of_a_series_has_its_pools_spread() -> None:
    found = crossfitted(errors([1.0, 3.0]))

    assert found["error"].to_list() == [1.0, 3.0]


def test_a_small_pools_series_are_measured_by_the_whole_panels_usual_error() -> None:
    both = pl.concat([errors([1.0] * 300), errors([5.0] * OWN_WEIGHT, unique_id="solar.b")])

    found = own_spread(in_pools(both)).filter(pl.col("unique_id") == "solar.b")

    usual = (300 + 5 * OWN_WEIGHT) / (300 + OWN_WEIGHT)
    assert found["pool"].to_list() == [None]
    assert found["spread"].to_list() == pytest.approx([0.5 * 5 / usual + 0.5])


def test_figures_that_may_be_below_nothing_keep_their_lower_quantiles() -> None:
    at = {"unique_id": ["ev.a"], "cutoff": [AT]}
    points = pl.DataFrame(
        {**at, "ds": [date(2024, 2, 1)], "step": [1], "y_hat": [-5.0]}, schema_overrides={"step": pl.Int32()}
    )
    scales = pl.DataFrame({**at, "scale": [1.0]})

    found = with_quantiles(points, errors=errors([-2.0, 2.0]), scales=scales, horizon=1, signed=["ev.a"])

    assert found["q50"].item() == pytest.approx(-5.0)


def test_a_step_that_a_pool_knows_too_little_of_takes_the_whole_panels_and_no_month_is_lost() -> None:
    known = [errors([1.0, -1.0] * 150, step=1), *(errors([2.0, -2.0] * 30, step=step) for step in range(5, 9))]
    at = {"unique_id": ["ev.a"] * 8, "cutoff": [AT] * 8}
    points = pl.DataFrame(
        {**at, "ds": [date(2024, month, 1) for month in range(2, 10)], "step": range(1, 9), "y_hat": [100.0] * 8},
        schema_overrides={"step": pl.Int32()},
    )
    scales = pl.DataFrame({"unique_id": ["ev.a"], "cutoff": [AT], "scale": [1.0]})

    found = with_quantiles(points, errors=pl.concat(known), scales=scales, horizon=8)

    assert found["step"].to_list() == list(range(1, 9))
    assert found.select(pl.any_horizontal(pl.col(QUANTILE_COLUMNS).is_null()).any()).item() is False


def test_errors_of_no_pool_make_the_quantiles_of_the_whole_panel_alone() -> None:
    both = pl.concat([errors([1.0] * 300), errors([5.0] * 300, unique_id="solar.b")])

    found = pooled_quantiles(in_pools(both.with_columns(pool=pl.lit(None, pl.String()))), horizon=1)

    assert found["pool"].to_list() == [None]
    assert found["q5"].to_list() == [1.0]
    assert found["q95"].to_list() == [5.0]


def test_the_scale_of_a_series_that_dwindled_is_no_larger_than_what_is_left_of_it() -> None:
    rows = panel([1000.0] * 24 + [3.0] * 24, unique_id="ev.a")
    at = rows.select("unique_id", cutoff="ds", scale=pl.lit(500.0))

    held = within_recent_size(at, panel=rows, season=12)["scale"].to_list()

    assert held[23] == 500.0
    assert held[-1] == pytest.approx(3.0)


def test_two_years_of_nothing_leave_the_scale_as_it_is() -> None:
    rows = panel([1000.1 + at * 0.37 for at in range(24)] + [0.0] * 26, unique_id="ev.a")
    at = rows.select("unique_id", cutoff="ds", scale=pl.lit(500.0))

    held = within_recent_size(at, panel=rows, season=12)["scale"].to_list()

    assert held[-1] == held[-2] == 500.0
    assert held[-5] == pytest.approx(2 * 1008.0 / 24, rel=0.01)


def test_the_size_of_a_series_that_may_be_below_nothing_bounds_no_scale() -> None:
    rows = panel([-1.0, *[1000.0] * 24, *[3.0] * 24], unique_id="ev.a")
    at = rows.select("unique_id", cutoff="ds", scale=pl.lit(500.0))

    assert within_recent_size(at, panel=rows, season=12)["scale"][-1] == 500.0
