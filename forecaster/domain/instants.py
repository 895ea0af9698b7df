"""Instants as people and programs write them."""

from datetime import UTC, date, datetime, time

from forecaster.domain.errors import BadParameter

FORMS = "a day such as 2025-06-30, or an instant such as 2025-06-30T09:30:00Z"


def instant(text: str, *, name: str) -> datetime:
    """The instant that a text names; of a day, its end in UTC.

    Args:
        text: a day, or an instant with its zone (RFC 3339).
        name: of the parameter, for the error.

    Raises:
        BadParameter: it is neither.
    """
    try:
        if len(text) == len("2025-06-30"):
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return _in_utc(found)
    except ValueError:
        pass
    raise BadParameter(name=name, what=f"{text!r} is not {FORMS} (in an address, + is written %2B).")


def beginning(text: str, *, name: str) -> datetime:
    """As `instant`, but of a day, its beginning in UTC. Raises as `instant` does."""
    found = instant(text, name=name)
    return found if len(text) > len("2025-06-30") else datetime.combine(found.date(), time.min, tzinfo=UTC)


def _in_utc(found: datetime) -> datetime:
    """In UTC; the ends of the calendar may lie beyond it there, and are taken for its ends."""
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if found.year == 1 else datetime.max.replace(tzinfo=UTC)
