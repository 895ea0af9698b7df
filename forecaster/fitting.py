"""One panel in, forecasts and backtest out: what a run computes before anything is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.domain.anchoring import weights_with_anchor
from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.coherence import levels_of, reconciled, sums_apart
from forecaster.domain.coherent_quantiles import coherent_quantiles
from forecaster.domain.combination import COMBINATION
from forecaster.domain.errors import NothingToForecast
from forecaster.domain.experiment import NONE, SECTOR_POOL, Experiment
from forecaster.domain.folds import fold_numbers, last_cutoffs, rolling_cutoffs
from forecaster.domain.hierarchy import hierarchies
from forecaster.domain.in_use import weights_in_use
from forecaster.domain.intervals import scaled_errors, with_quantiles
from forecaster.domain.joint_ranks import joint_ranks
from forecaster.domain.moments import Ground
from forecaster.domain.ports import Engine, Outcome, Progress
from forecaster.domain.progress import Said
from forecaster.domain.scale_choice import on_scales_in_use
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.steps import INTERVALS, RECONCILIATION
from forecaster.domain.summary import by_level
from forecaster.domain.variant_choice import verdicts
from forecaster.domain.variants import Setting, named_by_series
from forecaster.domain.vintage import FORECASTS
from forecaster.staging import Staged, staged

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
    past: pl.DataFrame  # the backtest's forecasts, as `calibration.honest_quantiles` gives them
    apart: Mapping[str, str]  # totals whose forecasts are no sum of their parts', and why
    failed: tuple[Outcome, ...]
    cpu_seconds: Mapping[str, Mapping[str, float]]  # sector -> model -> seconds


def train(
    panel: pl.DataFrame,
    *,
    around: pl.DataFrame,
    experiment: Experiment,
    engine: Engine,
    catalogue: Catalogue,
    progress: Progress,
    lap: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Backtest and forecast every series of a panel, combine, make it add up, score and calibrate.

    Args:
        panel: PANEL columns, only series that have enough data.
        around: PANEL columns of every series, months consecutive: what drives a series need not be forecast itself.
        experiment: candidates, folds, combination, reconciliation, horizon.
        engine: fits the candidates.
        catalogue: what adds up; which series are flows, whose forecasts are never below 0.
        progress: told each sector and candidate.
        lap: told the name of each phase when it ends.

    Returns:
        Forecasts with quantiles, and the whole backtest.

    Raises:
        NothingToForecast: no series is long enough for a backtest, so that no interval can be told.
    """
    way = backtested(
        panel,
        around=around,
        experiment=experiment,
        engine=engine,
        catalogue=catalogue,
        progress=progress,
        lap=lap,
    )
    final, ground, stages, points = way.final, way.ground, way.stages, way.points
    after = way.blocks.filter(IS_OWN)
    progress(Said("calibrating intervals on the errors of the backtest", step=INTERVALS))
    errors = scaled_errors(after, scales=ground.scales)
    own = points.filter(IS_OWN).drop("model")
    quantiles = _quantiles(own, final=final, errors=errors, ground=ground, experiment=experiment)
    ahead = quantiles.join(final, on=["unique_id", "cutoff"])
    past = quantiles.join(final, on=["unique_id", "cutoff"], how="anti")
    trained = Trained(
        forecasts=_forecasts(ahead),
        weights=weights_with_anchor(
            weights_in_use(
                on_scales_in_use(stages.every, used=stages.scaled.used, candidates=experiment.candidates),
                variants=stages.variants,
                trials=stages.footed.trials,
                final=final,
                candidates=experiment.candidates,
                others=stages.rivals,
            ),
            anchor=experiment.anchor,
            shares=stages.drawn.join(final, on=["unique_id", "cutoff"]),
        ),
        blocks=way.blocks,
        scales=ground.scales,
        ranks=joint_ranks(errors, horizon=experiment.horizon),
        coverage=coverage(past, blocks=after),
        levels=by_level(way.before, after, scales=ground.scales, levels=levels_of(ground.hierarchies)),
        apart=sums_apart(ahead, ground=ground),
        variants=verdicts(stages.footed, final=final, panel=panel, scales=ground.scales),
        past=past,
        failed=named_by_series(stages.failed, variants=stages.variants),
        cpu_seconds=stages.cpu_seconds,
    )
    lap("combination")
    return trained


@dataclass(frozen=True, slots=True)
class Backtested:
    """Point forecasts of every cutoff and model, the combination made to add up, and their backtest."""

    final: pl.DataFrame  # unique_id, cutoff: the last ones
    ground: Ground
    stages: Staged
    before: pl.DataFrame  # scored blocks of the combination before it adds up
    points: pl.DataFrame  # of the series, as served
    blocks: pl.DataFrame  # scored blocks of them


def backtested(
    panel: pl.DataFrame,
    *,
    around: pl.DataFrame,
    experiment: Experiment,
    engine: Engine,
    catalogue: Catalogue,
    progress: Progress,
    lap: Callable[[str], None] = lambda _: None,
) -> Backtested:
    """All of `train` that the scores of the combination need; takes and raises the same."""
    final = last_cutoffs(panel)
    cutoffs = pl.concat([final, rolling_cutoffs(panel, folds=experiment.folds, no_trade=catalogue.no_trade)])
    ground = _ground(panel, cutoffs=cutoffs, experiment=experiment, catalogue=catalogue)
    setting = Setting(catalogue, around, cutoffs, experiment.horizon, experiment.folds.min_train)
    stages = staged(setting, ground=ground, experiment=experiment, engine=engine, progress=progress, lap=lap)
    progress(Said(f"making totals add up: {experiment.reconciliation}", step=RECONCILIATION))
    before = _backtest(stages.points.filter(IS_OWN), final=final, panel=panel)
    points = _adding_up(stages.points, before=before, ground=ground, experiment=experiment)
    blocks = _backtest(points, final=final, panel=panel)
    return Backtested(final, ground, stages, before, points, blocks)


def _ground(panel: pl.DataFrame, *, cutoffs: pl.DataFrame, experiment: Experiment, catalogue: Catalogue) -> Ground:
    """What reconciliation rests on; no hierarchy where none is wanted."""
    return Ground(
        hierarchies=hierarchies(catalogue) if experiment.reconciliation != NONE else (),
        folds=fold_numbers(cutoffs, folds=experiment.folds),
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
    pooled = errors if experiment.intervals == SECTOR_POOL else errors.with_columns(pool=pl.lit(None, pl.String()))
    ahead = with_quantiles(last, errors=pooled, scales=scales, horizon=horizon, signed=signed)
    back = honest_quantiles(past, errors=pooled, scales=scales, horizon=horizon, signed=signed)
    both = pl.concat([ahead, back])
    return coherent_quantiles(both, errors=errors, how=experiment.reconciliation, ground=ground)


def _forecasts(quantiles: pl.DataFrame) -> pl.DataFrame:
    named = quantiles.rename({"unique_id": "series_id", "ds": "period", "y_hat": "mean"})
    return named.select(FORECASTS.names()).cast(FORECASTS).sort("series_id", "period")
