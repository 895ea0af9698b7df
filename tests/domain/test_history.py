"""Where a step back leads."""

from datetime import UTC, datetime

from forecaster.domain.history import PROMOTED, PUBLISHED, REFUSED, ROLLED_BACK, Cause, Event, before

AT = datetime(2026, 9, 1, tzinfo=UTC)


def events(*told: str) -> list[Event]:
    """Events from `kind vintage`."""
    return [Event(AT, one.split()[1], Cause(one.split()[0], "?", "?")) for one in told]


def step_back(*told: str, kept: str = "A B C D") -> str | None:
    return before(events(*told), kept=kept.split())[0]


def test_a_step_back_leads_to_what_was_in_service_before() -> None:
    assert step_back(f"{PUBLISHED} A", f"{PUBLISHED} B") == "A"


def test_a_second_step_back_leads_further_and_not_forth_again() -> None:
    told = [f"{PUBLISHED} A", f"{PUBLISHED} B", f"{PUBLISHED} C", f"{ROLLED_BACK} B"]

    assert step_back(*told) == "A"
    assert step_back(*told, f"{ROLLED_BACK} A") is None
    assert step_back(*told, f"{PUBLISHED} D") == "B"


def test_what_was_refused_was_never_there() -> None:
    assert step_back(f"{PUBLISHED} A", f"{REFUSED} B", f"{PUBLISHED} C") == "A"


def test_what_was_promoted_goes_back_to_what_it_took_the_place_of() -> None:
    assert step_back(f"{PUBLISHED} A", f"{PUBLISHED} B", f"{PROMOTED} A") == "B"


def test_what_is_no_longer_kept_is_passed_over_and_named() -> None:
    told = events(f"{PUBLISHED} A", f"{PUBLISHED} B", f"{PUBLISHED} C")

    assert before(told, kept={"A", "C"}) == ("A", ("B",))
    assert before(told, kept={"C"}) == (None, ("B", "A"))


def test_before_anything_was_in_service_there_is_no_step_back() -> None:
    assert step_back() is None
    assert step_back(f"{PUBLISHED} A") is None
