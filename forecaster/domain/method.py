"""How forecasts are made, kept with a vintage so that it can be tried again on later figures."""

import tomllib
from dataclasses import replace

from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Candidate, Experiment, parse_experiment


def method_of(text: str, *, name: str) -> Experiment:
    """The experiment that `experiment_text` wrote.

    Raises:
        BadExperiment: today's code does not know what stands there.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadExperiment(where=name, what=f"the method kept with the vintage is no TOML: {error}") from error
    return parse_experiment(data, name=name)


def on_terms_of(method: Experiment, *, run: Experiment) -> Experiment:
    """A method with the horizon, the folds, the gate and the sectors of a run: what it is compared on."""
    return replace(method, horizon=run.horizon, folds=run.folds, gate=run.gate, sectors=run.sectors)


def same_method(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments forecast alike; names, gates and candidates that are but looked at don't matter."""
    return _bare(one, like=other) == _bare(other, like=other)


def fit_of(candidate: Candidate) -> Candidate:
    """What of a candidate decides on its forecasts: neither its name nor whether it is combined."""
    return replace(candidate, name="", combined=True)


def _bare(experiment: Experiment, *, like: Experiment) -> Experiment:
    """All that decides on forecasts, and nothing else."""
    used = [one for one in experiment.candidates if one.combined or one.regressors or one.name == experiment.anchor]
    told = on_terms_of(experiment, run=like)
    named = {experiment.anchor: "anchor"}  # what else a candidate is called does not matter
    bare = sorted((replace(fit_of(one), combined=one.combined, name=named.get(one.name, "")) for one in used), key=repr)
    anchor = "anchor" if experiment.anchor else ""
    return replace(told, name=like.name, question=like.question, candidates=tuple(bare), anchor=anchor)
