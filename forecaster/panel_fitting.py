"""The models of anybody's panel, fitted on some series at a time; what is too much to hold goes on shelves."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.anypanel import Taken
from forecaster.domain.combination import COMBINATION, floored
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.growth import held
from forecaster.domain.intervals import keys_of, scaled_errors, two_years, with_widths, within_recent_size
from forecaster.domain.kinds import INTERMITTENT, kind
from forecaster.domain.ports import Outcome
from forecaster.domain.scores import error_scales, scored_blocks
from forecaster.domain.shelf import Shelf
from forecaster.domain.shelved_panel import ShelvedPanel
from forecaster.domain.spilled_errors import kept, own_errors
from forecaster.domain.stand_in import measured
from forecaster.panel_points import Work, combined


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is held of all series at once: a row each."""

    series: pl.DataFrame  # unique_id, name, cutoff (the last), and the other columns of `stand_in.measured`
    held: tuple[Outcome, ...]  # of last cutoffs, as `growth.held` tells them
    errors_known: bool  # of any series

    @property
    def final(self) -> pl.DataFrame:
        """unique_id, cutoff: the last ones."""
        return self.series.select("unique_id", "cutoff")

    @property
    def names(self) -> pl.DataFrame:
        """unique_id, name."""
        return self.series.select("unique_id", "name")


@dataclass(frozen=True, slots=True)
class _Batch:
    """What some series tell."""

    errors: pl.DataFrame
    ahead: pl.DataFrame
    series: pl.DataFrame
    held: tuple[Outcome, ...]


def fit(work: Work, *, panel: ShelvedPanel, most: int, errors: Shelf, ahead: Shelf) -> Fitted:
    """Put the errors and forecasts of all series on their shelves.

    Args:
        work: what is asked for, and by what it is done.
        panel: on its shelf.
        most: rows that are worked on at a time.
        errors: an empty shelf, for what `spilled_errors.kept` gives; stays empty where no error is known.
        ahead: an empty shelf, for what `spilled_errors.placed` takes, with unique_id, name and last, and with scale
            null where the series tells none; sorted by name and step.
    """
    done, known = 0, False
    series: list[pl.DataFrame] = []
    told: list[Outcome] = []
    for taken in panel.batches(weight=work.asked.weight, most=most):
        count = taken.names.height
        work.progress(f"series {done + 1:,} to {done + count:,} of {len(panel.names):,}")
        batch = _of_batch(work, taken=taken)
        if not batch.errors.is_empty():
            errors.put(kept(batch.errors))
        ahead.put(batch.ahead)
        series.append(batch.series)
        told += batch.held
        done, known = done + count, known or not batch.errors.is_empty()
    return Fitted(pl.concat(series), tuple(told), known)


def _of_batch(work: Work, *, taken: Taken) -> _Batch:
    """Scaled errors of some series, and their forecasts with what makes quantiles of them, but the panel's errors."""
    panel, asked = taken.panel, work.asked
    final = last_cutoffs(panel)
    cutoffs = pl.concat([final, rolling_cutoffs(panel, folds=asked.folds)])
    signed = panel.filter(pl.col("y") < 0)["unique_id"].unique()
    is_signed = pl.col("unique_id").is_in(signed.implode())
    positive = floored(combined(work, panel=panel, cutoffs=cutoffs), where=~is_signed)
    bounded = held(positive, panel=panel, season=asked.season)
    points = bounded.points.with_columns(bounded.bound.alias("bound"))
    scales = error_scales(panel, cutoffs=cutoffs, season=asked.season)
    scales = within_recent_size(scales, panel=panel, season=asked.season)
    widened = scales
    if "width" in points.columns:
        widened = with_widths(scales, widths=points.select("unique_id", "cutoff", "step", "width"))
        points = points.drop("width")
    blocks = scored_blocks(points.join(final, on=["unique_id", "cutoff"], how="anti"), panel=panel)
    errors = scaled_errors(blocks.filter(pl.col("model") == COMBINATION), scales=widened)
    ahead = (
        points.join(final, on=["unique_id", "cutoff"])
        .filter(pl.len().over("unique_id") == asked.horizon)
        .join(widened, on=keys_of(widened), how="left")
        .join(own_errors(errors), on="unique_id", how="left")
        .join(_nothing(panel, season=asked.season), on="unique_id", how="left")
        .join(taken.names, on="unique_id")
        .with_columns(floor=pl.when(~is_signed).then(0.0))
        .sort("name", "step")
        .select("unique_id", "name", "last", "step", "scale", "total", "n", "floor", "bound", "nothing", mean="y_hat")
    )
    measures = measured(panel, final=final, scales=scales, blocks=blocks)
    series = measures.join(final, on="unique_id").join(taken.names.select("unique_id", "name"), on="unique_id")
    last = set(final.iter_rows())
    now = tuple(outcome for outcome in bounded.told if (outcome.unique_id, outcome.cutoff) in last)
    return _Batch(errors, ahead, series.sort("name"), now)


def _nothing(panel: pl.DataFrame, *, season: int) -> pl.DataFrame:
    """unique_id, nothing: of each intermittent series the share of its last two years in which nothing came.

    Never all of it: one period more than was seen may have something.
    """
    latest = pl.col("y").tail(two_years(season))
    share = (latest == 0).sum() / (latest.len() + 1)
    told = panel.sort("unique_id", "ds").group_by("unique_id").agg(kind().alias("kind"), nothing=share)
    return told.filter(pl.col("kind") == INTERMITTENT).select("unique_id", "nothing")
