"""Schedules and jobs from the command line, without a worker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forecaster.cli import app
from forecaster.domain.errors import BadParameter, UnknownExperiment, UnknownSchedule
from tests.adapters.working import store_never_due

Command = Callable[..., Result]


@pytest.fixture
def sectorcast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("SECTORCAST_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(app, list(words))


def test_there_are_no_schedules_before_the_first_start(sectorcast: Command) -> None:
    listed = sectorcast("schedule", "list", "--json")

    assert listed.exit_code == 0
    assert json.loads(listed.stdout) == []


def test_a_schedule_is_added_listed_and_removed(sectorcast: Command) -> None:
    added = sectorcast("schedule", "add", "weekly", "--cron", "0 3 * * 1", "--zone", "Europe/Berlin")
    (schedule,) = json.loads(sectorcast("schedule", "list", "--json").stdout)
    shown = sectorcast("schedule", "list").stdout
    removed = sectorcast("schedule", "remove", "weekly")

    assert (added.exit_code, removed.exit_code) == (0, 0)
    assert (schedule["name"], schedule["experiment"], schedule["paused"]) == ("weekly", "production", False)
    assert schedule["next_run_at"] is not None
    assert "Europe/Berlin" in shown
    assert json.loads(sectorcast("schedule", "list", "--json").stdout) == []


def test_run_answers_with_the_job_at_once_and_the_job_is_listed(sectorcast: Command) -> None:
    sectorcast("schedule", "add", "weekly", "--cron", "0 3 * * 1")

    started = sectorcast("schedule", "run", "weekly", "--json")

    (job,) = json.loads(sectorcast("jobs", "--json").stdout)
    assert job["job_id"] == json.loads(started.stdout)["job_id"]
    assert (job["state"], job["experiment"]) == ("queued", "production")
    assert "queued" in sectorcast("jobs").stdout


def test_run_joins_a_job_of_the_same_order_if_asked_to(sectorcast: Command) -> None:
    sectorcast("schedule", "add", "weekly", "--cron", "0 3 * * 1")
    first = json.loads(sectorcast("schedule", "run", "weekly", "--json").stdout)

    joined = json.loads(sectorcast("schedule", "run", "weekly", "--if-busy", "join", "--json").stdout)

    assert first["joined"] is False
    assert joined == {"job_id": first["job_id"], "joined": True}


def test_a_stored_schedule_that_is_never_due_says_so(sectorcast: Command, tmp_path: Path) -> None:
    sectorcast("schedule", "add", "weekly", "--cron", "0 3 * * 1")
    store_never_due(f"sqlite:///{tmp_path / 'home' / 'jobs.db'}")

    listed = sectorcast("schedule", "list").stdout.splitlines()

    assert [line.split()[0] for line in listed[1:]] == ["never", "weekly"]
    assert listed[1].split()[8] == "never"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("add", "weekly", "--cron", "each Monday"), BadParameter),
        (("add", "weekly", "--cron", "0 0 31 2 *"), BadParameter),
        (("add", "weekly", "--cron", "0 3 * * 1", "--zone", "Beijing"), BadParameter),
        (("add", "weekly", "--cron", "0 3 * * 1", "--experiment", "prodution"), UnknownExperiment),
        (("pause", "weekly"), UnknownSchedule),
        (("resume", "weekly"), UnknownSchedule),
        (("remove", "weekly"), UnknownSchedule),
        (("run", "weekly"), UnknownSchedule),
    ],
)
def test_what_cannot_be_is_refused(sectorcast: Command, words: tuple[str, ...], error: type[Exception]) -> None:
    refused = sectorcast("schedule", *words)

    assert isinstance(refused.exception, error)


def test_a_schedule_at_release_is_listed_as_such(sectorcast: Command) -> None:
    added = sectorcast("schedule", "add", "at-release", "--on", "release")

    shown = sectorcast("schedule", "list").stdout
    assert added.exit_code == 0
    assert "on release" in shown
    assert "at the next release" in shown


def test_a_release_is_told_to_what_waits_for_it_each_time_it_is_taken_in(sectorcast: Command, tmp_path: Path) -> None:
    release = tmp_path / "release.csv"
    release.write_text(
        "series_id,period_start,period_end,basis,value,unit,released_at\n"
        "ev.production.CN,2026-08,2026-08,month,1234567,vehicles,2026-09-15\n"
    )
    sectorcast("schedule", "add", "at-release", "--on", "release")

    dry = json.loads(sectorcast("ingest", str(release), "--dry-run", "--json").stdout)
    first = json.loads(sectorcast("ingest", str(release), "--json").stdout)
    again = json.loads(sectorcast("ingest", str(release), "--json").stdout)

    (listed,) = json.loads(sectorcast("schedule", "list", "--json").stdout)
    assert (dry["schedules"], first["schedules"], again["schedules"]) == ([], ["at-release"], ["at-release"])
    assert (again["new"], again["repeated"]) == (0, 1)
    assert listed["next_run_at"] is not None
