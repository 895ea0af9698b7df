"""Lines between a run and its worker."""

from forecaster.adapters.told_lines import read, written
from forecaster.domain.progress import Said, failure


def test_what_a_line_knows_arrives() -> None:
    counted, failing = (
        Said("ev: 4 of 9", step="backtest", done=4, total=9),
        failure("ev.a.CN", reasons={"ets": "short"}),
    )

    assert read(written(counted)) == {"line": "ev: 4 of 9", "step": "backtest", "done": 4, "total": 9}
    assert read(written(failing)) == {"line": str(failing), "failed": failing.failed}
    assert read(written("plain")) == {"line": "plain"}


def test_other_lines_and_halves_of_lines_are_their_own_text() -> None:
    for text in ("Traceback (most recent call last):", "", '{"line":"ev: 4 o', '{"other": 1}'):
        assert read(text) == {"line": text}
