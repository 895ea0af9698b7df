"""Quantiles of the errors of panels that have few."""

import numpy as np
import polars as pl
import pytest

from forecaster.domain.few_errors import quantiles_of_few
from forecaster.domain.vintage import QUANTILE_COLUMNS


def errors(*, forecasts: int, steps: int = 12, size: float = 1.0, seed: int = 1) -> pl.DataFrame:
    noise = np.random.default_rng(seed).normal(0, size, forecasts * steps)
    return pl.DataFrame(
        {"step": list(range(1, steps + 1)) * forecasts, "error": noise}, schema_overrides={"step": pl.Int32()}
    )


def test_they_ascend_are_alike_on_both_sides_and_never_narrow_with_the_step() -> None:
    found = quantiles_of_few(errors(forecasts=3), horizon=30)

    assert found["step"].to_list() == list(range(1, 31))
    for row in found.select(QUANTILE_COLUMNS).rows():
        assert list(row) == sorted(row)
        assert list(row) == pytest.approx([-one for one in reversed(row)])
    assert found["q90"].is_sorted()


def test_few_forecasts_widen_the_tails_most() -> None:
    same = errors(forecasts=1)
    often = pl.concat([same] * 50)

    one, many = (quantiles_of_few(frame, horizon=1).row(0, named=True) for frame in (same, often))

    assert many["q90"] < one["q90"]
    assert one["q97_5"] / many["q97_5"] > one["q90"] / many["q90"]


def test_of_many_they_are_those_of_the_normal_distribution() -> None:
    level = errors(forecasts=4000, steps=1)

    found = quantiles_of_few(level, horizon=1).row(0, named=True)

    assert found["q97_5"] == pytest.approx(1.96, rel=0.05)
    assert found["q90"] == pytest.approx(1.28, rel=0.05)


def test_forecasts_that_never_erred_have_no_width() -> None:
    found = quantiles_of_few(errors(forecasts=2, size=0.0), horizon=2)

    assert not found.select(pl.any_horizontal(pl.col(QUANTILE_COLUMNS) != 0).any()).item()
