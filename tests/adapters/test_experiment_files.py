"""Experiment files on disk."""

from pathlib import Path

import pytest

from forecaster.adapters.experiment_files import FILE, load_experiment
from forecaster.domain.errors import BadExperiment, UnknownExperiment


@pytest.mark.parametrize("content", [b"horizon = ", b"question = '\xff'", b"a = " + b"[" * 100_000])
def test_a_file_that_is_no_toml_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / FILE).write_bytes(content)

    with pytest.raises(BadExperiment, match=r"^Experiment, mine: experiment\.toml is not TOML"):
        load_experiment(tmp_path, "mine")


def test_an_experiment_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / FILE).write_text("")

    with pytest.raises(UnknownExperiment, match="there are: mine"):
        load_experiment(tmp_path, "yours")
