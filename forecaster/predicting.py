"""Use case: forecasts for anybody's panel, without store, run or vintage."""

from collections.abc import Iterable, Sequence

import polars as pl

from forecaster.correcting import Correcting
from forecaster.domain.anypanel import with_own_dates
from forecaster.domain.experiment import Candidate
from forecaster.domain.panel_survey import Form, doubtful_season
from forecaster.domain.ports import Engine, Progress
from forecaster.domain.shelf import HeldShelf, Shelf, Shelves
from forecaster.domain.shelved_panel import MOST, check_hope, no_interval, shelved
from forecaster.domain.spilled_errors import no_quantiles, placed, quantiles_of, usual_error
from forecaster.domain.stand_in import stand_in_scales, with_stand_ins
from forecaster.domain.unusual import unusual
from forecaster.panel_fitting import fit
from forecaster.panel_points import Asked, Work, learnt_of


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
        progress: told each candidate, where the correction is not used, which series have no forecast, and whose
            forecast was held or interval is not made of their own errors.
        correcting: a model whose corrected forecast makes half of the result.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or no series of it can be forecast; says why.
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
        progress: told each candidate, where the correction is not used, which series have no forecast, and whose
            forecast was held or interval is not made of their own errors.
        shelves: where figures, errors and forecasts are kept meanwhile.
        most: rows of figures and of forecasts that are worked on at a time; no number depends on it.

    Returns:
        unique_id, ds, step, mean and one column a quantile, sorted by unique_id and step.

    Raises:
        BadPanel: the panel can't be used, or no series of it can be forecast; says why.
    """
    panel = shelved(parts, shelf=shelves("rows"), file=file, weight=asked.weight, most=most)
    doubt = doubtful_season(panel.form, season=asked.season)
    if doubt is not None:
        progress(doubt)
    needed = asked.folds.min_train + asked.folds.step
    check_hope(panel, needed=needed, season=asked.season, file=file)
    work = Work(asked, engine, progress, learnt_of(asked, panel=panel, engine=engine, progress=progress))
    errors, ahead, answer = shelves("errors"), shelves("ahead"), shelves("answer")
    fitted = fit(work, panel=panel, most=most, errors=errors, ahead=ahead)
    progress("quantiles")
    others = stand_in_scales(fitted.series, season=asked.season)
    known = errors if fitted.errors_known else None
    found = _answered(ahead, others=others, errors=known, horizon=asked.horizon, form=panel.form, answer=answer)
    if found.is_empty():
        raise no_interval(needed=needed, season=asked.season, file=file)
    for line in unusual(found, final=fitted.final, names=fitted.names, others=others, held=fitted.held):
        progress(line)
    return answer.all()


def _answered(
    ahead: Shelf, *, others: pl.DataFrame, errors: Shelf | None, horizon: int, form: Form, answer: Shelf
) -> pl.DataFrame:
    """Put forecasts with their quantiles on a shelf; unique_id of the series that have them.

    Without any errors, those are the series that never erred.
    """
    usual = 0.0 if errors is None else usual_error(errors)
    quantiles = no_quantiles(horizon) if errors is None else quantiles_of(errors, usual=usual, horizon=horizon)
    ids = []
    for part in ahead.parts():
        scaled = with_stand_ins(part, others=others, errors_known=errors is not None)
        ids.append(scaled.select("unique_id").unique())
        found = placed(scaled, quantiles=quantiles, usual=usual).drop("unique_id")
        answer.put(with_own_dates(found, form=form))
    return pl.concat(ids)
