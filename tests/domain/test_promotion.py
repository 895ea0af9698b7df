"""Champion against challenger."""

from datetime import date

import polars as pl

from forecaster.domain.experiment import Gate
from forecaster.domain.promotion import decide

GATE = Gate("not-worse", tolerance=0.05)


def scores(mase: float, *, year: int = 2024) -> pl.DataFrame:
    return pl.DataFrame({"unique_id": ["ev.a"], "cutoff": [date(year, 1, 1)], "mase": [mase]})


def test_the_first_run_goes_into_service() -> None:
    decision = decide(scores(1.0), champion=None, gate=GATE)

    assert decision.promote


def test_a_challenger_within_the_tolerance_goes_into_service() -> None:
    decision = decide(scores(1.04), champion=scores(1.0), gate=GATE)

    assert decision.promote
    assert "1.0400 against 1.0000" in decision.reason


def test_a_worse_challenger_does_not() -> None:
    decision = decide(scores(1.06), champion=scores(1.0), gate=GATE)

    assert not decision.promote
    assert decision.by_sector.row(0) == ("ev", 1, 1.0, 1.06)


def test_only_common_folds_are_compared() -> None:
    decision = decide(scores(9.0), champion=scores(1.0, year=2023), gate=GATE)

    assert decision.promote
    assert "No fold is common" in decision.reason


def test_the_gate_may_always_promote() -> None:
    decision = decide(scores(9.0), champion=scores(1.0), gate=Gate("always"))

    assert decision.promote
