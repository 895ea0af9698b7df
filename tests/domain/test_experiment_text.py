"""What a run keeps of its experiment is that experiment."""

import tomllib
from math import isfinite

from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.experiment import Candidate, Experiment, Folds, Gate, parse_experiment
from forecaster.domain.experiment_text import experiment_text
from tests.running import EXPERIMENT

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats().filter(isfinite))
SETTINGS = st.dictionaries(TEXTS, st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3)), max_size=3)


def again(experiment: Experiment) -> Experiment:
    return parse_experiment(tomllib.loads(experiment_text(experiment)), name=experiment.name)


def test_an_experiment_is_read_back_as_it_was() -> None:
    assert again(EXPERIMENT) == EXPERIMENT


@given(question=TEXTS, name=TEXTS, values=SETTINGS, most=st.none() | st.integers(8, 99))
@settings(deadline=None)
def test_whatever_texts_and_settings_it_holds(
    question: str, name: str, values: dict[str, object], most: int | None
) -> None:
    experiment = Experiment(
        name="x",
        question=question,
        horizon=3,
        combination="mean",
        folds=Folds(1, 1, 24),
        gate=Gate("always"),
        candidates=(Candidate(name, "Theta", values, max_observations=most),),
        year="published",
        intervals="panel",
        sectors=("ev",) if most else (),
    )

    assert again(experiment) == experiment
