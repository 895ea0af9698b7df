"""An experiment as declared data: which candidates, which folds, which combination, which gate."""

from collections.abc import Iterator, Mapping, Sequence
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
ALWAYS, NOT_WORSE, BETTER = "always", "not-worse", "better"
GATES = (ALWAYS, NOT_WORSE, BETTER)
BY_SERIES, BY_SECTOR = "weights-by-series", "weights-by-sector"
COMBINATIONS = ("mean", "median", BY_SERIES, BY_SECTOR)
TAKE_REGRESSORS = ("ARIMA", "AutoARIMA", "AutoRegressive")
"""Models that are given columns beside the series; every other one would ignore them without a word."""
SECTOR_POOL, PANEL_POOL = "sector", "panel"
INTERVALS = (SECTOR_POOL, PANEL_POOL)
MONTHS, PUBLISHED = "months", "published"
YEARS = (MONTHS, PUBLISHED)
BOTH, BY_BACKTEST = "both", "by-backtest"
SCALES = (BOTH, BY_BACKTEST)
END, CALENDAR = "end", "calendar"
PLACES = (END, CALENDAR)
MOST = 10_000
"""Of periods, cutoffs and observations: more is a slip."""

TYPES: Mapping[Any, tuple[Any, str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    int | None: (int | None, "a whole number"),
    float: (int | float, "a number"),
    bool: (bool, "true or false"),
    tuple[str, ...]: (list | tuple, "a list"),
    Mapping[str, Any]: (Mapping, "a table, such as { season_length = 12 }"),
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
    regressors: bool = False  # it gets what drives a series as columns, and competes with the combination
    min_observations: int = 8
    max_observations: int | None = None
    kinds: tuple[str, ...] = ()  # of KINDS; none: all of them

    def takes(self, observations: int, *, kind: str) -> bool:
        """Whether a series of so many months and of this kind is within its tier."""
        long_enough = self.min_observations <= observations <= (self.max_observations or observations)
        return long_enough and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Folds:
    """Rolling cutoffs: `count` of them, `step` months apart, the latest at least `step` before the end."""

    count: int
    step: int
    min_train: int  # months before a cutoff, at least
    at: str = END  # so far before each series' end, or calendar: the same months of every year, whenever a series ends


@dataclass(frozen=True, slots=True)
class Gate:
    """What a challenger must show to go into service."""

    rule: str  # always, not-worse or better
    tolerance: float = 0.0  # not-worse: share by which its mean MASE may exceed the champion's
    level: float = 0.05  # better: a difference that large must come about by chance more seldom


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole experiment file."""

    name: str
    question: str
    horizon: int  # months forecast
    combination: str  # mean or median; weights-by-…: the median, and learnt weights where their backtest gains
    folds: Folds
    gate: Gate
    candidates: tuple[Candidate, ...]
    reconciliation: str = NONE  # how forecasts are made to add up: mint-shrink, bottom-up or none
    intervals: str = SECTOR_POOL  # whose past errors make a series' quantiles: its sector's, or the whole panel's
    year: str = MONTHS  # what models see of a January and February stated as one: two shares, or one period
    sectors: tuple[str, ...] = ()  # those that it is run on; none: all
    anchor: str = ""  # a candidate outside the combination, which draws it as far as past errors ask for (`anchoring`)
    scale: str = BOTH  # candidates on logarithms and on levels together, or by-backtest: as each sector's errors say

    def flat(self) -> dict[str, str]:
        """Every setting under a dotted name, as MLflow's params want them."""
        params = {
            "name": self.name,
            "horizon": str(self.horizon),
            "combination": self.combination,
            "reconciliation": self.reconciliation,
            "intervals": self.intervals,
            "year": self.year,
            "sectors": ", ".join(self.sectors) or "all",
            "anchor": self.anchor,
            "scale": self.scale,
            "folds.count": str(self.folds.count),
            "folds.step": str(self.folds.step),
            "folds.min_train": str(self.folds.min_train),
            "folds.at": self.folds.at,
            "gate.rule": self.gate.rule,
            "gate.tolerance": str(self.gate.tolerance),
            "gate.level": str(self.gate.level),
        }
        for candidate in self.candidates:
            settings = ", ".join(f"{key}={value}" for key, value in candidate.settings.items())
            on = f" on seasonally adjusted {candidate.adjusted}" if candidate.adjusted else ""
            given = " with regressors" if candidate.regressors else ""
            of = f" of {', '.join(candidate.kinds)} series" if candidate.kinds else ""
            params[f"candidates.{candidate.name}"] = f"{candidate.model}({settings}){on}{given}{of}"
        return params


def parse_experiment(
    data: Mapping[str, Any], *, name: str, profiles: Mapping[str, Sequence[Any]] | None = None
) -> Experiment:
    """An experiment from its file's content.

    Args:
        data: the parsed TOML.
        name: of the experiment's folder.
        profiles: name -> declared candidates: what `profile` may name instead of repeating them.

    Raises:
        BadExperiment: an unknown key (with the nearest known one), a missing key, an impossible value.
    """
    top = {
        key: value for key, value in data.items() if key not in ("profile", "sectors", "folds", "gate", "candidates")
    }
    if "name" in top:
        raise BadExperiment(where=name, what="unknown key 'name'. The name of the folder is the experiment's.")
    experiment = _build(
        Experiment,
        {
            **top,
            "name": name,
            "folds": _build(Folds, data.get("folds", {}), where=f"{name}, folds"),
            "gate": _build(Gate, data.get("gate", {}), where=f"{name}, gate"),
            "sectors": _names("sectors", data.get("sectors", ()), where=name),
            "candidates": (
                *_of_profile(data.get("profile"), profiles=profiles or {}, name=name),
                *_candidates(data.get("candidates", []), name=name),
            ),
        },
        where=name,
    )
    _check(experiment)
    return experiment


def _of_profile(profile: Any, *, profiles: Mapping[str, Sequence[Any]], name: str) -> tuple[Candidate, ...]:
    """The candidates that a profile stands for; those of the file itself come after them."""
    if profile is None:
        return ()
    _check_type("profile", profile, declared=str, where=name)
    if profile not in profiles:
        near = get_close_matches(profile, profiles, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(profiles) or 'none'}."
        raise BadExperiment(where=name, what=f"no profile is called {profile!r}. {hint}")
    return tuple(_candidates(profiles[profile], name=f"{name}, profile {profile}"))


def _names(key: str, listed: Any, *, where: str) -> tuple[str, ...]:
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise BadExperiment(where=where, what=f"{key!r} must be a list of names, not {listed!r:.80}.")
    return tuple(listed)


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
        "anchor: the name of a candidate that is not combined and has no regressors, or left out": experiment.anchor
        not in ("", *(one.name for one in candidates if not (one.combined or one.regressors))),
        f"candidates: kinds are of {', '.join(KINDS)}": not all(
            kind in KINDS for one in candidates for kind in one.kinds
        ),
        f"candidates: season 1 to {MOST}": not all(1 <= one.season <= MOST for one in candidates),
        f"candidates: observations 1 to {MOST}, the least no more than the most": not all(
            1 <= least <= most <= MOST for least, most in tiers
        ),
        "horizon: 1 to 120": not 1 <= experiment.horizon <= 120,
        f"combination: {', '.join(COMBINATIONS)}": experiment.combination not in COMBINATIONS,
        f"candidates: regressors are for {', '.join(TAKE_REGRESSORS)}, neither combined nor adjusted": any(
            one.regressors and (one.combined or one.adjusted or one.model not in TAKE_REGRESSORS) for one in candidates
        ),
        f"intervals: {', '.join(INTERVALS)}": experiment.intervals not in INTERVALS,
        f"year: {', '.join(YEARS)}": experiment.year not in YEARS,
        "sectors: each name once": len(set(experiment.sectors)) < len(experiment.sectors),
        f"reconciliation: {', '.join(RECONCILIATIONS)}": experiment.reconciliation not in RECONCILIATIONS,
        f"scale: {' or '.join(SCALES)}": experiment.scale not in SCALES,
        f"folds: at is {' or '.join(PLACES)}": folds.at not in PLACES,
        "gate.rule: always, not-worse or better": gate.rule not in GATES,
        "gate.tolerance: at least 0": not 0 <= gate.tolerance < inf,
        "gate.level: between 0 and 1": not 0 < gate.level < 1,
        f"folds: count, step and min_train 1 to {MOST}": not all(
            1 <= number <= MOST for number in (folds.count, folds.step, folds.min_train)
        ),
    }
    for what, wrong in faults.items():
        if wrong:
            raise BadExperiment(where=experiment.name, what=what)
