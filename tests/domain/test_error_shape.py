"""How wrong the forecasts of a hierarchy may be."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecaster.domain.error_shape import error_shape
from forecaster.domain.months import month_after

SCHEMA = {
    "unique_id": pl.String(),
    "fold": pl.Int64(),
    "ds": pl.Date(),
    "step": pl.Int32(),
    "error": pl.Float64(),
}


def errors(sizes: dict[str, float], *, folds: int = 12, steps: int = 6) -> pl.DataFrame:
    """Errors of each series about as large as said, growing with the root of the step."""
    noise = np.random.default_rng(7)
    rows = [
        (key, fold, month_after(date(2020, 1, 1), months=step - 3 * fold), step, size * step**0.5 * noise.normal())
        for key, size in sizes.items()
        for fold in range(folds)
        for step in range(1, steps + 1)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_without_errors_all_are_alike_and_independent() -> None:
    found = error_shape(pl.DataFrame(schema=SCHEMA), members=("a", "b"), horizon=3)

    assert found.sizes.tolist() == [1.0, 1.0]
    assert found.correlation.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert found.growth.tolist() == pytest.approx([1.0, 2**0.5, 3**0.5])


def test_a_series_with_larger_errors_is_trusted_less() -> None:
    found = error_shape(errors({"a": 1.0, "b": 4.0}), members=("a", "b"), horizon=6)

    assert 2 < found.sizes[1] / found.sizes[0] < 4  # shrunk towards each other


def test_a_series_that_starts_late_counts_as_the_others_do() -> None:
    known = errors({"a": 1.0, "b": 4.0})

    found = error_shape(known, members=("a", "b", "late"), horizon=6)

    assert found.sizes[0] < found.sizes[2] < found.sizes[1]
    assert found.correlation[2].tolist() == [0.0, 0.0, 1.0]


def test_errors_never_shrink_with_the_step_and_grow_with_its_root_beyond_what_is_known() -> None:
    many = errors({f"s{at}": 1.0 for at in range(40)}, steps=6)

    found = error_shape(many, members=tuple(f"s{at}" for at in range(40)), horizon=24)

    assert np.all(np.diff(found.growth) >= 0)
    assert found.growth[23] / found.growth[8] == pytest.approx((24 / 9) ** 0.5)


def test_a_known_month_has_no_error_and_a_series_errs_in_units_of_its_scale() -> None:
    found = error_shape(errors({"a": 1.0, "b": 1.0}), members=("a", "b"), horizon=6)

    spread = found.spread(np.array([[0, 1], [1, 2]]), scales=np.array([10.0, 1.0]))

    assert spread[0, 0] == 0
    assert spread[0, 1] / spread[1, 0] == pytest.approx(10 * found.sizes[0] / found.sizes[1])
