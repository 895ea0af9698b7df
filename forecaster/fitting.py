"""One panel in, forecasts and backtest out: what a run computes before anything is kept."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.catalogue import FLOW, Catalogue
from forecaster.domain.combination import COMBINATION, combine, weights
from forecaster.domain.errors import NothingToForecast
from forecaster.domain.experiment import Experiment
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.intervals import honest_coverage, scaled_errors, with_quantiles
from forecaster.domain.joint_ranks import joint_ranks
from forecaster.domain.ports import Engine, Outcome, Predictions, Progress
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.vintage import FORECASTS


@dataclass(frozen=True, slots=True)
class Trained:
    """Everything computed, nothing kept yet."""

    forecasts: pl.DataFrame  # FORECASTS columns, sorted
    weights: pl.DataFrame  # unique_id, model, weight
    blocks: pl.DataFrame  # the backtest, as `scores.scored_blocks` gives it
    scales: pl.DataFrame  # unique_id, cutoff, scale
    ranks: pl.DataFrame  # of joint paths, as `joint_ranks` gives them
    coverage: pl.DataFrame  # as `intervals.honest_coverage` gives it
    failed: tuple[Outcome, ...]
    cpu_seconds: dict[str, dict[str, float]]  # sector -> model -> seconds


def train(
    panel: pl.DataFrame, *, experiment: Experiment, engine: Engine, catalogue: Catalogue, progress: Progress
) -> Trained:
    """Backtest and forecast every series of a panel, combine, score and calibrate.

    Args:
        panel: PANEL columns, only series that have enough data.
        experiment: candidates, folds, combination, horizon.
        engine: fits the candidates.
        catalogue: which series are flows, whose forecasts are never below 0.
        progress: told each sector and candidate.

    Returns:
        Forecasts with quantiles, and the whole backtest.

    Raises:
        NothingToForecast: no series is long enough for a backtest, so that no interval can be told.
    """
    final = last_cutoffs(panel)
    cutoffs = pl.concat([final, rolling_cutoffs(panel, folds=experiment.folds)])
    predictions, seconds = _predict(panel, cutoffs=cutoffs, experiment=experiment, engine=engine, progress=progress)
    progress("combining, scoring, calibrating")
    points = _combined(predictions.points, experiment=experiment, catalogue=catalogue)
    scales = error_scales(panel, cutoffs=cutoffs)
    blocks = scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=panel)
    last = points.join(final, on=["unique_id", "cutoff"])
    own = blocks.filter(pl.col("model") == COMBINATION)
    errors = scaled_errors(own, scales=scales)
    if errors.is_empty():
        needed = experiment.folds.min_train + experiment.folds.step
        reason = f"No error of a backtest is known: {needed} months in a row are needed."
        raise NothingToForecast(reasons=dict.fromkeys(panel["unique_id"].unique().sort(), reason))
    ahead = last.filter(pl.col("model") == COMBINATION).drop("model")
    signed = [key for key, series in catalogue.series.items() if series.kind != FLOW]
    quantiles = with_quantiles(ahead, errors=errors, scales=scales, horizon=experiment.horizon, signed=signed)
    return Trained(
        forecasts=_forecasts(quantiles),
        weights=weights(last, candidates=experiment.candidates),
        blocks=blocks,
        scales=scales,
        ranks=joint_ranks(errors, horizon=experiment.horizon),
        coverage=honest_coverage(own, scales=scales, horizon=experiment.horizon, signed=signed),
        failed=predictions.failed,
        cpu_seconds=seconds,
    )


def _combined(points: pl.DataFrame, *, experiment: Experiment, catalogue: Catalogue) -> pl.DataFrame:
    """Every candidate's points, flows never below 0, and their combination."""
    flows = [key for key, series in catalogue.series.items() if series.kind == FLOW]
    floored = pl.when(pl.col("unique_id").is_in(flows)).then(pl.col("y_hat").clip(lower_bound=0.0)).otherwise("y_hat")
    held = points.with_columns(y_hat=floored)
    return pl.concat([held, combine(held, candidates=experiment.candidates, how=experiment.combination)])


def _forecasts(quantiles: pl.DataFrame) -> pl.DataFrame:
    named = quantiles.rename({"unique_id": "series_id", "ds": "period", "y_hat": "mean"})
    return named.select(FORECASTS.names()).cast(FORECASTS).sort("series_id", "period")


def _predict(
    panel: pl.DataFrame, *, cutoffs: pl.DataFrame, experiment: Experiment, engine: Engine, progress: Progress
) -> tuple[Predictions, dict[str, dict[str, float]]]:
    """Predictions sector by sector, so that progress and CPU time can be told by sector."""
    points: list[pl.DataFrame] = []
    failed: list[Outcome] = []
    seconds: dict[str, dict[str, float]] = {}
    sector = pl.col("unique_id").str.split(".").list.first()
    for name in panel.select(sector.unique().sort()).to_series():
        part = cutoffs.filter(sector == name)
        progress(f"{name}: {part['unique_id'].n_unique()} series, {part.height} cutoffs")
        found = engine.predict(
            panel.filter(sector == name),
            cutoffs=part,
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
