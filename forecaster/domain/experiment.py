"""An experiment as declared data: which candidates, which folds, which combination, which gate."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from forecaster.domain.errors import BadExperiment

T = TypeVar("T")

ADJUSTMENTS = ("logs", "levels")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model with its settings, and the length of series that it takes."""

    name: str
    model: str  # class name in statsforecast.models
    settings: Mapping[str, Any]
    adjusted: str = ""  # "logs" or "levels": the model gets the series less its shrunk seasonal part
    season: int = 12  # periods of that seasonal part
    combined: bool = True  # false: a benchmark that stays out of the combination
    min_observations: int = 8
    max_observations: int | None = None

    def takes(self, observations: int) -> bool:
        """Whether a series of so many months is within its tier."""
        return self.min_observations <= observations <= (self.max_observations or observations)


@dataclass(frozen=True, slots=True)
class Folds:
    """Rolling cutoffs: `count` of them, `step` months apart, the latest `step` before the end."""

    count: int
    step: int
    min_train: int  # months before a cutoff, at least


@dataclass(frozen=True, slots=True)
class Gate:
    """What a challenger must show to go into service."""

    rule: str  # always, or not-worse
    tolerance: float = 0.0  # not-worse: share by which its mean MASE may exceed the champion's


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole experiment file."""

    name: str
    question: str
    horizon: int  # months forecast
    combination: str  # mean or median
    folds: Folds
    gate: Gate
    candidates: tuple[Candidate, ...]

    def flat(self) -> dict[str, str]:
        """Every setting under a dotted name, as MLflow's params want them."""
        params = {
            "name": self.name,
            "horizon": str(self.horizon),
            "combination": self.combination,
            "folds.count": str(self.folds.count),
            "folds.step": str(self.folds.step),
            "folds.min_train": str(self.folds.min_train),
            "gate.rule": self.gate.rule,
            "gate.tolerance": str(self.gate.tolerance),
        }
        for candidate in self.candidates:
            settings = ", ".join(f"{key}={value}" for key, value in candidate.settings.items())
            on = f" on seasonally adjusted {candidate.adjusted}" if candidate.adjusted else ""
            params[f"candidates.{candidate.name}"] = f"{candidate.model}({settings}){on}"
        return params


def parse_experiment(data: Mapping[str, Any], *, name: str) -> Experiment:
    """An experiment from its file's content.

    Args:
        data: the parsed TOML.
        name: of the experiment's folder.

    Raises:
        BadExperiment: an unknown key (with the nearest known one), a missing key, an impossible value.
    """
    top = dict(data)
    candidates = tuple(_build(Candidate, item, where=f"{name}, candidates") for item in top.pop("candidates", []))
    folds = _build(Folds, top.pop("folds", {}), where=f"{name}, folds")
    gate = _build(Gate, top.pop("gate", {}), where=f"{name}, gate")
    experiment = _build(
        Experiment, {**top, "name": name, "folds": folds, "gate": gate, "candidates": candidates}, where=name
    )
    _check(experiment)
    return experiment


def _build(kind: type[T], data: Mapping[str, Any], *, where: str) -> T:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # T is one of the dataclasses above
    for key in data:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."
            raise BadExperiment(where=where, what=f"unknown key {key!r}.{hint}")
    for key, field in known.items():
        if key not in data and field.default is MISSING:
            raise BadExperiment(where=where, what=f"{key!r} is missing.")
    return kind(**data)


def _check(experiment: Experiment) -> None:
    names = [candidate.name for candidate in experiment.candidates]
    adjustments = {candidate.adjusted for candidate in experiment.candidates}
    faults = {
        "candidates: at least one must be combined": not any(c.combined for c in experiment.candidates),
        "candidates: each name once": len(set(names)) < len(names),
        "candidates: adjusted is logs or levels, or left out": not adjustments <= {"", *ADJUSTMENTS},
        "horizon: 1 to 120": not 1 <= experiment.horizon <= 120,
        "combination: mean or median": experiment.combination not in ("mean", "median"),
        "gate.rule: always or not-worse": experiment.gate.rule not in ("always", "not-worse"),
        "gate.tolerance: at least 0": experiment.gate.tolerance < 0,
        "folds: count, step and min_train at least 1": min(
            experiment.folds.count, experiment.folds.step, experiment.folds.min_train
        )
        < 1,
    }
    for what, wrong in faults.items():
        if wrong:
            raise BadExperiment(where=experiment.name, what=what)
