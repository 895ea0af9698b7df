"""A run's scores as reviewers compare them."""

from datetime import date

import polars as pl

from forecaster.domain.summary import by_level, by_variants, weights_by_sector
from forecaster.domain.variant_choice import VERDICTS

AT = date(2023, 1, 1)


def blocks(forecasts: dict[str, float]) -> pl.DataFrame:
    rows = [(key, AT, AT, AT, 1, 10.0, y_hat) for key, y_hat in forecasts.items()]
    return pl.DataFrame(
        rows, schema=["unique_id", "cutoff", "block_start", "block_end", "step", "y", "y_hat"], orient="row"
    )


def test_levels_tell_the_error_before_and_after_each_series_with_equal_weight() -> None:
    before = blocks({"solar.all": 14.0, "solar.a": 12.0, "solar.b": 8.0, "ev.x": 0.0})
    after = blocks({"solar.all": 12.0, "solar.a": 11.0, "solar.b": 10.0, "ev.x": 0.0})
    scales = before.select("unique_id", "cutoff", scale=pl.lit(2.0), root_scale=pl.lit(2.0))
    levels = pl.DataFrame({"unique_id": ["solar.all", "solar.a", "solar.b"], "level": [0, 1, 1]})

    found = by_level(before, after, scales=scales, levels=levels)

    assert found.rows() == [("solar", 0, 1, 2.0, 1.0), ("solar", 1, 2, 1.0, 0.25)]


def test_variants_are_counted_by_sector_and_their_series_count_once() -> None:
    rows = [
        ("ev.x", "calendar", 60, 1.0, 0.9, True, 1.2, 1.1),
        ("ev.x", "working-days", 60, 1.0, 1.3, False, 1.2, 1.1),
        ("ev.y", "calendar", 60, 1.0, 1.0, False, 2.0, 2.0),
    ]

    found = by_variants(pl.DataFrame(rows, schema=VERDICTS, orient="row"))

    assert found.row(0, named=True) == {
        "sector": "ev",
        "tried": 3,
        "used": 1,
        "mase_unchosen": 1.6,
        "mase_chosen": 1.55,
    }


def test_weights_of_a_sector_are_means_over_its_series_whatever_the_footing() -> None:
    series = pl.DataFrame(
        {"sector": ["ev", "ev"], "weights": ['{"a": 0.5, "b": 0.5}', '{"calendar: a": 1.0}']},
    )

    assert weights_by_sector(series).rows() == [("ev", "a", 0.75), ("ev", "b", 0.25)]
