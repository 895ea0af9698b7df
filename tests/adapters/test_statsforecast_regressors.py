"""Models that are given columns, on the real vendor in this process."""

from datetime import date

import polars as pl
import pytest

from forecaster.adapters.statsforecast_fits import Answer, Chunk, fit
from forecaster.domain.experiment import Candidate
from forecaster.domain.months import month_after

MONTHS, HORIZON = 48, 4
WITH = Candidate("with", "ARIMA", {"order": (0, 0, 0)}, combined=False, regressors=True)


def ds() -> list[date]:
    return [month_after(date(2020, 1, 1), months=at) for at in range(MONTHS + HORIZON)]


def told(at: int) -> float:
    return float((at * at) % 13)


def other(at: int) -> float:
    return float((7 * at) % 5)


def columns() -> pl.DataFrame:
    days = ds()
    frames = [
        pl.DataFrame({"fit": 0, "ds": days, "name": name, "value": [of(at) for at in range(len(days))]})
        for name, of in (("b_driver", told), ("a_other", other))
    ]
    return pl.concat(frames).with_columns(pl.col("fit").cast(pl.UInt32))


def answer(given: pl.DataFrame | None, *, candidate: Candidate = WITH) -> Answer:
    """The forecast of a series that is 10 and twice one column, less the other."""
    days = ds()[:MONTHS]
    rows = pl.DataFrame({"fit": 0, "ds": days, "y": [10 + 2 * told(at) - other(at) for at in range(MONTHS)]})
    fits = pl.DataFrame({"fit": 0, "unique_id": "x", "cutoff": days[-1]}).with_columns(pl.col("fit").cast(pl.UInt32))
    return fit(Chunk(rows.with_columns(pl.col("fit").cast(pl.UInt32)), fits, (candidate,), HORIZON, given))


EXPECTED = [10 + 2 * told(at) - other(at) for at in range(MONTHS, MONTHS + HORIZON)]


def test_the_columns_tell_what_is_to_come() -> None:
    assert answer(columns()).points["y_hat"].to_list() == pytest.approx(EXPECTED, abs=1e-3)


def test_columns_are_aligned_by_name_and_months_by_date_whatever_their_order() -> None:
    shuffled = columns().sample(fraction=1.0, shuffle=True, seed=3)

    assert answer(shuffled).points["y_hat"].to_list() == pytest.approx(EXPECTED, abs=1e-3)


def test_a_month_that_is_missing_is_named_instead_of_shifting_the_rest() -> None:
    found = answer(columns().filter((pl.col("name") != "b_driver") | (pl.col("ds") != date(2021, 5, 1))))

    assert found.points.is_empty()
    assert [one.reason for one in found.failed] == ["ValueError: b_driver lacks 2021-05"]


def test_a_column_that_never_moved_is_left_out() -> None:
    still = columns().with_columns(name=pl.lit("c_still"), value=pl.lit(3.0)).unique("ds")

    found = answer(pl.concat([columns(), still]))

    assert found.points["y_hat"].to_list() == pytest.approx(EXPECTED, abs=1e-3)


@pytest.mark.parametrize(
    ("given", "model", "reason"),
    [
        (None, "ARIMA", "no regressors were given"),
        (columns(), "Theta", "Theta takes no regressors"),
        (columns().with_columns(value=pl.lit(1.0)), "ARIMA", "no regressor moved before the cutoff"),
    ],
)
def test_what_cannot_be_used_is_a_named_failure(given: pl.DataFrame | None, model: str, reason: str) -> None:
    found = answer(given, candidate=Candidate("with", model, {}, combined=False, regressors=True))

    assert [one.reason for one in found.failed] == [f"ValueError: {reason}"]
