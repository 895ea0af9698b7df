"""Instants as they are written."""

from datetime import UTC, datetime

import pytest

from forecaster.domain.errors import BadParameter
from forecaster.domain.instants import instant


def test_a_day_is_known_to_its_end() -> None:
    assert instant("2025-06-30", name="as_of") == datetime(2025, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)


def test_an_instant_counts_in_its_own_zone() -> None:
    assert instant("2025-06-30T09:30:00Z", name="as_of") == datetime(2025, 6, 30, 9, 30, tzinfo=UTC)
    assert instant("2025-06-30T09:30:00+08:00", name="as_of") == datetime(2025, 6, 30, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2025-06-31", "2025-06", "yesterday", "2025-06-30T09:30:00"])
def test_anything_else_is_refused_with_the_forms_that_serve(text: str) -> None:
    with pytest.raises(BadParameter, match=r"as_of: .* is not a day such as 2025-06-30"):
        instant(text, name="as_of")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0001-01-01T00:00+09:00", datetime.min), ("9999-12-31T23:59:59-09:00", datetime.max)],  # noqa: DTZ901  # zoned below
)
def test_beyond_the_calendar_is_its_end(text: str, expected: datetime) -> None:
    assert instant(text, name="as_of") == expected.replace(tzinfo=UTC)
