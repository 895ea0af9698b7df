"""A run that is opened beside what the process does meanwhile."""

from threading import Event

import pytest

from forecaster.begun import begun
from forecaster.domain.errors import BadSetting

PATIENCE = 10.0
"""Seconds after which a test gives up on what should have happened long ago."""


def test_a_run_is_opened_once_beside_the_block() -> None:
    go_on, asked = Event(), []

    def begin() -> str:
        asked.append("run-1")
        assert go_on.wait(PATIENCE)
        return asked[-1]

    with begun(begin) as opened:
        opened.start()
        opened.start()
        go_on.set()
        ids = opened.run_id(), opened.run_id()

    assert ids == ("run-1", "run-1")
    assert asked == ["run-1"]


def test_one_that_nobody_started_is_opened_when_it_is_asked_for() -> None:
    with begun(lambda: "run-1") as opened:
        assert opened.run_id() == "run-1"


def test_a_run_that_cannot_be_opened_ends_at_the_first_line_after_that() -> None:
    def begin() -> str:
        raise BadSetting(name="SECTORCAST_MLFLOW_URL", what="nobody answers there.")

    told: list[str] = []
    with begun(begin) as opened:
        progress = opened.watched(told.append)
        progress("a line before it was tried")
        opened.start()
        with pytest.raises(BadSetting):
            opened.run_id()
        with pytest.raises(BadSetting):
            progress("a line after that")

    assert told == ["a line before it was tried"]
