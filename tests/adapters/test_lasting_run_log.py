"""A run log on a real MLflow store that a test can take away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from forecaster.adapters.lasting_run_log import LastingRunLog
from forecaster.adapters.late_records import LateRecords
from forecaster.adapters.mlflow_client import run_of
from forecaster.adapters.mlflow_run_log import CHALLENGER, MODEL, MlflowRunLog
from forecaster.adapters.recorded_before import JOB_TAG, RUN_TAG, own_id
from forecaster.adapters.unrecorded_runs import UnrecordedRuns
from forecaster.domain.errors import MlflowFault, NotRecorded, UnknownRun
from forecaster.domain.ports import Recorded
from forecaster.domain.unrecorded import RECORD, Waiting
from tests.homes import Homes

BEGUN, ENDED = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 1, 0, 10, tzinfo=UTC)


class Place:
    """A store, the runs that wait for it, and whether it is up."""

    def __init__(self, store: str, folder: Path) -> None:
        self.store, self.folder, self.up = store, folder, True
        self.at = BEGUN
        self.client = MlflowClient(store, registry_uri=store)
        self.runs = UnrecordedRuns(folder / "unrecorded")

    def open_log(self) -> MlflowRunLog:
        if not self.up:
            raise MlflowFault(address=self.store, why="Connection refused")
        return MlflowRunLog(self.store, artifacts=self.folder / "artifacts", reports="reports", now_ms=1)

    def log(self) -> LastingRunLog:
        return LastingRunLog(
            self.store,
            open_log=self.open_log,
            runs=self.runs,
            reports="reports",
            beside=ThreadPoolExecutor(1),
            clock=lambda: self.at,
            told=lambda _: None,
        )

    def late(self) -> LateRecords:
        return LateRecords(self.store, open_log=self.open_log, runs=self.runs)

    def catch_up(self) -> None:
        """What waits is recorded and forgotten."""
        self.up = True
        for one in self.runs.waiting():
            self.late().record(one)
            self.late().forget(one)

    def runs_of(self, experiment: str) -> list[Run]:
        found = self.client.get_experiment_by_name(f"sectorcast/{experiment}")
        return list(self.client.search_runs([found.experiment_id])) if found else []

    def version(self, vintage_id: str) -> Recorded:
        """A run that is recorded, with its model version."""
        run_id = self.log().begin("versions", job_id=None)
        self.client.set_tag(run_id, "vintage", vintage_id)
        if not self.client.search_registered_models(f"name = '{MODEL}'"):
            self.client.create_registered_model(MODEL)
        made = self.client.create_model_version(MODEL, source="s3://nowhere/none", run_id=run_id)
        return Recorded(run_id, str(made.version))


@pytest.fixture(scope="module")
def store(homes: Homes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{homes.begin(tmp_path_factory.mktemp('mlflow')) / 'mlflow.db'}"


@pytest.fixture
def place(store: str, tmp_path: Path) -> Place:
    return Place(store, tmp_path)


def test_a_run_that_fails_without_mlflow_is_there_later_as_it_was(place: Place) -> None:
    place.up, log = False, place.log()
    run_id = log.begin("gone", job_id="job-1", resumes=True)
    place.at = ENDED
    log.fail(run_id, reason="BadParameter: no", killed=False)

    place.catch_up()

    (found,) = place.runs_of("gone")
    assert (found.info.status, found.data.tags["mlflow.note.content"]) == ("FAILED", "BadParameter: no")
    assert (found.info.start_time, found.info.end_time) == tuple(int(at.timestamp() * 1000) for at in (BEGUN, ENDED))
    assert (found.data.tags[RUN_TAG], found.data.tags[JOB_TAG]) == (run_id, "job-1") == (own_id("job-1"), "job-1")
    assert place.runs.count() == 0


def test_a_run_that_was_begun_in_mlflow_and_fails_without_it_stays_one(place: Place) -> None:
    run_id = place.log().begin("half", job_id=None)
    place.up, gone = False, place.log()
    gone.fail(run_id, reason="stopped", killed=True)

    place.catch_up()

    assert [(one.info.run_id, one.info.status) for one in place.runs_of("half")] == [(run_id, "KILLED")]


def test_a_run_that_mlflow_opened_without_coming_to_say_so_is_found_again(place: Place) -> None:
    """The server commits and dies before it answers: the run is there, under the id that was sent along."""
    opened = place.open_log().begin("unsaid", job_id=None, own_id="ab" * 16)

    found = place.open_log().found("ab" * 16, experiment="unsaid", job_id=None, begun=1)

    assert found == opened
    assert run_of(place.client, "ab" * 16).info.run_id == opened


def test_a_job_that_had_a_run_in_mlflow_before_goes_on_with_it(place: Place) -> None:
    begun = place.log().begin("resumed", job_id="job-7", resumes=True)
    place.up, again = False, place.log()
    ours = again.begin("resumed", job_id="job-7", resumes=True)
    again.fail(ours, reason="no", killed=False)

    place.catch_up()

    assert ours != begun
    assert [(one.info.run_id, one.info.status) for one in place.runs_of("resumed")] == [(begun, "FAILED")]


def test_a_job_that_was_recorded_to_its_end_and_goes_on_without_mlflow_has_one_run(place: Place) -> None:
    """The first attempt died between its record and the publication, and MLflow with it."""
    begun = place.log().begin("ended", job_id="job-8", resumes=True)
    place.client.set_terminated(begun)
    place.up, again = False, place.log()
    ours = again.begin("ended", job_id="job-8", resumes=True)
    place.up = True

    found = place.open_log().found(ours, experiment="ended", job_id="job-8", begun=1)

    assert (ours, found) == (own_id("job-8"), begun)


def test_an_id_that_is_neither_mlflows_nor_ours_is_unknown(place: Place) -> None:
    with pytest.raises(UnknownRun):
        run_of(place.client, "cd" * 16)


def waiting(run_id: str, *, job_id: str | None = None) -> Waiting:
    return Waiting(run_id, RECORD, "tiny", job_id, BEGUN, ENDED, "v1")


def keep(place: Place, one: Waiting) -> None:
    with place.runs.alone(), place.runs.drafted() as draft:
        place.runs.keep(one, draft=draft)


def test_a_job_that_is_resumed_goes_on_with_the_run_that_waits(place: Place) -> None:
    keep(place, waiting("r1", job_id="job-3"))

    assert place.log().begin("tiny", job_id="job-3", resumes=True) == "r1"


def test_a_run_that_fails_after_its_record_waits_keeps_it_and_says_so(place: Place) -> None:
    keep(place, waiting("r1"))

    place.log().fail("r1", reason="no room", killed=False)

    (left,) = place.runs.waiting()
    assert (left.what, left.reason) == (RECORD, "no room")


def test_a_challenger_waits_for_its_alias_and_gives_way_to_a_later_one(place: Place) -> None:
    older, newer = place.version("2026-08-01"), place.version("2026-09-01")
    log = place.log()
    place.up = False
    with pytest.raises(MlflowFault):
        log.crown(older, alias=CHALLENGER)

    place.catch_up()
    first = place.client.get_model_version_by_alias(MODEL, CHALLENGER).version
    place.up, log = False, place.log()
    with pytest.raises(MlflowFault):
        log.crown(older, alias=CHALLENGER)
    place.client.set_registered_model_alias(MODEL, CHALLENGER, newer.model_version)
    place.catch_up()

    assert str(first) == older.model_version
    assert str(place.client.get_model_version_by_alias(MODEL, CHALLENGER).version) == newer.model_version


class Dropping:
    """A run log whose connection drops once, or whose server says that it is wrong each time."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.crowned = list(errors), 0

    def crown(self, recorded: Recorded, *, alias: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.crowned += 1


def dropping(place: Place, log: Any) -> LastingRunLog:
    return LastingRunLog(
        place.store,
        open_log=lambda: log,
        runs=place.runs,
        reports="reports",
        beside=ThreadPoolExecutor(1),
        clock=lambda: BEGUN,
        told=lambda _: None,
    )


def test_a_connection_that_drops_once_is_no_outage(place: Place) -> None:
    once = Dropping(MlflowException("API request to http://x failed with exception ('Connection aborted.')"))

    dropping(place, once).crown(Recorded("r1", "1"), alias=CHALLENGER)

    assert (once.crowned, place.runs.count()) == (1, 0)


def test_what_mlflow_refuses_is_no_outage_either(place: Place) -> None:
    refusing = Dropping(MlflowException("no such version", error_code=1000))

    with pytest.raises(MlflowException, match="no such version"):
        dropping(place, refusing).crown(Recorded("r1", "1"), alias=CHALLENGER)

    assert place.runs.count() == 0


def test_a_record_that_can_not_be_read_is_told_with_its_folder_and_stays(place: Place) -> None:
    keep(place, waiting("r1"))  # without a sheet

    with pytest.raises(NotRecorded, match="unrecorded/r1"):
        place.late().record(waiting("r1"))

    assert place.runs.count() == 1


def test_what_a_killed_writer_left_is_no_run_and_goes(place: Place) -> None:
    with place.runs.alone():
        (place.runs.root / ".writing-abc").mkdir()
    assert place.runs.count() == 0

    keep(place, waiting("r1"))

    assert sorted(path.name for path in place.runs.root.iterdir()) == [".lock", "r1"]


def test_another_record_of_a_run_is_not_forgotten_with_the_one_before(place: Place) -> None:
    before = waiting("r1")
    keep(place, before)
    after = Waiting("r1", RECORD, "tiny", None, BEGUN, ENDED + timedelta(hours=1), "v2")
    keep(place, after)

    place.runs.forget(before)

    assert place.runs.waiting() == [after]


def test_a_damaged_folder_counts_and_keeps_no_other_from_being_read(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    keep(place, waiting("r1"))
    (place.runs.root / "r2").mkdir()
    (place.runs.root / "r2" / "run.json").write_text("{")

    assert place.runs.count() == 2
    assert [one.run_id for one in place.runs.waiting()] == ["r1"]
    assert "r2" in caplog.text
