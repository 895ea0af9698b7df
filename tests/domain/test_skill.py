"""Skill over the seasonal naive forecast."""

from dataclasses import replace
from datetime import date

import polars as pl

from forecaster.domain.skill import benchmark_of, skill_by_sector, skill_by_series
from tests.running import EXPERIMENT

CUTOFF = date(2024, 1, 1)


def blocks(*rows: tuple[str, str, int, float, float]) -> pl.DataFrame:
    """unique_id, model, month of 2024, y, y_hat."""
    return pl.DataFrame(
        [
            (key, CUTOFF, model, date(2024, at, 1), date(2024, at, 1), at - 1, y, y_hat)
            for key, model, at, y, y_hat in rows
        ],
        schema=["unique_id", "cutoff", "model", "block_start", "block_end", "step", "y", "y_hat"],
        orient="row",
    )


def scales(*keys: str) -> pl.DataFrame:
    return pl.DataFrame({"unique_id": keys, "cutoff": [CUTOFF] * len(keys), "scale": [2.0] * len(keys)})


def test_the_benchmark_is_the_seasonal_naive_candidate_that_stays_outside() -> None:
    inside = tuple(replace(one, combined=True) for one in EXPERIMENT.candidates)

    assert benchmark_of(EXPERIMENT) == "naive"
    assert benchmark_of(replace(EXPERIMENT, candidates=inside)) is None


def test_skill_is_the_share_of_the_error_that_is_spared_over_common_figures() -> None:
    found = skill_by_series(
        blocks(
            ("ev.a", "combination", 2, 10.0, 11.0),
            ("ev.a", "naive", 2, 10.0, 14.0),
            ("ev.a", "combination", 3, 10.0, 99.0),  # the benchmark has none
            ("ev.b", "combination", 2, 10.0, 14.0),
            ("ev.b", "naive", 2, 10.0, 8.0),
            ("solar.c", "combination", 2, 10.0, 14.0),
            ("solar.c", "naive", 2, 10.0, 10.0),  # never errs
        ),
        scales=scales("ev.a", "ev.b", "solar.c"),
        benchmark="naive",
    )

    assert found.rows() == [("ev", "ev.a", 0.75, 0.5, 2.0), ("ev", "ev.b", -1.0, 2.0, 1.0)]
    assert skill_by_sector(found).rows() == [("ev", 1 - 2.5 / 3.0, 0.5)]
