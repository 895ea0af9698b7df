"""Whether the vendor has the models and settings that an experiment declares, told before anything is fitted."""

from difflib import get_close_matches

from forecaster.domain.errors import BadExperiment
from forecaster.domain.experiment import Experiment


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
