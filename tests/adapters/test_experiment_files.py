"""Experiment files on disk."""

from pathlib import Path

import pytest

from forecaster.adapters.experiment_files import FILE, known_experiments, load_experiment
from forecaster.domain.errors import BadExperiment, UnknownExperiment
from forecaster.settings import load_settings


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


def declare(folder: Path, name: str, content: str) -> None:
    (folder / name).mkdir()
    (folder / name / FILE).write_text(content)


BODY = """
question = "?"
horizon = 6
combination = "mean"
folds = { count = 2, step = 3, min_train = 24 }
gate = { rule = "always" }
"""
THETA = '[[candidates]]\nname = "theta"\nmodel = "Theta"\nsettings = {}\n'


def test_a_profile_is_another_experiment_whose_candidates_are_taken(tmp_path: Path) -> None:
    declare(tmp_path, "production", BODY + THETA)
    declare(tmp_path, "mine", 'profile = "production"' + BODY + THETA.replace("theta", "more"))
    declare(tmp_path, "broken", "horizon = ")

    mine = load_experiment(tmp_path, "mine")

    assert [candidate.name for candidate in mine.candidates] == ["theta", "more"]
    assert mine.name == "mine"


def test_a_profile_that_is_made_of_another_or_is_not_there_says_so(tmp_path: Path) -> None:
    declare(tmp_path, "production", BODY + THETA)
    declare(tmp_path, "second", 'profile = "production"' + BODY)
    declare(tmp_path, "third", 'profile = "second"' + BODY)
    declare(tmp_path, "fourth", 'profile = "produktion"' + BODY)

    with pytest.raises(BadExperiment, match="itself made of one, 'production'"):
        load_experiment(tmp_path, "third")
    with pytest.raises(BadExperiment, match="Did you mean 'production'"):
        load_experiment(tmp_path, "fourth")


def test_every_experiment_of_this_project_is_valid() -> None:
    folder = load_settings({}).experiments_folder

    found = [load_experiment(folder, name) for name in known_experiments(folder)]

    assert {"production", "published-year", "stock", "thorough"} <= {experiment.name for experiment in found}
    assert all((folder / experiment.name / "README.md").exists() for experiment in found)
