"""What lines of progress know besides their text."""

from forecaster.domain.progress import Said, behind, failure, in_steps, uncounted


def knows(line: str) -> tuple[str, str | None, int | None, int | None]:
    assert isinstance(line, Said)
    return str(line), line.step, line.done, line.total


def test_a_line_belongs_to_its_own_step_or_to_that_of_the_line_before() -> None:
    told: list[str] = []
    tell = in_steps(told.append)

    for line in ("3 reports", Said("ev", step="backtest", done=0, total=3), "kept", Said("recording", step="record")):
        tell(line)

    assert [knows(line) for line in told] == [
        ("3 reports", "panel", None, None),
        ("ev", "backtest", 0, 3),
        ("kept", "backtest", None, None),
        ("recording", "record", None, None),
    ]


def test_lines_pass_behind_a_prefix_with_what_they_know() -> None:
    told: list[str] = []
    tell = behind(told.append, "champion, ", step="comparison")

    tell(Said("ev", step="backtest", done=1, total=3))
    tell("plain")

    assert [knows(line) for line in told] == [
        ("champion, ev", "comparison", 1, 3),
        ("champion, plain", "comparison", None, None),
    ]


def test_counts_of_a_part_are_left_out() -> None:
    told: list[str] = []

    uncounted(told.append)(Said("ev", step="backtest", done=1, total=3))

    assert knows(told[0]) == ("ev", "backtest", None, None)


def test_a_failure_is_told_of_the_series_also_where_a_variant_of_it_failed() -> None:
    own, variant = (
        failure("ev.production.CN", reasons={"ets": "too short"}),
        failure("a.b.CN#calendar", reasons={"e": "r"}),
    )

    assert str(own) == "ev.production.CN: no forecast by ets (too short)"
    assert own.failed == {"series_id": "ev.production.CN", "failed": [{"model": "ets", "reason": "too short"}]}
    assert variant.failed == {"series_id": "a.b.CN", "failed": [{"model": "calendar: e", "reason": "r"}]}
