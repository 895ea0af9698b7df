"""What competes with the combination of a series: candidates that are given regressors, and learnt weights."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.domain.combination import COMBINATION
from forecaster.domain.experiment import BY_SECTOR, BY_SERIES, Experiment
from forecaster.domain.learnt_weights import weighted
from forecaster.domain.moments import Ground
from forecaster.domain.ports import Engine, Outcome, Progress
from forecaster.domain.progress import behind
from forecaster.domain.regressors import Regressors, regressors_of
from forecaster.domain.rivals import Rivals, joined
from forecaster.domain.steps import REGRESSORS
from forecaster.domain.variants import Setting, Variants
from forecaster.sectorwise import predict_by_sector


@dataclass(frozen=True, slots=True)
class Competing:
    """Rivals, which of them failed, and what they cost."""

    rivals: Rivals
    failed: tuple[Outcome, ...]
    cpu_seconds: Mapping[str, Mapping[str, float]]  # sector -> candidate -> seconds


def compete(
    points: pl.DataFrame,
    *,
    variants: Variants,
    setting: Setting,
    ground: Ground,
    experiment: Experiment,
    engine: Engine,
    progress: Progress,
) -> Competing:
    """Every rival of the combination that an experiment declares beside the variants.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of candidates and combination: series, variants, drivers.
        variants: as `variants.variants_of` gave them; a candidate with regressors is tried once for each.
        setting: as `variants.variants_of` took it.
        ground: panel, scales, and which series may be below 0.
        experiment: says whether weights are learnt, and which candidates take regressors.
        engine: fits these.
        progress: told how many fits there are.
    """
    how = experiment.combination
    learnt = []
    if how in (BY_SERIES, BY_SECTOR):
        candidates = experiment.candidates
        learnt = [weighted(points, candidates=candidates, panel=ground.panel, scales=ground.scales, how=how)]
    if not any(candidate.regressors for candidate in experiment.candidates):
        return Competing(joined(*learnt), (), {})
    plain = points.filter(pl.col("model") == COMBINATION)
    given = regressors_of(ground.panel, forecasts=plain, variants=variants, setting=setting)
    found = _fitted(given, variants=variants, experiment=experiment, engine=engine, progress=progress)
    return Competing(joined(*learnt, found.rivals), found.failed, found.cpu_seconds)


def _fitted(
    given: Regressors, *, variants: Variants, experiment: Experiment, engine: Engine, progress: Progress
) -> Competing:
    candidates = [candidate for candidate in experiment.candidates if candidate.regressors]
    names = {key: (series_id, variant) for key, series_id, variant in variants.keys.iter_rows()}
    failed = [
        Outcome(names[key][0], f"{candidate.name} with {names[key][1]}", cutoff, reason)
        for key, cutoff, reason in given.missing
        for candidate in candidates
    ]
    if given.cutoffs.is_empty():
        return Competing(joined(), tuple(failed), {})
    found, seconds = predict_by_sector(
        given.rows,
        cutoffs=given.cutoffs,
        candidates=candidates,
        horizon=experiment.horizon,
        engine=engine,
        progress=behind(progress, "with regressors: "),
        step=REGRESSORS,
        regressors=given.columns,
    )
    for one in found.failed:
        series_id, variant = names[one.unique_id]
        failed.append(Outcome(series_id, f"{one.model} with {variant}", one.cutoff, one.reason))
    return Competing(_rivals(found.points, variants=variants), tuple(failed), seconds)


def _rivals(points: pl.DataFrame, *, variants: Variants) -> Rivals:
    """Forecasts under keys as forecasts of series; each rival is named after its candidate and what it was given."""
    named = points.rename({"unique_id": "key"}).join(variants.keys, on="key")
    own = named.with_columns(variant=pl.format("{} with {}", "model", "variant"))
    parts = own.select("unique_id", "variant", "cutoff", model="variant", weight=pl.lit(1.0)).unique()
    return joined(Rivals(own, parts))
