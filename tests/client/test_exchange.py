from datetime import UTC, datetime

import pytest

from forecaster.client.exchange import Answer, Retries, checked
from forecaster.domain.errors import ServiceRefused, ServiceUnavailable

NOW = datetime(2026, 9, 16, 2, tzinfo=UTC)


def pause(attempt: int, answer: Answer | None = None, *, spread: float = 0.0) -> float | None:
    return Retries(times=3, first=1.0, longest=10.0).pause(attempt, answer=answer, now=NOW, spread=lambda: spread)


def busy(status: int = 503, **headers: str) -> Answer:
    return Answer(status, headers, b"{}")


def test_pauses_double_and_are_spread_over_their_later_half() -> None:
    assert [pause(attempt) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert pause(2, spread=0.5) == 1.5


def test_the_last_attempt_is_not_followed_by_another() -> None:
    assert pause(4) is None


def test_only_what_passes_is_tried_again() -> None:
    assert pause(1, busy(503)) is not None
    assert pause(1, busy(429)) is not None
    assert [pause(1, busy(status)) for status in (200, 304, 404, 422, 500)] == [None] * 5


def test_what_the_service_asks_for_is_kept_to_within_bounds() -> None:
    assert pause(1, busy(**{"retry-after": "7"})) == 7.0
    assert pause(1, busy(**{"retry-after": "3600"})) == 10.0


def test_a_date_to_come_back_at_is_counted_from_now() -> None:
    assert pause(1, busy(**{"retry-after": "Wed, 16 Sep 2026 02:00:04 GMT"})) == 4.0
    assert pause(1, busy(**{"retry-after": "Wed, 16 Sep 2026 01:00:00 GMT"})) == 0.0
    assert pause(1, busy(**{"retry-after": "soon"})) == 0.5


def test_a_refusal_carries_the_words_of_the_problem_document() -> None:
    body = b'{"type": "/problems/bad-parameter", "detail": "horizon: too long", "errors": [{"field": "horizon"}]}'

    with pytest.raises(ServiceRefused, match="horizon: too long") as refused:
        checked(Answer(422, {}, body))

    assert (refused.value.status, refused.value.problem) == (422, "/problems/bad-parameter")
    assert refused.value.errors == ({"field": "horizon"},)


def test_a_failure_without_a_document_is_told_by_its_status() -> None:
    with pytest.raises(ServiceUnavailable, match="The service answers 502"):
        checked(Answer(502, {}, b"<html>Bad gateway</html>"))


def test_an_answer_of_something_else_is_no_json() -> None:
    with pytest.raises(ServiceUnavailable, match="no JSON"):
        Answer(200, {}, b"<html>").json()
