"""What a corrector is told about forecasts, and how its corrections are put on."""

import math
from datetime import date
from math import log

import polars as pl
import pytest

from forecaster.domain.correction import APPLIED, FEATURES, SMALLEST, corrected, described, of_sizes, widths
from forecaster.domain.months import month_after
from tests.panels import panel

NAME = "ev.production.CN"


def forecasts(*y_hat: float, cutoff: date) -> pl.DataFrame:
    count = len(y_hat)
    return pl.DataFrame(
        {
            "unique_id": [NAME] * count,
            "cutoff": [cutoff] * count,
            "step": pl.Series(range(1, count + 1), dtype=pl.Int32),
            "y_hat": y_hat,
        }
    )


def months(frame: pl.DataFrame, *, known: int) -> date:
    return month_after(frame["ds"][0], months=known - 1)


def test_an_error_is_told_in_units_of_the_usual_change_of_the_logarithm() -> None:
    frame = panel([100.0, 200.0, 100.0, 200.0, 100.0, 800.0])

    rows = described(forecasts(200.0, 100.0, cutoff=months(frame, known=5)), panel=frame, season=12)

    assert rows["noise"].to_list() == pytest.approx([math.log(2)] * 2)
    assert rows["target"][0] == pytest.approx(2.0)  # two doublings too low
    assert rows["target"][1] is None
    assert rows["known_back"].to_list() == [0, -1]


def test_features_of_lags_and_length_are_those_of_the_figures_known() -> None:
    frame = panel([100.0, 200.0, 100.0, 200.0, 100.0, 800.0])

    rows = described(forecasts(400.0, cutoff=months(frame, known=5)), panel=frame, season=12)

    told = rows.row(0, named=True)
    assert (told["step_ahead"], told["length"]) == (1.0, 5.0)
    assert told["ahead"] == pytest.approx(2.0)
    assert [told["lag_1"], told["lag_2"]] == pytest.approx([1.0, 0.0], abs=1e-6)
    assert math.isnan(told["lag_5"])
    assert math.isnan(told["same_month_1"])


def test_what_came_after_the_cutoff_changes_no_feature() -> None:
    y = [100.0 + 10 * math.sin(at) + at for at in range(60)]
    calm, wild = panel(y), panel(y[:48] + [9000.0 + at for at in range(12)])
    points = forecasts(*range(100, 118), cutoff=months(calm, known=48))

    told = described(points, panel=calm, season=12).select(FEATURES)

    assert told.equals(described(points, panel=wild, season=12).select(FEATURES))


@pytest.mark.parametrize("y", [[3.0, 5.0, 4.0, 9.0], [0.0, 5.0, 0.0, 9.0], [-3.0, 5.0, -4.0, 9.0]])
def test_where_no_error_is_expected_a_forecast_stays_as_it_is(y: list[float]) -> None:
    frame = panel(y)
    rows = described(forecasts(7.0, 8.0, cutoff=months(frame, known=4)), panel=frame, season=12)

    found = corrected(rows, expected=pl.Series([0.0, 0.0]))

    assert found["y_hat"].to_list() == pytest.approx([7.0, 8.0])


def test_a_share_of_the_expected_error_is_put_on() -> None:
    frame = panel([100.0, 200.0, 100.0, 200.0, 100.0])
    rows = described(forecasts(200.0, cutoff=months(frame, known=5)), panel=frame, season=12)

    found = corrected(rows, expected=pl.Series([1.0]))

    assert found["y_hat"].to_list() == pytest.approx([200.0 * 2**APPLIED])


def test_an_expected_size_is_told_in_the_unit_of_the_series_at_the_height_of_the_forecast() -> None:
    frame = panel([100.0, 200.0, 100.0, 200.0, 100.0])
    rows = described(forecasts(200.0, cutoff=months(frame, known=5)), panel=frame, season=12)

    found = widths(rows, sizes=pl.Series([log(0.5)]))

    assert found["width"].to_list() == pytest.approx([200.0 * log(2) * 0.5])


def test_sizes_are_learnt_as_logarithms_and_an_exact_hit_has_one() -> None:
    rows = pl.DataFrame({"target": [-2.0, 0.0, 2.0]})

    assert of_sizes(rows)["target"].to_list() == pytest.approx([log(2), log(SMALLEST), log(2)])


def test_no_correction_goes_beyond_twenty_times_the_largest_figure() -> None:
    frame = panel([100.0, 200.0, 100.0, 200.0, 100.0])
    rows = described(forecasts(200.0, cutoff=months(frame, known=5)), panel=frame, season=12)

    found = corrected(rows, expected=pl.Series([2000.0]))

    assert found["y_hat"].to_list() == [4000.0]


def test_a_series_that_does_not_move_teaches_nothing_and_is_not_corrected() -> None:
    frame = panel([5.0] * 40)
    rows = described(forecasts(5.0, cutoff=months(frame, known=36)), panel=frame, season=12)

    found = corrected(rows, expected=pl.Series([3.0]))

    assert rows["target"].to_list() == [None]
    assert found["y_hat"].to_list() == pytest.approx([5.0])


def test_a_forecast_without_a_logarithm_counts_as_unknown() -> None:
    frame = panel([3.0, 5.0, 4.0, 9.0, 3.0])

    rows = described(forecasts(0.0, cutoff=months(frame, known=4)), panel=frame, season=12)

    assert math.isnan(rows["ahead"][0])
    assert rows["target"].to_list() == [None]
    assert corrected(rows, expected=pl.Series([1.0]))["y_hat"].to_list() == [0.0]
