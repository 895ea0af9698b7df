"""One panel in, forecasts and backtest out: what a run computes before anything is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.coherence import levels_of, reconciled, sums_apart
from forecaster.domain.coherent_quantiles import coherent_quantiles
from forecaster.domain.combination import COMBINATION, floored
from forecaster.domain.errors import NothingToForecast
from forecaster.domain.experiment import NONE, Experiment
from forecaster.domain.folds import fold_numbers, last_cutoffs, rolling_cutoffs
from forecaster.domain.growth import Held, held
from forecaster.domain.hierarchy import hierarchies
from forecaster.domain.intervals import scaled_errors, with_quantiles
from forecaster.domain.joint_ranks import joint_ranks
from forecaster.domain.moments import Ground
from forecaster.domain.panel import SECTOR
from forecaster.domain.ports import Engine, Outcome, Predictions, Progress
from forecaster.domain.scale_choice import combined_by_scale, on_scales_in_use
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.summary import by_level
from forecaster.domain.variant_choice import on_best_footing, verdicts, weights_in_use
from forecaster.domain.variants import Setting, Variants, named_by_series, variants_of
from forecaster.domain.vintage import FORECASTS

IS_OWN = pl.col("model") == COMBINATION


@dataclass(frozen=True, slots=True)
class Trained:
    """Everything computed, nothing kept yet."""

    forecasts: pl.DataFrame  # FORECASTS columns, sorted
    weights: pl.DataFrame  # unique_id, model, weight
    blocks: pl.DataFrame  # the backtest, as `scores.scored_blocks` gives it
    scales: pl.DataFrame  # unique_id, cutoff, scale
    ranks: pl.DataFrame  # of joint paths, as `joint_ranks` gives them
    coverage: pl.DataFrame  # as `calibration.coverage` gives it
    levels: pl.DataFrame  # as `summary.by_level` gives it
    variants: pl.DataFrame  # as `variant_choice.verdicts` gives them
    apart: Mapping[str, str]  # totals whose forecasts are no sum of their parts', and why
    failed: tuple[Outcome, ...]
    cpu_seconds: dict[str, dict[str, float]]  # sector -> model -> seconds


def train(
    panel: pl.DataFrame,
    *,
    around: pl.DataFrame,
    experiment: Experiment,
    engine: Engine,
    catalogue: Catalogue,
    progress: Progress,
) -> Trained:
    """Backtest and forecast every series of a panel, combine, make it add up, score and calibrate.

    Args:
        panel: PANEL columns, only series that have enough data.
        around: PANEL columns of every series, months consecutive: what drives a series need not be forecast itself.
        experiment: candidates, folds, combination, reconciliation, horizon.
        engine: fits the candidates.
        catalogue: what adds up; which series are flows, whose forecasts are never below 0.
        progress: told each sector and candidate.

    Returns:
        Forecasts with quantiles, and the whole backtest.

    Raises:
        NothingToForecast: no series is long enough for a backtest, so that no interval can be told.
    """
    final = last_cutoffs(panel)
    cutoffs = pl.concat([final, rolling_cutoffs(panel, folds=experiment.folds, no_trade=catalogue.no_trade)])
    setting = Setting(catalogue, around, cutoffs, experiment.horizon, experiment.folds.min_train)
    variants = variants_of(panel, setting=setting)
    predictions, seconds = _predict(
        panel, variants=variants, cutoffs=cutoffs, experiment=experiment, engine=engine, progress=progress
    )
    progress("combining, reconciling, scoring, calibrating")
    ground = _ground(panel, cutoffs=cutoffs, experiment=experiment, catalogue=catalogue)
    own = floored(predictions.points, where=pl.col("unique_id").is_in(list(catalogue.flows)))
    scaled = combined_by_scale(own, experiment=experiment, panel=panel, scales=ground.scales)
    every = pl.concat([own, scaled.points])
    progress(f"models: {scaled.told(final)}")
    footed = on_best_footing(every, variants=variants, panel=panel, scales=ground.scales, signed=ground.signed)
    bounded = _bounded(footed.points, panel=panel)
    points = bounded.points
    before = _backtest(points.filter(IS_OWN), final=final, panel=panel)
    points = _adding_up(points, before=before, ground=ground, experiment=experiment)
    blocks = _backtest(points, final=final, panel=panel)
    after = blocks.filter(IS_OWN)
    errors = scaled_errors(after, scales=ground.scales)
    served = points.filter(IS_OWN).drop("model")
    quantiles = _quantiles(served, final=final, errors=errors, ground=ground, experiment=experiment)
    ahead = quantiles.join(final, on=["unique_id", "cutoff"])
    return Trained(
        forecasts=_forecasts(ahead),
        weights=weights_in_use(
            on_scales_in_use(own, used=scaled.used, candidates=experiment.candidates),
            variants=variants,
            trials=footed.trials,
            final=final,
            candidates=experiment.candidates,
        ),
        blocks=blocks,
        scales=ground.scales,
        ranks=joint_ranks(errors, horizon=experiment.horizon),
        coverage=coverage(quantiles.join(final, on=["unique_id", "cutoff"], how="anti"), blocks=after),
        levels=by_level(before, after, scales=ground.scales, levels=levels_of(ground.hierarchies)),
        apart=sums_apart(ahead, ground=ground),
        variants=verdicts(footed, final=final, panel=panel, scales=ground.scales),
        failed=tuple(sorted((*named_by_series(predictions.failed, variants=variants), *bounded.told))),
        cpu_seconds=seconds,
    )


def _ground(panel: pl.DataFrame, *, cutoffs: pl.DataFrame, experiment: Experiment, catalogue: Catalogue) -> Ground:
    """What reconciliation rests on; no hierarchy where none is wanted."""
    return Ground(
        hierarchies=hierarchies(catalogue) if experiment.reconciliation != NONE else (),
        folds=fold_numbers(cutoffs, step=experiment.folds.step),
        panel=panel,
        scales=error_scales(panel, cutoffs=cutoffs),
        signed=frozenset(catalogue.series.keys() - catalogue.flows),
    )


def _backtest(points: pl.DataFrame, *, final: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    return scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=panel)


def _adding_up(points: pl.DataFrame, *, before: pl.DataFrame, ground: Ground, experiment: Experiment) -> pl.DataFrame:
    """The points with a combination that adds up; candidates stay as they are."""
    errors = scaled_errors(before, scales=ground.scales)
    if errors.is_empty():
        needed = experiment.folds.min_train + experiment.folds.step
        reason = f"No error of a backtest is known: {needed} months in a row are needed."
        raise NothingToForecast(reasons=dict.fromkeys(ground.panel["unique_id"].unique().sort(), reason))
    own = reconciled(points.filter(IS_OWN), errors=errors, how=experiment.reconciliation, ground=ground)
    return pl.concat([points.filter(~IS_OWN), own])


def _quantiles(
    points: pl.DataFrame, *, final: pl.DataFrame, errors: pl.DataFrame, ground: Ground, experiment: Experiment
) -> pl.DataFrame:
    """Quantiles of every fold, each from the errors known then."""
    last, past = (points.join(final, on=["unique_id", "cutoff"], how=side) for side in ("semi", "anti"))
    scales, horizon, signed = ground.scales, experiment.horizon, ground.signed
    ahead = with_quantiles(last, errors=errors, scales=scales, horizon=horizon, signed=signed)
    back = honest_quantiles(past, errors=errors, scales=scales, horizon=horizon, signed=signed)
    both = pl.concat([ahead, back])
    return coherent_quantiles(both, errors=errors, how=experiment.reconciliation, ground=ground)


def _bounded(points: pl.DataFrame, *, panel: pl.DataFrame) -> Held:
    """All points, the combined ones within what their series' past growth allows; before they are made to add up."""
    found = held(points.filter(IS_OWN), panel=panel)
    return Held(pl.concat([points.filter(~IS_OWN), found.points]), found.told)


def _forecasts(quantiles: pl.DataFrame) -> pl.DataFrame:
    named = quantiles.rename({"unique_id": "series_id", "ds": "period", "y_hat": "mean"})
    return named.select(FORECASTS.names()).cast(FORECASTS).sort("series_id", "period")


def _predict(
    panel: pl.DataFrame,
    *,
    variants: Variants,
    cutoffs: pl.DataFrame,
    experiment: Experiment,
    engine: Engine,
    progress: Progress,
) -> tuple[Predictions, dict[str, dict[str, float]]]:
    """Predictions sector by sector, so that progress and CPU time can be told by sector."""
    rows = pl.concat([panel.select(variants.rows.columns), variants.rows])
    points: list[pl.DataFrame] = []
    failed: list[Outcome] = []
    seconds: dict[str, dict[str, float]] = {}
    for name in panel.select(SECTOR.unique().sort()).to_series():
        own, besides = cutoffs.filter(name == SECTOR), variants.cutoffs.filter(name == SECTOR)
        progress(f"{name}: {own['unique_id'].n_unique()} series, {own.height} cutoffs, {besides.height} of variants")
        found = engine.predict(
            rows.filter(name == SECTOR),
            cutoffs=pl.concat([own, besides]),
            candidates=experiment.candidates,
            horizon=experiment.horizon,
            progress=_prefixed(progress, name),
        )
        points.append(found.points)
        failed += found.failed
        seconds[name] = dict(found.cpu_seconds)
    return Predictions(pl.concat(points), tuple(failed), {}), seconds


def _prefixed(progress: Progress, sector: str) -> Progress:
    return lambda line: progress(f"{sector}: {line}")
