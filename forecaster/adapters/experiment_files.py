"""Experiment files on disk: one folder a question, `experiment.toml` in it."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecaster.domain.errors import BadExperiment, UnknownExperiment
from forecaster.domain.experiment import Experiment, parse_experiment

FILE = "experiment.toml"


def load_experiment(folder: Path, name: str) -> Experiment:
    """The experiment of a name.

    A `profile` names another experiment, whose own candidates it stands for: what is compared with production follows
    it, and no file repeats forty lines.

    Args:
        folder: of all experiments.
        name: of the experiment's own folder.

    Raises:
        UnknownExperiment: there is no such folder, or no experiment.toml in it.
        BadExperiment: the file is no TOML, or declares what can't be.
    """
    known = known_experiments(folder)
    if name not in known:
        raise UnknownExperiment(name, known=known)
    data = _read(folder, name)
    others = [other for other in known if other != name]
    profiles = _profiles(folder, others, wanted=data.get("profile"), asker=name)
    return parse_experiment(data, name=name, profiles=profiles)


def known_experiments(folder: Path) -> list[str]:
    """The names of all experiments, sorted."""
    return sorted(file.parent.name for file in folder.glob(f"*/{FILE}"))


def _profiles(folder: Path, names: Sequence[str], *, wanted: Any, asker: str) -> dict[str, list[Any]]:
    """The candidates of the experiment that is wanted; of the others, only that they are there."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    if isinstance(wanted, str) and wanted in found:
        data = _read(folder, wanted)
        if "profile" in data:
            what = f"profile {wanted!r} is itself made of one, {data['profile']!r}; name that."
            raise BadExperiment(where=asker, what=what)
        found[wanted] = data.get("candidates", [])
    return found


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / name / FILE).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadExperiment(where=name, what=f"{FILE} is not TOML: {error}.") from error
