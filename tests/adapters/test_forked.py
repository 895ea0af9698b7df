"""Processes of a run: forked from one that has the models, and gone with the process that they are for."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from forecaster.adapters.forked import THREADS, forked
from tests.adapters.working import PATIENCE, alive, wait_for

ASKING = """
import os, time
from forecaster.adapters.forked import forked

if __name__ == "__main__":
    with forked(1) as pool:
        print(pool.submit(os.getpid).result(), pool.submit(os.getppid).result(), flush=True)
        pool.submit(time.sleep, 3600).result()
"""


def test_they_have_the_models_and_keep_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.setenv(name, "7")
    with forked(1) as pool:
        threads = {pool.submit(os.getenv, name).result() for name in THREADS}
        loaded = pool.submit(eval, "'statsforecast.models' in __import__('sys').modules").result()

    assert loaded
    assert threads == {"1"}
    assert {os.environ[name] for name in THREADS} == {"7"}


def test_they_come_up_where_the_temporary_folder_has_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    program = tmp_path / "asking.py"
    program.write_text(ASKING.replace("3600", "0"), encoding="utf-8")

    asking = subprocess.run(
        [sys.executable, str(program)], env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, check=True
    )

    assert len(asking.stdout.split()) == 2


def test_they_and_what_they_are_forked_from_die_with_a_process_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "asking.py"
    program.write_text(ASKING, encoding="utf-8")
    asking = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    fork, server = map(int, asking.stdout.readline().split())
    assert alive(fork)
    assert alive(server)

    asking.send_signal(signal.SIGKILL)
    asking.wait()
    asking.stdout.close()

    wait_for(lambda: not alive(fork) and not alive(server))


def test_what_is_stopped_tells_all_who_wait_also_for_work_that_is_queued() -> None:
    with pytest.raises(KeyboardInterrupt), forked(1) as pool:
        waiting = [pool.submit(time.sleep, 3600) for _ in range(20)]
        raise KeyboardInterrupt

    ended, left = wait(waiting, timeout=PATIENCE)
    assert not left
    assert {type(one.exception()) for one in ended} == {BrokenProcessPool}


def test_work_that_ends_its_process_is_told() -> None:
    with forked(1) as pool:
        ended = pool.submit(os._exit, 3)

        assert isinstance(ended.exception(), BrokenProcessPool)
