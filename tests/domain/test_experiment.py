"""Experiment files are checked before anything runs."""

from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Candidate, Experiment, Folds, Gate, parse_experiment

CANDIDATE = {"name": "a", "model": "AutoETS", "settings": {}}
GIVEN = {"name": "b", "model": "AutoARIMA", "settings": {}, "regressors": True, "combined": False}
GOOD = {
    "question": "?",
    "horizon": 24,
    "combination": "mean",
    "folds": {"count": 2, "step": 3, "min_train": 24},
    "gate": {"rule": "always"},
    "candidates": [CANDIDATE],
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
        ({"combination": "best"}, "mean, median, weights-by-series, weights-by-sector"),
        ({"reconciliation": "top-down"}, "mint-shrink, bottom-up, none"),
        ({"gate": {"rule": "maybe"}}, "always, not-worse or better"),
        ({"intervals": "sectors"}, "intervals: sector, panel"),
        ({"year": "lunar"}, "year: months, published"),
        ({"sectors": ["ev", "ev"]}, "each name once"),
        ({"sectors": ["ev", 3]}, "a list of names"),
        ({"profile": 3}, "'profile' must be text"),
        ({"profile": "productoin"}, "Did you mean 'production'"),
        ({"profile": "production"}, "each name once"),
        ({"anchor": "a"}, "a candidate that is not combined and has no regressors"),
        ({"scale": "logs"}, "both or by-backtest"),
        ({"candidates": [{**CANDIDATE, "kinds": ["sparse"]}]}, "regular, intermittent, constant"),
        ({"folds": {"count": 0, "step": 3, "min_train": 24}}, "1 to 10000"),
        ({"folds": {"count": 2, "step": 3, "min_train": 24, "at": "moon"}}, "at is end or calendar"),
        ({"folds": {"count": 1}}, "'step' is missing"),
        ({"candidates": []}, "at least one"),
        ({"candidates": [CANDIDATE, CANDIDATE]}, "each name once"),
        ({"name": "y"}, "The name of the folder"),
        ({"gate": {"rule": "always", "tolerance": float("nan")}}, "gate.tolerance: at least 0"),
        ({"gate": {"rule": "better", "level": 1}}, "gate.level: between 0 and 1"),
        ({"folds": {"count": 10**30, "step": 3, "min_train": 24}}, "1 to 10000"),
        ({"candidates": [{**CANDIDATE, "season": 0}]}, "season 1 to 10000"),
        ({"candidates": [{**CANDIDATE, "min_observations": 9, "max_observations": 8}]}, "no more than the most"),
        ({"candidates": [{**CANDIDATE, "max_observations": 0}]}, "no more than the most"),
        ({"candidates": [CANDIDATE, {**GIVEN, "model": "AutoETS"}]}, "regressors are for ARIMA, AutoARIMA"),
        ({"candidates": [CANDIDATE, {**GIVEN, "combined": True}]}, "neither combined nor adjusted"),
        ({"folds": 3}, "x, folds: must be a table"),
        ({"candidates": {"name": "a"}}, "under \\[\\[candidates\\]\\]"),
        ({"candidates": ["a"]}, "candidate 1: must be a table"),
        ({"horizon": "24"}, "'horizon' must be a whole number, not '24'"),
        ({"horizon": True}, "'horizon' must be a whole number, not True"),
        ({"candidates": [{**CANDIDATE, "settings": 12}]}, "candidate 1: 'settings' must be a table"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(change: dict[str, object], told: str) -> None:
    with pytest.raises(BadExperiment, match=told):
        parse_experiment({**GOOD, **change}, name="x", profiles={"production": [CANDIDATE]})


def test_a_profile_stands_for_its_candidates_and_the_file_adds_its_own() -> None:
    more = {**GOOD, "profile": "production", "candidates": [{**CANDIDATE, "name": "b"}]}

    experiment = parse_experiment(more, name="x", profiles={"production": [CANDIDATE]})

    assert [candidate.name for candidate in experiment.candidates] == ["a", "b"]


def test_sectors_and_the_year_are_among_the_params() -> None:
    params = parse_experiment({**GOOD, "sectors": ["ev", "solar"], "year": "published"}, name="x").flat()

    assert (params["sectors"], params["year"], params["intervals"]) == ("ev, solar", "published", "sector")
    assert parse_experiment(GOOD, name="x").flat()["sectors"] == "all"


def test_a_tier_takes_series_of_its_length() -> None:
    candidate = Candidate("a", "A", {}, min_observations=8, max_observations=24)

    assert [candidate.takes(n, kind="regular") for n in (7, 8, 24, 25)] == [False, True, True, False]


def test_a_tier_takes_series_of_its_kinds_and_without_any_named_all() -> None:
    named, every = Candidate("a", "A", {}, kinds=("intermittent",)), Candidate("b", "B", {})

    kinds = ("regular", "intermittent", "constant")
    assert [named.takes(30, kind=kind) for kind in kinds] == [False, True, False]
    assert [every.takes(30, kind=kind) for kind in kinds] == [True, True, True]


def test_kinds_are_told_with_the_candidate() -> None:
    experiment = parse_experiment({**GOOD, "candidates": [{**CANDIDATE, "kinds": ["constant"]}]}, name="x")

    assert experiment.candidates[0].kinds == ("constant",)
    assert experiment.flat()["candidates.a"] == "AutoETS() of constant series"


KEYS: dict[str, tuple[type, ...]] = {
    "question": (str,),
    "horizon": (int,),
    "combination": (str,),
    "reconciliation": (str,),
    "intervals": (str,),
    "year": (str,),
    "sectors": (list,),
    "anchor": (str,),
    "scale": (str,),
    "folds": (dict,),
    "folds.count": (int,),
    "folds.step": (int,),
    "folds.min_train": (int,),
    "folds.at": (str,),
    "gate": (dict,),
    "gate.rule": (str,),
    "gate.tolerance": (int, float),
    "gate.level": (int, float),
    "candidates": (list,),
    "candidates.name": (str,),
    "candidates.model": (str,),
    "candidates.settings": (dict,),
    "candidates.adjusted": (str,),
    "candidates.season": (int,),
    "candidates.combined": (bool,),
    "candidates.regressors": (bool,),
    "candidates.min_observations": (int,),
    "candidates.max_observations": (int,),
    "candidates.kinds": (list,),
}
SCALARS = (
    st.text(max_size=5),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.times(),
    st.datetimes(),
)
VALUES = st.recursive(
    st.one_of(*SCALARS), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


def with_value(key: str, value: object) -> dict[str, object]:
    outer, _, inner = key.partition(".")
    if not inner:
        return {**GOOD, key: value}
    held: object = [{**CANDIDATE, inner: value}] if outer == "candidates" else {**GOOD[outer], inner: value}  # type: ignore[dict-item]  # a table
    return {**GOOD, outer: held}


def test_every_key_of_the_file_is_tried_with_wrong_types() -> None:
    inner = {"folds": Folds, "gate": Gate, "candidates": Candidate}
    below = {f"{table}.{field.name}" for table, kind in inner.items() for field in fields(kind)}

    assert set(KEYS) == below | {field.name for field in fields(Experiment)} - {"name"}


@pytest.mark.parametrize("key", KEYS)
@given(value=VALUES)
@settings(max_examples=30, deadline=None)
def test_a_value_of_a_wrong_type_is_an_error_of_the_file_that_names_its_key(key: str, value: object) -> None:
    if type(value) in KEYS[key]:
        with suppress(BadExperiment):
            parse_experiment(with_value(key, value), name="x")
        return

    with pytest.raises(BadExperiment) as caught:
        parse_experiment(with_value(key, value), name="x")

    assert str(caught.value).startswith("Experiment, x")
    assert key.partition(".")[2] in str(caught.value)


@given(data=st.dictionaries(st.sampled_from([*GOOD, "x"]), VALUES))
@settings(deadline=None)
def test_whatever_a_file_holds_is_an_experiment_or_an_error_of_the_file(data: dict[str, object]) -> None:
    with suppress(BadExperiment):
        parse_experiment({**GOOD, **data}, name="x")
