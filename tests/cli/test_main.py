"""The last door: every failure is one paragraph and an exit code."""

import os
import subprocess
import sys
from pathlib import Path


def sectorcast(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{f"SECTORCAST_{key.upper()}": value for key, value in settings.items()}}
    command = [sys.executable, "-m", "forecaster", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_bad_input_is_told_in_a_paragraph_with_exit_code_2(tmp_path: Path) -> None:
    ended = sectorcast("series", "--sector", "steel", home=str(tmp_path))

    assert ended.returncode == 2
    assert ended.stderr.startswith("sectorcast: --sector: 'steel' is unknown")


def test_a_failure_is_told_without_a_traceback_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")

    plain = sectorcast("prepare", home=str(tmp_path / "home"))
    asked = sectorcast("--debug", "prepare", home=str(tmp_path / "home"))

    assert plain.returncode == 1
    assert plain.stderr.startswith("sectorcast: ")
    assert "Traceback" not in plain.stderr
    assert "Traceback" in asked.stderr


def test_no_forecast_yet_is_told_with_the_remedy(tmp_path: Path) -> None:
    ended = sectorcast("forecast", "ev.production.CN", home=str(tmp_path))

    assert ended.returncode == 1
    assert "sectorcast retrain" in ended.stderr


def test_an_error_is_told_with_what_failed_besides(tmp_path: Path) -> None:
    code = (
        "from forecaster.cli import app, main\n"
        "from forecaster.domain.errors import NothingPublished\n"
        "@app.command()\n"
        "def fail():\n"
        "    error = NothingPublished()\n"
        "    error.add_note('Besides, run 1 could not be closed in the run log: OSError: no')\n"
        "    raise error\n"
        "main()\n"
    )

    ended = subprocess.run([sys.executable, "-c", code, "fail"], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("sectorcast: No forecasts are published yet.")
    assert ended.stderr.endswith("Try again then. Besides, run 1 could not be closed in the run log: OSError: no\n")
