"""Parts as real processes: started, waited for, watched, stopped."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from forecaster.cli.supervisor import Part, Supervisor
from forecaster.domain.errors import PartDied

LOOKING = """
import pathlib, time
while pathlib.Path({log!r}).read_text().count("up") < 2:
    time.sleep(0.05)
"""
"""Ends when a log tells of a second start."""

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"


def part(name: str, code: str, *, folder: Path) -> Part:
    log = folder / f"{name}.log"
    return Part(name, (sys.executable, "-c", code), log, lambda: log.exists() and "up" in log.read_text())


def pid_of(log: Path) -> int:
    return int(log.read_text().split()[-1])


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_parts_are_stopped_when_the_block_is_left(tmp_path: Path) -> None:
    code = f"import os; print('up', os.getpid(), flush=True); {SLEEPER.split(';', maxsplit=1)[0]}; time.sleep(600)"

    with Supervisor() as supervisor:
        supervisor.start(part("one", code, folder=tmp_path))
        supervisor.wait_until_ready(seconds=30)
        pid = pid_of(tmp_path / "one.log")
        assert is_running(pid)

    assert not is_running(pid)


def test_a_killed_part_is_named_with_its_last_lines_and_the_rest_is_stopped(tmp_path: Path) -> None:
    code = "import os, time; print('up', os.getpid(), flush=True); time.sleep(600)"

    with pytest.raises(PartDied) as caught, Supervisor() as supervisor:
        for name in ("one", "two"):
            supervisor.start(part(name, code, folder=tmp_path))
        supervisor.wait_until_ready(seconds=30)
        os.kill(pid_of(tmp_path / "two.log"), signal.SIGKILL)
        supervisor.watch()

    assert caught.value.part == "two"
    assert "was killed by SIGKILL" in str(caught.value)
    assert "up " in str(caught.value)
    assert not is_running(pid_of(tmp_path / "one.log"))


def test_a_spare_part_that_is_killed_is_started_again_and_the_rest_goes_on(tmp_path: Path) -> None:
    code = "import os, time; print('up', os.getpid(), flush=True); time.sleep(600)"
    told: list[str] = []

    with Supervisor(told=told.append, again_seconds=0.0) as supervisor:
        supervisor.start(part("one", code, folder=tmp_path))
        supervisor.start(replace(part("spare", code, folder=tmp_path), spare=True))
        supervisor.wait_until_ready(seconds=30)
        first, one = pid_of(tmp_path / "spare.log"), pid_of(tmp_path / "one.log")
        os.kill(first, signal.SIGKILL)
        supervisor.start(part("looking", LOOKING.format(log=str(tmp_path / "spare.log")), folder=tmp_path))
        supervisor.wait_for_end("looking")
        second = pid_of(tmp_path / "spare.log")

        assert is_running(one)
        assert is_running(second)

    assert second != first
    assert not is_running(second)
    assert told == ["spare was killed by SIGKILL; everything else goes on, and it is started again."]


def test_a_spare_part_that_never_gets_ready_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartDied, match="exit code 3"), Supervisor() as supervisor:
        supervisor.start(replace(part("one", "import sys; sys.exit(3)", folder=tmp_path), spare=True))
        supervisor.wait_until_ready(seconds=30)


def test_a_part_that_ends_before_it_is_ready_is_told_with_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(PartDied, match="exit code 3"), Supervisor() as supervisor:
        supervisor.start(part("one", "import sys; sys.exit(3)", folder=tmp_path))
        supervisor.wait_until_ready(seconds=30)


def test_a_part_that_is_never_ready_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartDied, match="not ready"), Supervisor() as supervisor:
        supervisor.start(part("one", "import time; time.sleep(600)", folder=tmp_path))
        supervisor.wait_until_ready(seconds=0.5)


def test_a_part_that_is_to_end_may_end_well(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start(part("other", SLEEPER, folder=tmp_path))
        supervisor.start(part("once", "pass", folder=tmp_path))
        supervisor.wait_for_end("once")


def test_a_part_that_is_to_end_and_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartDied, match="once ended with exit code 1"), Supervisor() as supervisor:
        supervisor.start(part("once", "raise SystemExit(1)", folder=tmp_path))
        supervisor.wait_for_end("once")


def test_a_signal_ends_the_watch(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start(part("one", SLEEPER, folder=tmp_path))
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        supervisor.watch()

        assert supervisor.stopping


def test_what_a_part_started_is_stopped_with_it(tmp_path: Path) -> None:
    inner = "import os, time; print('up', os.getpid(), flush=True); time.sleep(600)"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {inner!r}]); time.sleep(600)"

    with Supervisor() as supervisor:
        supervisor.start(part("one", code, folder=tmp_path))
        supervisor.wait_until_ready(seconds=30)
        grandchild = pid_of(tmp_path / "one.log")

    while is_running(grandchild):  # killed, but the kernel takes its time
        time.sleep(0.01)


@pytest.mark.parametrize("code", [0, 1])
def test_what_a_part_that_has_ended_left_is_stopped_too(tmp_path: Path, code: int) -> None:
    inner = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    once = (
        "import subprocess, sys\n"
        f"left = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE, text=True)\n"
        "print(left.stdout.readline(), flush=True)\n"
        f"sys.exit({code})"
    )

    with nullcontext() if code == 0 else pytest.raises(PartDied, match="exit code 1"), Supervisor() as supervisor:
        supervisor.start(part("once", once, folder=tmp_path))
        supervisor.wait_for_end("once")

    left = int((tmp_path / "once.log").read_text().split()[0])
    while is_running(left):  # killed, but the kernel takes its time
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
def test_parts_end_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    code = (
        "import sys, time; from pathlib import Path; from forecaster.cli.supervisor import Part, Supervisor\n"
        "with Supervisor() as s:\n"
        "    code = 'import os, time; print(\"up\", os.getpid(), flush=True); time.sleep(600)'\n"
        f"    s.start(Part('one', (sys.executable, '-c', code), Path({str(log)!r}), lambda: False))\n"
        "    s.watch()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as outer:
        while not (log.exists() and "up" in log.read_text()):
            time.sleep(0.05)
        outer.kill()

    while is_running(pid_of(log)):
        time.sleep(0.05)
