"""What is told of forecasts that are not made as usual."""

from datetime import date

import polars as pl

from forecaster.domain.ports import Outcome
from forecaster.domain.unusual import unusual

LAST = date(2024, 12, 1)


def frame(*rows: tuple[str, float]) -> pl.DataFrame:
    schema = {"unique_id": pl.String(), "cutoff": pl.Date(), "scale": pl.Float64()}
    return pl.DataFrame([(one, LAST, scale) for one, scale in rows], schema=schema, orient="row")


def told(count: int, *, forecast: int, others: pl.DataFrame, held: list[Outcome]) -> list[str]:
    ids = [f"panel.{at}" for at in range(count)]
    final = pl.DataFrame({"unique_id": ids, "cutoff": [LAST] * count})
    names = pl.DataFrame({"unique_id": ids, "name": [f"n{at}" for at in range(count)]})
    found = pl.DataFrame({"unique_id": ids[:forecast]})
    return list(unusual(found, final=final, names=names, others=others, held=held))


def test_nothing_is_told_where_all_is_as_usual() -> None:
    assert told(3, forecast=3, others=frame(("x", 1.0)), held=[]) == []


def test_every_series_without_a_forecast_is_named_and_of_the_others_some() -> None:
    others = frame(*((f"panel.{at}", 1.0) for at in range(7)), ("panel.9", 1.0))

    lines = told(16, forecast=8, others=others, held=[])

    assert lines[0].endswith(": n10, n11, n12, n13, n14, n15, n8, n9")
    assert lines[1].startswith("7 series too short or too regular")
    assert lines[1].endswith(": n0, n1, n2, n3, n4 and 2 more")


def test_only_forecasts_that_are_given_are_told_as_held() -> None:
    before, now = (Outcome("panel.0", "combination", day, "too far") for day in (date(2023, 1, 1), LAST))

    assert told(1, forecast=1, others=frame(), held=[before]) == []
    assert told(1, forecast=1, others=frame(), held=[now]) == ["1 series held (the first: too far): n0"]


def test_of_held_forecasts_the_reason_is_that_of_the_first_name() -> None:
    held = [Outcome(f"panel.{at}", "combination", LAST, f"too far {at}") for at in (2, 10, 1)]

    assert told(11, forecast=11, others=frame(), held=held) == ["3 series held (the first: too far 1): n1, n10, n2"]
