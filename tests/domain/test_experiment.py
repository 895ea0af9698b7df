"""Experiment files are checked before anything runs."""

import pytest

from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Candidate, parse_experiment

GOOD = {
    "question": "?",
    "horizon": 24,
    "combination": "mean",
    "folds": {"count": 2, "step": 3, "min_train": 24},
    "gate": {"rule": "always"},
    "candidates": [{"name": "a", "model": "AutoETS", "settings": {}}],
}


def test_a_whole_file_is_read() -> None:
    experiment = parse_experiment(GOOD, name="x")

    assert experiment.candidates == (Candidate("a", "AutoETS", {}),)
    assert experiment.flat()["candidates.a"] == "AutoETS()"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"horzon": 3}, "Did you mean 'horizon'"),
        ({"horizon": 0}, "1 to 120"),
        ({"combination": "best"}, "mean or median"),
        ({"gate": {"rule": "maybe"}}, "always or not-worse"),
        ({"folds": {"count": 0, "step": 3, "min_train": 24}}, "at least 1"),
        ({"folds": {"count": 1}}, "'step' is missing"),
        ({"candidates": []}, "at least one"),
        ({"candidates": [*GOOD["candidates"], *GOOD["candidates"]]}, "each name once"),  # type: ignore[misc]  # a dict of objects
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(change: dict[str, object], told: str) -> None:
    with pytest.raises(BadExperiment, match=told):
        parse_experiment({**GOOD, **change}, name="x")


def test_a_tier_takes_series_of_its_length() -> None:
    candidate = Candidate("a", "A", {}, min_observations=8, max_observations=24)

    assert [candidate.takes(n) for n in (7, 8, 24, 25)] == [False, True, True, False]
