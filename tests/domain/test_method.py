"""Methods kept with a vintage."""

from dataclasses import replace

import pytest

from forecaster.adapters.experiment_files import known_experiments, load_experiment
from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Candidate, Experiment, Folds, Gate
from forecaster.domain.experiment_text import experiment_text
from forecaster.domain.method import fit_of, method_of, on_terms_of, same_method
from forecaster.settings import load_settings

FOLDER = load_settings({}).experiments_folder
ONE = Experiment(
    name="one",
    question="?",
    horizon=6,
    combination="mean",
    folds=Folds(3, 3, 24),
    gate=Gate("always"),
    candidates=(Candidate("a", "Theta", {"season_length": 12}), Candidate("b", "AutoETS", {}, adjusted="logs")),
)


@pytest.mark.parametrize("name", known_experiments(FOLDER))
def test_every_experiment_is_read_back_as_it_was_kept(name: str) -> None:
    experiment = load_experiment(FOLDER, name)

    assert method_of(experiment_text(experiment), name=experiment.name) == experiment


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"question": 1}', experiment_text(ONE).replace("Theta", "").replace("mean", "x")]
)
def test_a_method_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(BadExperiment, match="Experiment, old"):
        method_of(text, name="old")


def test_names_gates_folds_and_benchmarks_make_no_other_method() -> None:
    first, second = ONE.candidates
    naive = Candidate("naive", "SeasonalNaive", {}, combined=False)
    renamed = replace(ONE, name="two", gate=Gate("better"), candidates=(second, naive, replace(first, name="x")))

    assert same_method(ONE, renamed)
    assert same_method(ONE, replace(ONE, horizon=24, folds=Folds(12, 1, 36)))


def test_candidates_settings_combination_and_reconciliation_do() -> None:
    first, second = ONE.candidates

    assert not same_method(ONE, replace(ONE, candidates=(first,)))
    assert not same_method(ONE, replace(ONE, candidates=(replace(first, settings={"season_length": 4}), second)))
    assert not same_method(ONE, replace(ONE, combination="median"))
    assert not same_method(ONE, replace(ONE, reconciliation="bottom-up"))


def test_a_method_is_compared_on_the_terms_of_the_run() -> None:
    run = replace(ONE, name="run", horizon=24, folds=Folds(12, 3, 24), gate=Gate("better"), combination="median")

    found = on_terms_of(ONE, run=run)

    assert (found.horizon, found.folds, found.gate) == (run.horizon, run.folds, run.gate)
    assert (found.name, found.combination) == ("one", "mean")


def test_a_fit_does_not_depend_on_what_a_candidate_is_called() -> None:
    first, second = ONE.candidates

    assert fit_of(first) == fit_of(replace(first, name="other", combined=False))
    assert fit_of(first) != fit_of(second)
