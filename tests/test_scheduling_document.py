"""The examples of docs/scheduling.md work: each is taken from the document as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml
from croniter import croniter
from typer.main import get_command

from api.app import create_app
from api.operating import Operations
from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.cli import app
from forecaster.domain.ports import Job
from forecaster.settings import PREFIX, Settings
from tests.adapters.working import Worker
from tests.api.serving import serving
from tests.catalogues import catalogue

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
VARIABLE = re.compile(rf"\b{PREFIX}([A-Z_]+)")


def examples(language: str) -> list[str]:
    """The blocks of the document in a language."""
    text = (ROOT / "docs" / "scheduling.md").read_text("utf-8")
    return [block for name, block in BLOCK.findall(text) if name == language]


@dataclass
class Service:
    """A service with a worker, and a key that operates in a file."""

    api: str
    key_file: Path
    jobs: ReachableJobs

    @property
    def key(self) -> str:
        return self.key_file.read_text()

    def job(self) -> Job:
        """The latest."""
        with self.jobs.open() as jobs:
            return jobs.jobs(limit=1)[0]

    def count(self) -> int:
        with self.jobs.open() as jobs:
            return len(jobs.jobs(limit=100))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all examples; its experiments are stand-ins that end at once, `broken` without success."""
    folder = tmp_path_factory.mktemp("scheduling")
    address, key_file = f"sqlite:///{folder / 'jobs.db'}", folder / "key"
    jobs, keys = ReachableJobs(address, clock=clock), KeyFile(folder / "keys.json", first=folder / "api-key")
    key_file.write_text(keys.add("cron", scopes=("read", "operate"), now=clock()))
    served = create_app(
        vintages=PublishedVintages(folder / "vintages"),
        catalogue=catalogue(),
        keys=keys,
        operations=Operations(jobs),
    )
    with serving(served) as port, Worker(address, folder=folder):
        yield Service(f"http://127.0.0.1:{port}", key_file, jobs)
    jobs.close()


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # a real worker tells the time beside it


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """`retrain.sh`; without curl its tests are skipped, but on a CI machine they fail."""
    if shutil.which("curl") is None:
        if os.environ.get("CI"):
            pytest.fail("no curl is installed; on a CI machine the example must be tested")
        pytest.skip("no curl is installed")
    [text] = examples("bash")
    file = tmp_path / "retrain.sh"
    file.write_text(text)
    file.chmod(0o755)
    return file


def as_cron_does(line: str, *, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command of a line of /etc/cron.d."""
    command = line.split(maxsplit=6)[6].replace(r"\%", "%")
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, env=environment)


def cron_lines() -> list[str]:
    return [line for block in examples("crontab") for line in block.splitlines() if not line.startswith("#")]


def test_the_cron_line_orders_a_job_and_waits_for_its_end(script: Path, service: Service) -> None:
    line = cron_lines()[0].replace("/usr/local/bin/retrain.sh", str(script))
    line = line.replace("/etc/sectorcast/key", str(service.key_file))
    environment = {"PATH": os.environ["PATH"], "API": service.api, "PAUSE": "0.2"}

    first = as_cron_does(line, environment=environment)
    job, count = service.job(), service.count()
    again = as_cron_does(line, environment=environment)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert (job.experiment, job.state) == ("production", "succeeded")
    assert service.count() == count


@pytest.mark.parametrize(
    ("order", "code", "told"),
    [('{"experiment": "broken"}', 1, '"state":"failed"'), ('{"experimnt": "production"}', 22, "experimnt")],
)
def test_the_script_fails_with_the_job_and_says_why(
    script: Path, service: Service, order: str, code: int, told: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "API": service.api, "PAUSE": "0.2", "KEY_FILE": str(service.key_file)}

    done = subprocess.run(
        [script, f"order of {code}", order], capture_output=True, text=True, check=False, env=environment
    )

    assert done.returncode == code
    assert told in done.stdout + done.stderr


def test_lines_of_cron_name_times_options_and_settings_that_there_are() -> None:
    for line in cron_lines():
        assert croniter.is_valid(" ".join(line.split()[:5]))
    check_command(cron_lines()[1].split("bin/sectorcast ")[1].split())


def test_every_setting_that_the_document_names_is_one() -> None:
    named = set(VARIABLE.findall((ROOT / "docs" / "scheduling.md").read_text("utf-8")))

    assert named - {name.upper() for name in Settings.model_fields} == set()
    assert named


def check_command(arguments: list[str]) -> None:
    """Fails for a command or an option that there is not."""
    command = get_command(app).commands[arguments[0]]  # type: ignore[attr-defined]  # typer's own class has them
    options = {name for parameter in command.params for name in parameter.opts}
    assert {one for one in arguments[1:] if one.startswith("-")} <= options


def test_the_cron_job_of_kubernetes_runs_the_image_as_the_dockerfile_makes_it() -> None:
    [text] = examples("yaml")
    spec = yaml.safe_load(text)["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert croniter.is_valid(spec["schedule"])
    assert container["args"][0] == "sectorcast"
    check_command(container["args"][1:])
    assert f"USER {pod['securityContext']['runAsUser']}\n" in dockerfile
    assert f"VOLUME {container['volumeMounts'][0]['mountPath']}\n" in dockerfile
    assert container["volumeMounts"][0]["name"] == pod["volumes"][0]["name"]
    [rule] = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == container["name"]


def pretended_airflow(ran: list[Any], *, connection: Any, run_id: str) -> dict[str, ModuleType]:
    """As much of Airflow as the example asks for: a task runs when it is called, with the run's id."""

    def task(**_settings: Any) -> Callable[[Callable[..., Any]], Callable[[], None]]:
        return lambda work: lambda: ran.append(work(run_id=run_id))

    sdk, pendulum = ModuleType("airflow.sdk"), ModuleType("pendulum")
    vars(sdk).update(
        Connection=SimpleNamespace(get={"sectorcast": connection}.__getitem__),
        dag=lambda **_settings: lambda work: work,
        task=task,
    )
    vars(pendulum).update(datetime=lambda *at, tz: (at, tz))
    return {"airflow": ModuleType("airflow"), "airflow.sdk": sdk, "pendulum": pendulum}


def test_the_task_of_airflow_carries_out_a_job(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    [text] = examples("python")
    host, port = service.api.removeprefix("http://").split(":")
    connection = SimpleNamespace(schema="http", host=host, port=port, password=service.key)
    ran: list[Any] = []
    for name, module in pretended_airflow(ran, connection=connection, run_id="scheduled 2026-09-18").items():
        monkeypatch.setitem(sys.modules, name, module)
    program = compile(text.replace("PAUSE = 30", "PAUSE = 0.2"), "retrain_sectorcast.py", "exec")

    exec(program, {"__name__": "retrain_sectorcast"})  # the example of our own document
    count = service.count()
    exec(program, {"__name__": "retrain_sectorcast"})  # tried again

    assert ran == ["the first one"] * 2
    assert (service.job().state, service.count()) == ("succeeded", count)


def test_a_task_of_airflow_that_is_cleared_orders_another_job(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module in pretended_airflow([], connection=None, run_id="").items():
        monkeypatch.setitem(sys.modules, name, module)
    [text] = examples("python")
    example: dict[str, Any] = {}
    exec(text.rpartition("\n\n\n")[0].replace("PAUSE = 30", "PAUSE = 0.2"), example)  # as above
    before = service.count()

    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed: None of 3 series has enough data"):
            example["carry_out"](service.api, service.key, order={"experiment": "broken"}, name="cleared")

    assert service.count() == before + 2
