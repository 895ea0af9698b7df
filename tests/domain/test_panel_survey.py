from datetime import timedelta

import pytest

from forecaster.domain.panel_survey import Form, doubtful_season


@pytest.mark.parametrize(
    ("step", "season"),
    [("1mo", 12), ("3mo", 4), ("5mo", 12), (timedelta(days=1), 7), (timedelta(minutes=7), 12), (1, 12)],
)
def test_a_season_that_the_dates_have_or_tell_nothing_of_is_not_doubted(
    step: str | timedelta | int, season: int
) -> None:
    assert doubtful_season(Form(step), season=season) is None


@pytest.mark.parametrize(
    ("step", "season", "told"),
    [
        ("3mo", 12, "dates are 3 months apart, which usually makes a season of 4 periods; --season is 12"),
        ("1mo", 1, "dates are 1 month apart, which usually makes a season of 12 periods; --season is 1"),
        (timedelta(days=7), 12, "dates are 7 days apart, which usually makes a season of 52 periods; --season is 12"),
    ],
)
def test_another_season_than_the_dates_usually_have_is_told(step: str | timedelta, season: int, told: str) -> None:
    assert doubtful_season(Form(step), season=season) == told
