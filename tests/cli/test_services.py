"""The whole service as a user starts it: real processes, a small catalogue of the bundled figures, other ports."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from typer.testing import CliRunner

from forecaster.cli import app
from forecaster.settings import load_settings
from tests.adapters.working import wait_for

pytestmark = pytest.mark.long

EXPERIMENT = """
question = "Does it all work together?"
horizon = 6
combination = "mean"
[folds]
count = 2
step = 3
min_train = 24
[gate]
rule = "always"
[[candidates]]
name = "theta"
model = "Theta"
settings = { season_length = 12 }
min_observations = 25
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("service")
    bundled = load_settings({}).catalogue_file.read_text(encoding="utf-8")
    # One family of series is enough, and its sums and breaks with it.
    head, *blocks = re.split(r"(?m)^(?=\[\[)", bundled)
    kept = [block for block in blocks if '"ev.production"' in block]
    (folder / "catalogue.toml").write_text(head + "".join(kept), encoding="utf-8")
    (folder / "experiments" / "production").mkdir(parents=True)
    (folder / "experiments" / "production" / "experiment.toml").write_text(EXPERIMENT)
    settings = {
        "HOME": folder / "home",
        "CATALOGUE": folder / "catalogue.toml",
        "EXPERIMENTS": folder / "experiments",
        "PORT": free_port(),
        "MLFLOW_PORT": free_port(),
        "WORKERS": 1,
    }
    return {**os.environ, **{f"SECTORCAST_{key}": str(value) for key, value in settings.items()}}


def sectorcast(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forecaster", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def schedules(environment: dict[str, str]) -> list[dict[str, str | None]]:
    """Those that the command lists, within this process."""
    told = CliRunner().invoke(app, ["schedule", "list", "--json"], env=environment).stdout
    listed: list[dict[str, str | None]] = json.loads(told)
    return listed


class Service:
    """`sectorcast up`, for one test after the other: a start takes 14 s of CPU, and few tests end it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._held = ExitStack()
        self._running: subprocess.Popen[str] | None = None

    def running(self) -> subprocess.Popen[str]:
        """The one that runs, or else a new one, ready."""
        if self._running is None or self._running.poll() is not None:
            self.stop()
            self._running = self._started()
        return self._running

    def stop(self) -> None:
        """End it if it runs."""
        if self._running is not None:
            self._running.send_signal(signal.SIGTERM)
        self._held.close()

    def _started(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "forecaster", "up"]
        started = self._held.enter_context(
            subprocess.Popen(
                command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
        assert started.stdout is not None
        told = []
        while "Ctrl-C" not in (line := started.stdout.readline()):
            assert line, "".join(told)
            told.append(line)
        return started


@pytest.fixture(scope="module")
def demo(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`sectorcast demo`, which leaves a vintage in service."""
    return sectorcast(environment, "demo")


@pytest.fixture(scope="module")
def service(environment: dict[str, str], demo: subprocess.CompletedProcess[str]) -> Iterator[Service]:
    found = Service(environment)
    yield found
    found.stop()


@pytest.fixture
def up(service: Service) -> subprocess.Popen[str]:
    """`sectorcast up`, ready."""
    return service.running()


def get(environment: dict[str, str], path: str) -> tuple[int, dict[str, object]]:
    address = f"http://127.0.0.1:{environment['SECTORCAST_PORT']}{path}"
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def child(running: subprocess.Popen[str], command: str) -> int:
    (pid,) = children(running, command)
    return pid


def children(running: subprocess.Popen[str], command: str) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    own = [(pid, words) for pid, parent, words in lines if int(parent) == running.pid]
    return [int(pid) for pid, words in own if words.endswith(f"forecaster {command}")]


def test_demo_trains_serves_prints_a_forecast_and_ends(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr
    assert "bundled figures taken in" in demo.stderr
    assert re.search(r"ev: \d+ of \d+ cutoffs, \d+ s of CPU", demo.stderr)
    assert '"series_id": "ev.production.CN"' in demo.stdout


def test_what_demo_left_is_in_service_and_in_mlflow(
    environment: dict[str, str], demo: subprocess.CompletedProcess[str]
) -> None:
    address = f"sqlite:///{environment['SECTORCAST_HOME']}/mlflow.db"
    client = MlflowClient(address, registry_uri=address)

    champion = client.get_model_version_by_alias("sectorcast", "champion")

    assert client.get_run(champion.run_id).info.status == "FINISHED"
    key = Path(environment["SECTORCAST_HOME"]) / "api-key"
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_retraining_that_is_stopped_is_closed_in_mlflow(
    environment: dict[str, str], demo: subprocess.CompletedProcess[str], number: signal.Signals
) -> None:
    job_id = f"stopped-by-{number.name}"
    command = [sys.executable, "-m", "forecaster", "retrain", "--job-id", job_id]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        while "panel:" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(number)
        running.stderr.read()

    address = f"sqlite:///{environment['SECTORCAST_HOME']}/mlflow.db"
    client = MlflowClient(address, registry_uri=address)
    experiment = client.get_experiment_by_name("sectorcast/production")
    runs = client.search_runs([experiment.experiment_id], f"tags.`sectorcast.job_id` = '{job_id}'")
    assert running.returncode == 128 + number
    assert [run.info.status for run in runs] == ["KILLED"]


def test_a_scheduled_job_run_by_hand_ends_in_a_new_vintage(
    environment: dict[str, str], up: subprocess.Popen[str]
) -> None:
    _, before = get(environment, "/v1/vintages")

    ended = sectorcast(environment, "schedule", "run", "monthly-retraining", "--wait", "--json")

    assert ended.returncode == 0, ended.stderr
    _, after = get(environment, "/v1/vintages")
    assert len(after["items"]) == len(before["items"]) + 1  # type: ignore[arg-type]  # a list, in JSON
    _, forecast = get(environment, "/v1/forecasts/ev.production.CN?horizon=3")
    assert forecast["vintage"]["id"] == after["items"][0]["id"]  # type: ignore[index]  # objects, in JSON
    assert str(schedules(environment)[0]["last_outcome"]).startswith("succeeded")


def test_a_schedule_can_be_paused_and_resumed(environment: dict[str, str], up: subprocess.Popen[str]) -> None:
    paused = sectorcast(environment, "schedule", "pause", "monthly-retraining")
    while_paused = schedules(environment)
    sectorcast(environment, "schedule", "resume", "monthly-retraining")
    resumed = schedules(environment)

    assert paused.returncode == 0
    assert while_paused[0]["next_run_at"] is None
    assert resumed[0]["next_run_at"] is not None


def test_a_second_up_on_the_same_home_or_port_is_refused(
    environment: dict[str, str], up: subprocess.Popen[str], tmp_path: Path
) -> None:
    same_home = sectorcast(environment, "up")
    same_port = sectorcast({**environment, "SECTORCAST_HOME": str(tmp_path)}, "up")

    assert "Another `sectorcast up` uses" in same_home.stderr
    assert "SECTORCAST_PORT" in same_port.stderr
    assert (same_home.returncode, same_port.returncode) == (1, 1)


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_killed_part_is_named_and_the_next_up_works(up: subprocess.Popen[str], part: str) -> None:
    os.kill(child(up, part), signal.SIGKILL)

    assert up.stdout is not None
    told = up.stdout.read()
    assert up.wait() == 1
    assert f"{'api' if part == 'serve' else part} was killed by SIGKILL" in told


@pytest.fixture
def damaged(environment: dict[str, str], service: Service) -> str:
    """The vintage in service, of which a file is gone; nothing runs."""
    service.stop()
    vintages = Path(environment["SECTORCAST_HOME"]) / "vintages"
    vintage_id = (vintages / "CURRENT").read_text().splitlines()[0]
    (vintages / vintage_id / "forecasts.arrow").unlink()
    return vintage_id


def test_up_on_a_damaged_vintage_serves_the_one_before_while_a_job_trains_anew(
    environment: dict[str, str], damaged: str, up: subprocess.Popen[str]
) -> None:
    ready, _ = get(environment, "/readyz")
    wait_for(lambda: get(environment, "/v1/status")[1]["broken"] is None, seconds=300)
    _, models = get(environment, "/v1/models")

    assert ready == 200
    logs = Path(environment["SECTORCAST_HOME"]) / "logs"
    assert f"Vintage {damaged} can't be served" in (logs / "api.log").read_text()
    assert models["items"][0]["state"] == "champion"  # type: ignore[index]  # a list of objects, in JSON
    assert models["items"][0]["vintage"] != damaged  # type: ignore[index]  # as above


def test_a_killed_mlflow_is_started_again_and_the_rest_goes_on(
    environment: dict[str, str], up: subprocess.Popen[str]
) -> None:
    before = child(up, "mlflow")
    os.kill(before, signal.SIGKILL)

    assert up.stdout is not None
    told = up.stdout.readline()
    status, _ = get(environment, "/v1/forecasts/ev.production.CN?horizon=3")
    after = wait_for(lambda: (set(children(up, "mlflow")) - {before}) or None)

    assert "mlflow was killed by SIGKILL; everything else goes on" in told
    assert status == 200
    assert len(after) == 1
    assert up.poll() is None


def test_an_unknown_schedule_is_refused_with_those_there_are(
    environment: dict[str, str], up: subprocess.Popen[str]
) -> None:
    ended = sectorcast(environment, "schedule", "pause", "monthly")

    assert ended.returncode == 2
    assert "monthly-retraining" in ended.stderr


def test_a_misspelt_setting_is_refused_with_the_nearest(environment: dict[str, str]) -> None:
    ended = sectorcast({**environment, "SECTORCAST_PROT": "1"}, "series")

    assert ended.returncode == 2
    assert "did you mean SECTORCAST_PORT?" in ended.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("SECTORCAST_WEBHOOKS", "http://127.0.0.1:9/hook", "SECTORCAST_WEBHOOK_SECRET"),
        ("SECTORCAST_HOST", "0.0.0.0", "no keys that would guard"),
    ],
)
def test_what_a_part_could_not_start_with_is_told_before_anything_is_made(
    environment: dict[str, str], tmp_path: Path, setting: str, value: str, told: str
) -> None:
    ports = {f"SECTORCAST_{name}": str(free_port()) for name in ("PORT", "MLFLOW_PORT")}

    ended = sectorcast({**environment, "SECTORCAST_HOME": str(tmp_path), **ports, setting: value}, "up")

    assert ended.returncode == 2
    assert told in ended.stderr
    assert not (tmp_path / "mlflow.db").exists()


def test_a_database_of_jobs_that_is_none_is_refused(environment: dict[str, str]) -> None:
    ended = sectorcast({**environment, "SECTORCAST_JOBS_URL": "mysql://here"}, "jobs")

    assert ended.returncode == 2
    assert "SECTORCAST_JOBS_URL" in ended.stderr
    assert "neither a sqlite:/// nor a postgresql:// address" in ended.stderr
