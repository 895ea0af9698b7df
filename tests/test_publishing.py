"""How runs end, in real processes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import AliasNotMoved, MlflowFault
from forecaster.domain.experiment import Gate
from forecaster.domain.ports import Recorded
from forecaster.publishing import Concluded, Terms, conclude
from forecaster.settling import settled
from tests.concluding import NOTHING_COMMON
from tests.vintages import EV, tiny_vintage


def concluding(root: Path, vintage_id: str, sector: str, *, level: float) -> subprocess.Popen[str]:
    """A process that concludes a run of one sector, and stops while it is recorded."""
    command = [sys.executable, "-m", "tests.concluding", str(root), vintage_id, sector, str(level)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_run_keeps_the_sectors_that_the_first_just_published(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    store.publish(tiny_vintage("before"))

    with concluding(tmp_path, "ev-run", "ev", level=2_000_000.0) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "recording the run\n"
        with concluding(tmp_path, "battery-run", "battery", level=1.0) as second:
            assert second.stdout is not None
            told = second.stdout.readline()
            first.communicate("go\n")
            second.communicate("go\n")

    now = store.current()
    assert (first.returncode, second.returncode) == (0, 0)
    assert now.points(now.find(EV), horizon=1)["mean"] == [2_020_000.0]
    assert now.issue.vintage_id == "battery-run"
    assert now.issue.of("ev").run_id == "ev-run"
    assert "waiting" in told


class LogOfRecords:
    """A run log that takes records and aliases."""

    def record(self, run_id: str, record: object) -> Recorded:
        return Recorded(run_id, "7")

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        """Taken."""


def concluded(
    store: PublishedVintages,
    *,
    log: LogOfRecords,
    sectors: list[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Concluded:
    return conclude(
        tiny_vintage("fresh"),
        run_id="r1",
        terms=Terms(Gate("always"), sectors, force=False, by="test"),
        compare=lambda champion: NOTHING_COMMON,
        record=lambda vintage, decision: None,  # type: ignore[arg-type,return-value]  # the log does not look at it
        run_log=log,  # type: ignore[arg-type]  # what `conclude` needs of one
        vintages=store,
        progress=progress,
    )


class LogWithoutAliases(LogOfRecords):
    """A run log that takes records, but no aliases."""

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        raise ConnectionError("the server is gone")


def test_an_alias_that_could_not_be_moved_is_told_with_what_stands_nonetheless(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)

    with pytest.raises(AliasNotMoved) as told:
        concluded(store, log=LogWithoutAliases())

    assert store.current().issue.vintage_id == "fresh"
    assert "Vintage fresh is in service" in str(told.value)
    assert "champion could not be moved to version 7" in str(told.value)
    assert "ConnectionError: the server is gone" in str(told.value)


class LogWhoseAliasesWait(LogOfRecords):
    """A run log that is gone once it has the record."""

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        raise MlflowFault(address="http://127.0.0.1:1", why="Connection refused")


def test_a_run_whose_alias_alone_waits_is_recorded_and_so_it_is_when_its_job_is_asked_again(tmp_path: Path) -> None:
    store, log = PublishedVintages(tmp_path), LogWhoseAliasesWait()

    ended = concluded(store, log=log)
    again = settled("test", run_log=log, vintages=store, progress=lambda _: None)  # type: ignore[arg-type]  # as above

    assert again is not None
    assert (ended.vintage_id, ended.recorded) == ("fresh", True)
    assert (again.concluded.vintage_id, again.concluded.recorded) == ("fresh", True)
    assert again.run_id == tiny_vintage("fresh").issue.run_id


def test_a_run_of_which_nobody_can_be_told_is_not_put_in_service(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)

    def broken_pipe(line: str) -> None:
        if line.startswith("decision"):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        concluded(store, log=LogOfRecords(), progress=broken_pipe)

    assert store.whole_in_service() is None


class LogThatIsStopped(LogOfRecords):
    """A run log during whose last step the process is told to stop."""

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        raise SystemExit(143)


def test_a_signal_after_publishing_does_not_make_a_failed_run_of_it(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)

    with pytest.raises(AliasNotMoved):
        concluded(store, log=LogThatIsStopped())

    assert store.current().issue.vintage_id == "fresh"


def test_sectors_of_a_broken_vintage_are_not_lost_to_a_run_of_others(tmp_path: Path) -> None:
    store = PublishedVintages(tmp_path)
    store.publish(tiny_vintage("broken"))
    spoilt = tmp_path / "broken" / "scores.arrow"
    spoilt.chmod(0o644)
    spoilt.write_bytes(spoilt.read_bytes()[:-8])

    ended = concluded(store, log=LogOfRecords(), sectors=["ev"])
    whole = concluded(store, log=LogOfRecords())

    assert ended.vintage_id is None
    assert "would be lost" in ended.decision.reason
    assert whole.vintage_id == "fresh"
    assert "can't be read" in whole.decision.reason
