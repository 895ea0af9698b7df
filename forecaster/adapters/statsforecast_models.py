"""Whether the vendor has the models and settings that an experiment declares, told before anything is fitted."""

from dataclasses import replace
from difflib import get_close_matches

from forecaster.adapters.fit_keys import terms_of
from forecaster.adapters.fit_store import FitStore
from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Experiment

SOUND = b"checked"
"""What is kept of a candidate that the vendor takes."""


def check_models_once(experiment: Experiment, *, store: FitStore) -> None:
    """As `check_models`, but of candidates that no run has checked before; what is sound is kept.

    Raises:
        BadExperiment: the same.
    """
    keys = {one.name: SOUND + terms_of(one, horizon=0) for one in experiment.candidates}
    known = store.find(keys.values())
    fresh = [one for one in experiment.candidates if keys[one.name] not in known]
    if fresh:
        check_models(replace(experiment, candidates=tuple(fresh)))
        store.keep({keys[one.name]: SOUND for one in fresh})


def check_models(experiment: Experiment) -> None:
    """Make each candidate's model once.

    Raises:
        BadExperiment: the vendor has no such model (with the nearest), or does not take its settings.
    """
    from statsforecast import models  # noqa: PLC0415  # 2 s, which only those who train need

    for candidate in experiment.candidates:
        where = f"{experiment.name}, candidate {candidate.name}"
        made = getattr(models, candidate.model, None)
        if not isinstance(made, type):
            near = get_close_matches(candidate.model, dir(models), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadExperiment(where=where, what=f"no model is called {candidate.model!r}.{hint}")
        try:
            made(**candidate.settings)
        except Exception as error:  # the vendor raises anything about its settings
            raise BadExperiment(where=where, what=f"{candidate.model} does not take its settings: {error}.") from error
