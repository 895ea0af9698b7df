"""What went into each series' forecast that is served."""

import polars as pl

from forecaster.domain.combination import weights
from forecaster.domain.experiment import Candidate
from forecaster.domain.rivals import Rivals
from forecaster.domain.variants import Variants


def weights_in_use(
    points: pl.DataFrame,
    *,
    variants: Variants,
    trials: pl.DataFrame,
    final: pl.DataFrame,
    candidates: tuple[Candidate, ...],
    others: Rivals | None = None,
) -> pl.DataFrame:
    """What went into each series' forecast.

    Args:
        points: unique_id, cutoff, model among other columns: of series and variants.
        variants: as `variants.variants_of` gave them.
        trials: TRIALS columns.
        final: unique_id, cutoff: the last ones.
        candidates: as `combination.weights` takes them.
        others: what competed beside the variants, if anything.

    Returns:
        unique_id, model, weight; sorted. Where a variant is used, its candidates are named after it.
    """
    at = ["unique_id", "cutoff"]
    used = trials.filter("used").join(final, on=at).select(*at, "variant")
    of_plain = final.join(used, on="unique_id", how="anti")
    found = [weights(points.join(of_plain, on=at, how="semi"), candidates=candidates)]
    keyed = used.join(variants.keys, on=["unique_id", "variant"])
    of_variants = weights(
        points.join(keyed.select("cutoff", unique_id="key"), on=at, how="semi"), candidates=candidates
    ).rename({"unique_id": "key"})
    named = of_variants.join(keyed, on="key").with_columns(model=pl.format("{}: {}", "variant", "model"))
    found.append(named.select(found[0].columns))
    if others is not None:
        found.append(others.parts.join(used, on=[*at, "variant"], how="semi").select(found[0].columns))
    return pl.concat(found).sort("unique_id", "model")
