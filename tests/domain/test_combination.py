"""Candidates' forecasts become one."""

from datetime import date

import polars as pl
import pytest

from forecaster.domain.combination import combine, weights
from forecaster.domain.experiment import Candidate

CANDIDATES = (
    Candidate("a", "A", {}),
    Candidate("b", "B", {}),
    Candidate("c", "C", {}),
    Candidate("naive", "N", {}, combined=False),
)


def points(values: dict[str, float]) -> pl.DataFrame:
    at = date(2024, 1, 1)
    rows = [("x", at, at, 1, model, value) for model, value in values.items()]
    return pl.DataFrame(rows, schema=["unique_id", "cutoff", "ds", "step", "model", "y_hat"], orient="row")


@pytest.mark.parametrize(("how", "expected"), [("mean", 4.0), ("median", 2.0)])
def test_the_benchmark_stays_out(how: str, expected: float) -> None:
    combined = combine(points({"a": 1.0, "b": 2.0, "c": 9.0, "naive": 100.0}), candidates=CANDIDATES, how=how)

    assert combined["y_hat"].to_list() == [expected]
    assert combined["model"].to_list() == ["combination"]


def test_the_rest_share_the_weight_of_a_candidate_that_failed() -> None:
    found = weights(points({"a": 1.0, "c": 9.0, "naive": 3.0}), candidates=CANDIDATES)

    assert found.rows() == [("x", "a", 0.5), ("x", "c", 0.5)]
