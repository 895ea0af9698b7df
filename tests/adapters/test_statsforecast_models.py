from dataclasses import replace

import pytest

from forecaster.adapters.experiment_files import known_experiments, load_experiment
from forecaster.adapters.statsforecast_models import check_models
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
