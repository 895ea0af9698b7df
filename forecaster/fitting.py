"""One panel in, forecasts and backtest out: what a run computes before anything is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.competing import compete
from forecaster.domain.anchoring import anchored, shares, weights_with_anchor
from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.coherence import levels_of, reconciled, sums_apart
from forecaster.domain.coherent_quantiles import coherent_quantiles
from forecaster.domain.combination import COMBINATION, floored
from forecaster.domain.errors import NothingToForecast
from forecaster.domain.experiment import NONE, PUBLISHED, SECTOR_POOL, Experiment
from forecaster.domain.folds import fold_numbers, last_cutoffs, rolling_cutoffs
from forecaster.domain.growth import Held, held
from forecaster.domain.hierarchy import hierarchies
from forecaster.domain.in_use import weights_in_use
from forecaster.domain.intervals import scaled_errors, with_quantiles
from forecaster.domain.joint_ranks import joint_ranks
from forecaster.domain.moments import Ground
from forecaster.domain.ports import Engine, Outcome, Progress
from forecaster.domain.published_year import PublishedYear
from forecaster.domain.rivals import Rivals
from forecaster.domain.scale_choice import Scaled, combined_by_scale, on_scales_in_use
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.summary import by_level
from forecaster.domain.variant_choice import Footed, on_best_footing, verdicts
from forecaster.domain.variants import Setting, Variants, named_by_series, variants_of
from forecaster.domain.vintage import FORECASTS
from forecaster.sectorwise import predict_by_sector

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
    cpu_seconds: dict[str, dict[str, float]]  # sector -> model -> seconds


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
    final, ground, footed, points = way.final, way.ground, way.footed, way.points
    after = way.blocks.filter(IS_OWN)
    errors = scaled_errors(after, scales=ground.scales)
    own = points.filter(IS_OWN).drop("model")
    quantiles = _quantiles(own, final=final, errors=errors, ground=ground, experiment=experiment)
    ahead = quantiles.join(final, on=["unique_id", "cutoff"])
    past = quantiles.join(final, on=["unique_id", "cutoff"], how="anti")
    trained = Trained(
        forecasts=_forecasts(ahead),
        weights=weights_with_anchor(
            weights_in_use(
                on_scales_in_use(way.every, used=way.scaled.used, candidates=experiment.candidates),
                variants=way.variants,
                trials=footed.trials,
                final=final,
                candidates=experiment.candidates,
                others=way.rivals,
            ),
            anchor=experiment.anchor,
            shares=way.drawn.join(final, on=["unique_id", "cutoff"]),
        ),
        blocks=way.blocks,
        scales=ground.scales,
        ranks=joint_ranks(errors, horizon=experiment.horizon),
        coverage=coverage(past, blocks=after),
        levels=by_level(way.before, after, scales=ground.scales, levels=levels_of(ground.hierarchies)),
        apart=sums_apart(ahead, ground=ground),
        variants=verdicts(footed, final=final, panel=panel, scales=ground.scales),
        past=past,
        failed=named_by_series(way.failed, variants=way.variants),
        cpu_seconds=way.cpu_seconds,
    )
    lap("combination")
    return trained


@dataclass(frozen=True, slots=True)
class Backtested:
    """Point forecasts of every cutoff and model, the combination made to add up, and their backtest."""

    final: pl.DataFrame  # unique_id, cutoff: the last ones
    variants: Variants
    rivals: Rivals
    ground: Ground
    every: pl.DataFrame  # points of series, variants and drivers
    scaled: Scaled
    footed: Footed
    drawn: pl.DataFrame  # unique_id, cutoff, share of the anchor
    before: pl.DataFrame  # scored blocks of the combination before it adds up
    points: pl.DataFrame  # of the series, as served
    blocks: pl.DataFrame  # scored blocks of them
    failed: tuple[Outcome, ...]
    cpu_seconds: dict[str, dict[str, float]]


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
    setting = Setting(catalogue, around, cutoffs, experiment.horizon, experiment.folds.min_train)
    variants = variants_of(panel, setting=setting)
    if experiment.year == PUBLISHED:
        engine = PublishedYear(engine, panel=panel, catalogue=catalogue)
    predictions, seconds = predict_by_sector(
        pl.concat([panel.select(variants.rows.columns), variants.rows]),
        cutoffs=pl.concat([cutoffs, variants.cutoffs]),
        candidates=[candidate for candidate in experiment.candidates if not candidate.regressors],
        horizon=experiment.horizon,
        engine=engine,
        progress=progress,
    )
    lap("models")
    progress("combining, reconciling, scoring, calibrating")
    ground = _ground(panel, cutoffs=cutoffs, experiment=experiment, catalogue=catalogue)
    own = floored(predictions.points, where=pl.col("unique_id").is_in(list(catalogue.flows)))
    scaled = combined_by_scale(own, experiment=experiment, panel=panel, scales=ground.scales)
    every = pl.concat([own, scaled.points])
    progress(f"models: {scaled.told(final)}")
    competing = compete(
        every,
        variants=variants,
        setting=setting,
        ground=ground,
        experiment=experiment,
        engine=engine,
        progress=progress,
    )
    rivals = competing.rivals
    footed = on_best_footing(
        every, variants=variants, panel=panel, scales=ground.scales, signed=ground.signed, others=rivals
    )
    drawn = shares(footed.points, anchor=experiment.anchor, panel=panel, scales=ground.scales)
    bounded = _bounded(anchored(footed.points, anchor=experiment.anchor, shares=drawn), panel=panel)
    points = bounded.points
    before = _backtest(points.filter(IS_OWN), final=final, panel=panel)
    points = _adding_up(points, before=before, ground=ground, experiment=experiment)
    blocks = _backtest(points, final=final, panel=panel)
    failed = (*predictions.failed, *competing.failed, *bounded.told)
    spent = {sector: {**part, **competing.cpu_seconds.get(sector, {})} for sector, part in seconds.items()}
    return Backtested(
        final, variants, rivals, ground, every, scaled, footed, drawn, before, points, blocks, failed, spent
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
    pooled = errors if experiment.intervals == SECTOR_POOL else errors.with_columns(pool=pl.lit(None, pl.String()))
    ahead = with_quantiles(last, errors=pooled, scales=scales, horizon=horizon, signed=signed)
    back = honest_quantiles(past, errors=pooled, scales=scales, horizon=horizon, signed=signed)
    both = pl.concat([ahead, back])
    return coherent_quantiles(both, errors=errors, how=experiment.reconciliation, ground=ground)


def _bounded(points: pl.DataFrame, *, panel: pl.DataFrame) -> Held:
    """All points, the combined ones within what their series' past growth allows; before they are made to add up."""
    found = held(points.filter(IS_OWN), panel=panel)
    return Held(pl.concat([points.filter(~IS_OWN), found.points]), found.told)


def _forecasts(quantiles: pl.DataFrame) -> pl.DataFrame:
    named = quantiles.rename({"unique_id": "series_id", "ds": "period", "y_hat": "mean"})
    return named.select(FORECASTS.names()).cast(FORECASTS).sort("series_id", "period")
