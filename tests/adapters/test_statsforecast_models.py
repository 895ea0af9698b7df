from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from forecaster.adapters.experiment_files import known_experiments, load_experiment
from forecaster.adapters.fit_store import FitStore, fit_store
from forecaster.adapters.statsforecast_models import check_models, check_models_once
from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Candidate
from forecaster.settings import load_settings

FOLDER = load_settings({}).experiments_folder
PRODUCTION = load_experiment(FOLDER, "production")


@pytest.mark.parametrize("name", known_experiments(FOLDER))
def test_the_vendor_has_what_every_experiment_declares(name: str) -> None:
    check_models(load_experiment(FOLDER, name))


@pytest.mark.parametrize(
    ("model", "settings", "told"),
    [
        ("AutoEST", {}, "no model is called 'AutoEST'. Did you mean 'AutoETS'"),
        ("AutoETS", {"season_lenth": 12}, "season_lenth"),
    ],
)
def test_a_slip_is_named_before_anything_is_fitted(model: str, settings: dict[str, int], told: str) -> None:
    wrong = replace(PRODUCTION, candidates=(Candidate("a", model, settings),))

    with pytest.raises(BadExperiment, match=told):
        check_models(wrong)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FitStore]:
    with fit_store(tmp_path / "fits.db", today=date(2024, 6, 1), most_bytes=10**7, told=print) as opened:
        yield opened


def test_a_slip_is_named_each_time_beside_candidates_that_were_checked(store: FitStore) -> None:
    check_models_once(PRODUCTION, store=store)
    wrong = replace(PRODUCTION, candidates=(*PRODUCTION.candidates, Candidate("a", "AutoEST", {})))

    for _ in range(2):
        with pytest.raises(BadExperiment, match="candidate a: no model is called 'AutoEST'"):
            check_models_once(wrong, store=store)


def test_what_was_checked_is_checked_once_and_its_settings_count(store: FitStore) -> None:
    check_models_once(PRODUCTION, store=store)
    renamed = tuple(replace(one, name=f"other_{one.name}") for one in PRODUCTION.candidates)
    resettled = replace(PRODUCTION, candidates=(replace(PRODUCTION.candidates[0], settings={"season_lenth": 1}),))

    check_models_once(replace(PRODUCTION, candidates=renamed), store=store)

    with pytest.raises(BadExperiment, match="season_lenth"):
        check_models_once(resettled, store=store)
