"""How far a job is, by the lines of its run."""

from datetime import UTC, datetime

from forecaster.domain.ports import Line
from forecaster.domain.steps import StepTold, failures_in, steps_of


def at(minute: int) -> datetime:
    return datetime(2026, 9, 10, 12, minute, tzinfo=UTC)


def failed(series_id: str, *models: str) -> dict[str, object]:
    return {"series_id": series_id, "failed": [{"model": model, "reason": "too short"} for model in models]}


LINES = (
    Line(1, at(0), "a vendor's warning"),
    Line(2, at(1), "5 reports", step="panel"),
    Line(3, at(2), "ev", step="backtest", done=0, total=3),
    Line(4, at(3), "a fails", step="backtest", failed=failed("a", "ets")),
    Line(5, at(4), "a fails again", step="backtest", failed=failed("a", "ces")),
    Line(6, at(5), "2 of 3", step="backtest", done=2, total=3),
)


def test_steps_say_when_they_began_and_what_was_last_counted() -> None:
    assert steps_of(LINES) == (
        StepTold("panel", at(1), at(1), None, None, 0),
        StepTold("backtest", at(2), at(5), 2, 3, 1),
    )


def test_a_step_that_is_begun_again_counts_anew() -> None:
    again = (*LINES, Line(7, at(6), "5 reports", step="panel"), Line(8, at(7), "ev", step="backtest", done=0, total=3))

    panel, backtest = steps_of(again)

    assert (panel.began_at, panel.told_at) == (at(1), at(6))
    assert (backtest.began_at, backtest.told_at, backtest.done) == (at(2), at(7), 0)


def test_failures_so_far_are_told_by_series() -> None:
    assert failures_in(LINES) == (failed("a", "ets", "ces"),)
