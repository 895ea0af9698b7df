"""Experiment files on disk: one folder a question, `experiment.toml` in it."""

import tomllib
from pathlib import Path

from forecaster.domain.errors import BadExperiment, UnknownExperiment
from forecaster.domain.experiment import Experiment, parse_experiment

FILE = "experiment.toml"


def load_experiment(folder: Path, name: str) -> Experiment:
    """The experiment of a name.

    Args:
        folder: of all experiments.
        name: of the experiment's own folder.

    Raises:
        UnknownExperiment: there is no such folder, or no experiment.toml in it.
        BadExperiment: the file is no TOML, or declares what can't be.
    """
    known = sorted(file.parent.name for file in folder.glob(f"*/{FILE}"))
    if name not in known:
        raise UnknownExperiment(name, known=known)
    try:
        data = tomllib.loads((folder / name / FILE).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadExperiment(where=name, what=f"{FILE} is not TOML: {error}.") from error
    return parse_experiment(data, name=name)
