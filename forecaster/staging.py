"""From candidates to the combination before it adds up, stage by stage, at any cutoffs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from forecaster.competing import compete
from forecaster.domain.anchoring import anchored, shares
from forecaster.domain.combination import COMBINATION, floored
from forecaster.domain.experiment import PUBLISHED, Experiment
from forecaster.domain.folds import last_cutoffs
from forecaster.domain.growth import held
from forecaster.domain.moments import Ground
from forecaster.domain.ports import Engine, Outcome, Progress
from forecaster.domain.progress import Said
from forecaster.domain.published_year import PublishedYear
from forecaster.domain.rivals import Rivals
from forecaster.domain.scale_choice import Scaled, combined_by_scale
from forecaster.domain.steps import COMBINING
from forecaster.domain.variant_choice import Footed, on_best_footing
from forecaster.domain.variants import Setting, Variants, variants_of
from forecaster.sectorwise import predict_by_sector


@dataclass(frozen=True, slots=True)
class Staged:
    """Point forecasts of every cutoff and model, and what each stage made of them."""

    variants: Variants
    every: pl.DataFrame  # points of series, variants and drivers, and their combination
    scaled: Scaled
    rivals: Rivals
    footed: Footed  # on the footing, or by the rival, that gains
    drawn: pl.DataFrame  # unique_id, cutoff, share of the anchor
    points: pl.DataFrame  # of the series, the combination drawn to the anchor and held; not made to add up yet
    failed: tuple[Outcome, ...]
    cpu_seconds: Mapping[str, Mapping[str, float]]  # sector -> model -> seconds


def staged(
    setting: Setting,
    *,
    ground: Ground,
    experiment: Experiment,
    engine: Engine,
    progress: Progress,
    lap: Callable[[str], None] = lambda _: None,
) -> Staged:
    """Forecast every cutoff by every candidate, and combine.

    Args:
        setting: the cutoffs, and what surrounds the series.
        ground: the panel, its scales, and which series may be below 0.
        experiment: candidates and combination.
        engine: fits the candidates.
        progress: told each sector and candidate.
        lap: told when the variants are there, and when the models are fitted.
    """
    panel, scales, signed = ground.panel, ground.scales, ground.signed
    variants = variants_of(panel, setting=setting)
    if experiment.year == PUBLISHED:
        engine = PublishedYear(engine, panel=panel, catalogue=setting.catalogue)
    lap("variants")
    predictions, seconds = predict_by_sector(
        pl.concat([panel.select(variants.rows.columns), variants.rows]),
        cutoffs=pl.concat([setting.cutoffs, variants.cutoffs]),
        candidates=[candidate for candidate in experiment.candidates if not candidate.regressors],
        horizon=setting.horizon,
        engine=engine,
        progress=progress,
    )
    lap("models")
    progress(Said("combining the models", step=COMBINING))
    own = floored(predictions.points, where=pl.col("unique_id").is_in(list(setting.catalogue.flows)))
    scaled = combined_by_scale(own, experiment=experiment, panel=panel, scales=scales)
    every = pl.concat([own, scaled.points])
    progress(f"models: {scaled.told(last_cutoffs(panel))}")
    competing = compete(
        every,
        variants=variants,
        setting=setting,
        ground=ground,
        experiment=experiment,
        engine=engine,
        progress=progress,
    )
    footed = on_best_footing(
        every, variants=variants, panel=panel, scales=scales, signed=signed, others=competing.rivals
    )
    drawn = shares(footed.points, anchor=experiment.anchor, panel=panel, scales=scales)
    bounded, told = _bounded(anchored(footed.points, anchor=experiment.anchor, shares=drawn), panel=panel)
    failed = (*predictions.failed, *competing.failed, *told)
    spent = {sector: {**part, **competing.cpu_seconds.get(sector, {})} for sector, part in seconds.items()}
    return Staged(variants, every, scaled, competing.rivals, footed, drawn, bounded, failed, spent)


def _bounded(points: pl.DataFrame, *, panel: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Outcome, ...]]:
    """All points, the combined ones within what past growth allows, and those held; before they are made to add up."""
    own = pl.col("model") == COMBINATION
    found = held(points.filter(own), panel=panel)
    return pl.concat([points.filter(~own), found.points]), found.told
