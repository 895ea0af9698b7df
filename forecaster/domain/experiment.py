"""An experiment as declared data: which candidates, which folds, which combination, which gate."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from math import inf
from typing import Any, TypeVar

from forecaster.domain.errors import BadExperiment
from forecaster.domain.kinds import KINDS

T = TypeVar("T")

ADJUSTMENTS = ("logs", "levels")
MINT, BOTTOM_UP, NONE = "mint-shrink", "bottom-up", "none"
RECONCILIATIONS = (MINT, BOTTOM_UP, NONE)
BOTH, BY_BACKTEST = "both", "by-backtest"
SCALES = (BOTH, BY_BACKTEST)
MOST = 10_000
"""Of periods, cutoffs and observations: more is a slip."""

TYPES: Mapping[Any, tuple[Any, str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    int | None: (int | None, "a whole number"),
    float: (int | float, "a number"),
    bool: (bool, "true or false"),
    Mapping[str, Any]: (Mapping, "a table, such as { season_length = 12 }"),
    tuple[str, ...]: (list | tuple, "a list of texts"),
}
"""How a field is declared -> what a file must hold there, for Python and for people."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model with its settings, and the series that it takes: by their length and kind, as known at each cutoff."""

    name: str
    model: str  # class name in statsforecast.models
    settings: Mapping[str, Any]
    # "logs" or "levels": the model gets the series less its shrunk seasonal part; a series with a figure below 0 has no
    # logarithms, and those who want them get its levels
    adjusted: str = ""
    season: int = 12  # periods of that seasonal part
    combined: bool = True  # false: a benchmark that stays out of the combination
    min_observations: int = 8
    max_observations: int | None = None
    kinds: tuple[str, ...] = ()  # of KINDS; none: all of them

    def takes(self, observations: int, *, kind: str) -> bool:
        """Whether a series of so many months and of this kind is within its tier."""
        long_enough = self.min_observations <= observations <= (self.max_observations or observations)
        return long_enough and (not self.kinds or kind in self.kinds)


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
    reconciliation: str = NONE  # how forecasts are made to add up: mint-shrink, bottom-up or none
    scale: str = BOTH  # candidates on logarithms and on levels together, or by-backtest: as each sector's errors say

    def flat(self) -> dict[str, str]:
        """Every setting under a dotted name, as MLflow's params want them."""
        params = {
            "name": self.name,
            "horizon": str(self.horizon),
            "combination": self.combination,
            "reconciliation": self.reconciliation,
            "scale": self.scale,
            "folds.count": str(self.folds.count),
            "folds.step": str(self.folds.step),
            "folds.min_train": str(self.folds.min_train),
            "gate.rule": self.gate.rule,
            "gate.tolerance": str(self.gate.tolerance),
        }
        for candidate in self.candidates:
            settings = ", ".join(f"{key}={value}" for key, value in candidate.settings.items())
            on = f" on seasonally adjusted {candidate.adjusted}" if candidate.adjusted else ""
            of = f" of {', '.join(candidate.kinds)} series" if candidate.kinds else ""
            params[f"candidates.{candidate.name}"] = f"{candidate.model}({settings}){on}{of}"
        return params


def parse_experiment(data: Mapping[str, Any], *, name: str) -> Experiment:
    """An experiment from its file's content.

    Args:
        data: the parsed TOML.
        name: of the experiment's folder.

    Raises:
        BadExperiment: an unknown key (with the nearest known one), a missing key, an impossible value.
    """
    top = {key: value for key, value in data.items() if key not in ("folds", "gate", "candidates")}
    if "name" in top:
        raise BadExperiment(where=name, what="unknown key 'name'. The name of the folder is the experiment's.")
    experiment = _build(
        Experiment,
        {
            **top,
            "name": name,
            "folds": _build(Folds, data.get("folds", {}), where=f"{name}, folds"),
            "gate": _build(Gate, data.get("gate", {}), where=f"{name}, gate"),
            "candidates": tuple(_candidates(data.get("candidates", []), name=name)),
        },
        where=name,
    )
    _check(experiment)
    return experiment


def _candidates(listed: Any, *, name: str) -> Iterator[Candidate]:
    if not isinstance(listed, list | tuple):
        raise BadExperiment(where=name, what="'candidates' must be a list of tables, each under [[candidates]].")
    for at, item in enumerate(listed, start=1):
        yield _build(Candidate, item, where=f"{name}, candidate {at}")


def _build(kind: type[T], data: Any, *, where: str) -> T:
    if not isinstance(data, Mapping):
        raise BadExperiment(where=where, what="must be a table of keys and values.")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # T is one of the dataclasses above
    for key in data:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."
            raise BadExperiment(where=where, what=f"unknown key {key!r}.{hint}")
    for key, field in known.items():
        if key not in data and field.default is MISSING:
            raise BadExperiment(where=where, what=f"{key!r} is missing.")
    for key, value in data.items():
        _check_type(key, value, declared=known[key].type, where=where)
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})


def _check_type(key: str, value: Any, *, declared: Any, where: str) -> None:
    """Compare a value with how its field is declared; the dataclasses above were checked as they were built."""
    types, wanted = TYPES.get(declared, (object, ""))
    # To Python a truth value is a whole number.
    if not isinstance(value, types) or (isinstance(value, bool) and declared is not bool):
        raise BadExperiment(where=where, what=f"{key!r} must be {wanted}, not {value!r:.80}.")


def _check(experiment: Experiment) -> None:
    candidates, folds, gate = experiment.candidates, experiment.folds, experiment.gate
    tiers = [
        (one.min_observations, MOST if one.max_observations is None else one.max_observations) for one in candidates
    ]
    faults = {
        "candidates: at least one must be combined": not any(one.combined for one in candidates),
        "candidates: each name once": len({one.name for one in candidates}) < len(candidates),
        "candidates: adjusted is logs or levels, or left out": not {one.adjusted for one in candidates}
        <= {"", *ADJUSTMENTS},
        f"candidates: kinds are of {', '.join(KINDS)}": not all(
            kind in KINDS for one in candidates for kind in one.kinds
        ),
        f"candidates: season 1 to {MOST}": not all(1 <= one.season <= MOST for one in candidates),
        f"candidates: observations 1 to {MOST}, the least no more than the most": not all(
            1 <= least <= most <= MOST for least, most in tiers
        ),
        "horizon: 1 to 120": not 1 <= experiment.horizon <= 120,
        "combination: mean or median": experiment.combination not in ("mean", "median"),
        f"reconciliation: {', '.join(RECONCILIATIONS)}": experiment.reconciliation not in RECONCILIATIONS,
        f"scale: {' or '.join(SCALES)}": experiment.scale not in SCALES,
        "gate.rule: always or not-worse": gate.rule not in ("always", "not-worse"),
        "gate.tolerance: at least 0": not 0 <= gate.tolerance < inf,
        f"folds: count, step and min_train 1 to {MOST}": not all(
            1 <= number <= MOST for number in (folds.count, folds.step, folds.min_train)
        ),
    }
    for what, wrong in faults.items():
        if wrong:
            raise BadExperiment(where=experiment.name, what=what)
