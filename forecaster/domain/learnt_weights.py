"""Candidates weighted by how they erred: a rival of the combination, used only where its backtest gains."""

from collections.abc import Iterator, Sequence

import polars as pl

from forecaster.domain.experiment import BY_SECTOR, Candidate
from forecaster.domain.panel import SECTOR
from forecaster.domain.rivals import PARTS, Rivals
from forecaster.domain.scores import scored_blocks

PRIOR = 72
"""Figures that equal weights count for: weights of so many known figures lie half-way to what these say."""

FLOOR = 1e-9
"""Of the mean squared error of all candidates: what a candidate that made none is taken to have made."""


def weighted(
    points: pl.DataFrame, *, candidates: Sequence[Candidate], panel: pl.DataFrame, scales: pl.DataFrame, how: str
) -> Rivals:
    """The candidates' forecasts of each series and cutoff, weighted by errors that were known then.

    Weights are the inverse mean squared scaled errors of a series, or of all series of its sector, drawn towards
    equality by PRIOR figures. Only figures that all of the series' candidates at the cutoff forecast are compared.

    Args:
        points: unique_id, cutoff, ds, step, model, y_hat of the candidates.
        candidates: which of them are combined.
        panel: PANEL columns; other keys in `points` than its series are left out.
        scales: as `scores.error_scales` gives them.
        how: BY_SERIES or BY_SECTOR.

    Returns:
        The rivals, called `how`; none at a cutoff by which no figure was known.

    Source: Bates & Granger (1969), "The combination of forecasts", without correlations; shrinkage to equal weights as
        in Diebold & Pauly (1990), "The use of prior information in forecast combination".
    """
    names = [candidate.name for candidate in candidates if candidate.combined]
    ours = pl.col("model").is_in(names) & pl.col("unique_id").is_in(panel["unique_id"].unique().implode())
    held = points.filter(ours)
    blocks = scored_blocks(held, panel=panel).join(scales, on=["unique_id", "cutoff"])
    errors = blocks.with_columns(error=((pl.col("y") - pl.col("y_hat")) / pl.col("scale")).pow(2))
    wide = errors.pivot("model", index=["unique_id", "cutoff", "block_start", "block_end"], values="error")
    pool = SECTOR if how == BY_SECTOR else pl.col("unique_id")
    parts = pl.concat([PARTS.to_frame(), *_weights(held, errors=wide, pool=pool, how=how)])
    both = held.join(parts, on=["unique_id", "cutoff", "model"])
    found = both.group_by("unique_id", "variant", "cutoff", "ds", "step").agg(
        (pl.col("y_hat") * pl.col("weight")).sum()
    )
    return Rivals(found.sort("unique_id", "cutoff", "ds"), parts.sort("unique_id", "cutoff", "model"))


def _weights(points: pl.DataFrame, *, errors: pl.DataFrame, pool: pl.Expr, how: str) -> Iterator[pl.DataFrame]:
    """PARTS of each pool, cutoff and set of candidates that some series have there."""
    there = points.group_by("unique_id", "cutoff").agg(names=pl.col("model").unique().sort())
    pooled = errors.group_by(pool.alias("pool"), maintain_order=True)
    known = {key: rows for (key,), rows in pooled}
    wanted = there.group_by(pool.alias("pool"), "cutoff", "names", maintain_order=True).agg("unique_id")
    for key, cutoff, names, series in wanted.iter_rows():
        if key not in known or not set(names) <= set(errors.columns):
            continue
        rows = known[key].filter(pl.col("block_end") <= cutoff).select(names).drop_nulls()
        if rows.is_empty():
            continue
        weights = shrunk_weights(rows.mean().row(0), figures=rows.height)
        part = pl.DataFrame({"model": names, "weight": weights}).join(pl.DataFrame({"unique_id": series}), how="cross")
        yield part.with_columns(variant=pl.lit(how), cutoff=pl.lit(cutoff)).select(PARTS.names()).cast(PARTS)


def shrunk_weights(errors: Sequence[float], *, figures: int) -> list[float]:
    """Weights by mean squared errors.

    Args:
        errors: of each candidate, at least 0.
        figures: how many errors each is the mean of.

    Returns:
        A weight a candidate, above 0; they sum to 1.
    """
    count, least = len(errors), FLOOR * sum(errors) / len(errors)
    if least == 0:
        return [1 / count] * count
    inverse = [1 / max(error, least) for error in errors]
    total = sum(inverse)
    return [(figures * one / total + PRIOR / count) / (figures + PRIOR) for one in inverse]
