"""Use case: forecasts for anybody's panel, without store, run or vintage."""

from collections.abc import Iterable, Sequence

import polars as pl

from forecaster.correcting import Correcting
from forecaster.domain.anypanel import Taken, with_own_dates
from forecaster.domain.combination import COMBINATION, floored
from forecaster.domain.experiment import Candidate
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.intervals import keys_of, scaled_errors, with_widths
from forecaster.domain.ports import Engine, Progress
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.shelf import HeldShelf, Shelf, Shelves
from forecaster.domain.shelved_panel import MOST, ShelvedPanel, check_moving, left_out, no_interval, shelved
from forecaster.domain.spilled_errors import kept, own_errors, placed, quantiles_of, usual_error
from forecaster.panel_points import Asked, Work, combined, learnt_of


def predict(
    frame: pl.DataFrame,
    *,
    file: str,
    candidates: Sequence[Candidate],
    how: str,
    horizon: int,
    season: int,
    engine: Engine,
    progress: Progress,
    correcting: Correcting | None = None,
) -> pl.DataFrame:
    """Forecast every series of a panel that is held in memory; see `predict_in_parts`.

    Args:
        frame: unique_id, ds, y.
        file: named in errors.
        candidates: as `Asked` has them, like the next three and the last.
        how: mean or median of them.
        horizon: periods ahead.
        season: periods a year.
        engine: fits the candidates.
        progress: told each candidate, and where the correction is not used.
        correcting: a model whose corrected forecast makes half of the result.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or a series of it can't be forecast; says which and why.
    """
    asked = Asked(tuple(candidates), how, horizon, season, correcting)
    found = predict_in_parts(
        [frame], file=file, asked=asked, engine=engine, progress=progress, shelves=lambda _: HeldShelf()
    )
    return found.collect()


def predict_in_parts(
    parts: Iterable[pl.DataFrame],
    *,
    file: str,
    asked: Asked,
    engine: Engine,
    progress: Progress,
    shelves: Shelves,
    most: int = MOST,
) -> pl.LazyFrame:
    """Forecast every series of a panel, some at a time, so that memory need not hold them all.

    Args:
        parts: unique_id, ds, y; rows in any order.
        file: named in errors.
        asked: what is asked for.
        engine: fits the candidates.
        progress: told each candidate, and where the correction is not used.
        shelves: where figures, errors and forecasts are kept meanwhile.
        most: rows of figures and of forecasts that are worked on at a time; no number depends on it.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or a series of it can't be forecast; says which and why.
    """
    panel = shelved(parts, shelf=shelves("rows"), file=file, season=asked.season, weight=asked.weight, most=most)
    needed = asked.folds.min_train + asked.folds.step
    check_moving(panel, needed=needed, season=asked.season, file=file)
    work = Work(asked, engine, progress, learnt_of(asked, panel=panel, engine=engine, progress=progress))
    errors, ahead = shelves("errors"), shelves("ahead")
    if not _fitted(work, panel=panel, most=most, file=file, errors=errors, ahead=ahead):
        raise no_interval(needed=needed, season=asked.season, file=file)
    progress("quantiles")
    usual = usual_error(errors)
    quantiles = quantiles_of(errors, usual=usual, horizon=asked.horizon)
    answer = shelves("answer")
    for part in ahead.parts():
        answer.put(with_own_dates(placed(part, quantiles=quantiles, usual=usual), form=panel.form))
    return answer.all()


def _fitted(work: Work, *, panel: ShelvedPanel, most: int, file: str, errors: Shelf, ahead: Shelf) -> int:
    """Put the errors and forecasts of all series on their shelves; how many errors there are.

    Raises:
        BadPanel: a series of which every model failed.
    """
    done, known, gone = 0, 0, []
    for taken in panel.batches(weight=work.asked.weight, most=most):
        count = taken.names.height
        work.progress(f"series {done + 1:,} to {done + count:,} of {len(panel.names):,}")
        found, forecasts = _of_batch(work, taken=taken)
        whole = forecasts.group_by("name").len().filter(pl.col("len") == work.asked.horizon)
        gone += taken.names.join(whole, on="name", how="anti", maintain_order="left")["name"].to_list()
        if not found.is_empty():
            errors.put(kept(found))
        ahead.put(forecasts)
        done, known = done + count, known + found.height
    if known and gone:
        raise left_out(gone[0], more=len(gone) - 1, file=file)
    return known


def _of_batch(work: Work, *, taken: Taken) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scaled errors of some series, and their forecasts with what makes quantiles of them, but the panel's errors."""
    panel, asked = taken.panel, work.asked
    final = last_cutoffs(panel)
    cutoffs = pl.concat([final, rolling_cutoffs(panel, folds=asked.folds)])
    signed = panel.filter(pl.col("y") < 0)["unique_id"].unique()
    is_signed = pl.col("unique_id").is_in(signed.implode())
    points = floored(combined(work, panel=panel, cutoffs=cutoffs), where=~is_signed)
    scales = error_scales(panel, cutoffs=cutoffs, season=asked.season)
    if "width" in points.columns:
        scales = with_widths(scales, widths=points.select("unique_id", "cutoff", "step", "width"))
        points = points.drop("width")
    blocks = scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=panel)
    errors = scaled_errors(blocks.filter(pl.col("model") == COMBINATION), scales=scales)
    ahead = (
        points.join(final, on=["unique_id", "cutoff"])
        .join(scales, on=keys_of(scales))
        .join(own_errors(errors), on="unique_id", how="left")
        .join(taken.names, on="unique_id")
        .with_columns(floor=pl.when(~is_signed).then(0.0))
        .sort("name", "step")
        .select("name", "last", "step", "scale", "total", "n", "floor", mean="y_hat")
    )
    return errors, ahead
