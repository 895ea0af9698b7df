"""The corrector on the real vendor, with rows whose error depends on one feature."""

import polars as pl

from forecaster.adapters.boosted_corrector import BoostedCorrector

ROWS = pl.DataFrame(
    {
        "step": [float(at % 2) for at in range(2_000)],
        "lag": [None if at % 3 else float(at % 7) for at in range(2_000)],
        "target": [(1.0 if at % 2 else -1.0) + 0.01 * (at % 5 - 2) for at in range(2_000)],
    }
).with_columns(pl.col("lag").fill_null(float("nan")))
FEATURES = ("step", "lag")


def test_an_error_that_a_feature_tells_is_learnt_and_missing_values_are_taken() -> None:
    learnt = BoostedCorrector().learn(ROWS, features=FEATURES)

    expected = learnt.of(pl.DataFrame({"step": [0.0, 1.0], "lag": [float("nan"), 3.0]}))

    assert [round(value, 1) for value in expected] == [-1.0, 1.0]


def test_the_same_rows_give_the_same_corrections() -> None:
    first, second = (BoostedCorrector().learn(ROWS, features=FEATURES).of(ROWS) for _ in range(2))

    assert first.equals(second)
