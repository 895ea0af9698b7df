"""How a command that works for long is stopped, in a real process."""

import signal
import subprocess
import sys

import pytest

CLOSING = """
import time
from forecaster.cli.stopping import stopped_by_signals
with stopped_by_signals():
    try:
        print("works", flush=True)
        time.sleep(600)
    finally:
        print("closes", flush=True)
        input()
        print("closed", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_lets_the_command_close_what_it_opened_and_a_further_one_does_not_disturb_it(
    number: signal.Signals,
) -> None:
    command = [sys.executable, "-c", CLOSING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "works\n"
        running.send_signal(number)
        assert running.stdout.readline() == "closes\n"
        running.send_signal(signal.SIGTERM)

        told, _ = running.communicate("\n")

    assert told == "closed\n"
    assert running.returncode == 128 + number


def test_a_signal_that_was_ignored_before_stays_ignored() -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    command = [sys.executable, "-c", ignoring + CLOSING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "works\n"
        running.send_signal(signal.SIGHUP)
        running.send_signal(signal.SIGTERM)

        running.communicate("\n")

    assert running.returncode == 128 + signal.SIGTERM
