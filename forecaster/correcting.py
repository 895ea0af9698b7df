"""Half of profile `best`: what a model's errors have in common over the panel is learnt, and put on its forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from forecaster.domain.correction import FEATURES, corrected, described, of_sizes, widths
from forecaster.domain.experiment import Candidate, Folds
from forecaster.domain.folds import last_cutoffs, rolling_cutoffs
from forecaster.domain.months import month_numbers
from forecaster.domain.ports import Corrections, Corrector, Engine, Progress

ORIGINS = 12
"""Past cutoffs of a series whose errors are learnt from, half a fold's step apart."""

FEWEST_SERIES = 200
"""With errors known, below which nothing can be learnt that holds for a series that was not seen."""

FEWEST_ROWS = 5_000

MOST_ROWS = 500_000
"""Errors learnt from, about: evenly spread series are taken, so that memory and time stay bounded."""

KEYS = ("unique_id", "cutoff", "step")


@dataclass(frozen=True, slots=True)
class Correcting:
    """Which model is corrected, and by what."""

    base: Candidate
    corrector: Corrector


@dataclass(frozen=True, slots=True)
class Learnt:
    """Corrections by how many periods before the last of its series a forecast is made."""

    corrections: Mapping[int, Corrections]
    too_little: str = ""  # why there is none
    sizes: Mapping[int, Corrections] = field(default_factory=dict)  # likewise, of how large the errors are


def learn(
    panel: pl.DataFrame,
    *,
    cutoffs: pl.DataFrame,
    folds: Folds,
    correcting: Correcting,
    horizon: int,
    season: int,
    engine: Engine,
    progress: Progress,
) -> Learnt:
    """Learn corrections for the last periods and for every fold, each from the errors known by then.

    Args:
        panel: PANEL columns of the series that `learnt_from` names.
        cutoffs: unique_id, cutoff: where forecasts are corrected.
        folds: the backtest's.
        correcting: the model and its corrector.
        horizon: periods ahead.
        season: periods a year.
        engine: fits the model.
        progress: told what is under way.

    Returns:
        Corrections by periods before the last; nothing, and why, where the panel is too small for those of the last
        periods or for those of every fold, without which no interval could be told.
    """
    origins = Folds(ORIGINS, max(1, folds.step // 2), folds.min_train)
    back = rolling_cutoffs(panel, folds=origins)
    counted = f"{back['unique_id'].n_unique():,} of {panel['unique_id'].n_unique():,} series"
    if back["unique_id"].n_unique() < FEWEST_SERIES:
        return Learnt({}, f"{counted} are long enough to learn from, and it needs {FEWEST_SERIES}")
    progress(f"learning from errors on {counted}")
    points = engine.predict(
        panel, cutoffs=back, candidates=[correcting.base], horizon=horizon, progress=progress
    ).points
    if points.is_empty():
        return Learnt({}, f"{correcting.base.name} has no forecast of any series")
    rows = described(points, panel=panel, season=season).drop_nulls("target")
    found, sizes = {}, {}
    for since in _with_since(cutoffs, panel=panel)["since"].unique().sort():
        known = rows.filter(pl.col("known_back") >= since)
        if known["unique_id"].n_unique() >= FEWEST_SERIES and known.height >= FEWEST_ROWS:
            found[since] = correcting.corrector.learn(known, features=FEATURES)
            sizes[since] = correcting.corrector.learn(of_sizes(known), features=FEATURES)
    if found.keys() <= {0} or 0 not in found:
        return Learnt({}, f"{rows.height:,} errors on {counted} are known, too few or too late for a backtest")
    return Learnt(found, sizes=sizes)


def with_half_corrected(
    combined: pl.DataFrame, *, points: pl.DataFrame, panel: pl.DataFrame, learnt: Learnt, base: str, season: int
) -> pl.DataFrame:
    """Combined forecasts, each the mean of what it was and of the base model's corrected one.

    Args:
        combined: unique_id, cutoff, step, y_hat among others.
        points: the same of the candidates, and model.
        panel: PANEL columns of these series.
        learnt: as `learn` gave it, with corrections.
        base: name of the model that is corrected.
        season: periods a year.

    Returns:
        The columns of `combined`, corrected: whether the base model had a forecast to correct; else y_hat is as it was;
        and width, as `correction.widths` tells it of the base model (null where it has no forecast). Cutoffs before
        which too little was known for a correction are left out, since another method's errors would make the
        intervals.
    """
    asked = _with_since(combined, panel=panel).filter(pl.col("since").is_in(list(learnt.corrections)))
    of_base = points.filter(pl.col("model") == base).join(
        asked.select("unique_id", "cutoff").unique(), on=["unique_id", "cutoff"]
    )
    if of_base.is_empty():  # none of these series is of a kind that the base model takes
        return asked.select(*combined.columns, corrected=pl.lit(value=False), width=pl.lit(None, pl.Float64))
    rows = _with_since(described(of_base, panel=panel, season=season), panel=panel)
    numbers = {"y_hat": pl.Float64(), "width": pl.Float64()}
    parts = [pl.DataFrame(schema={**{key: combined.schema[key] for key in KEYS}, **numbers})]
    for (since,), part in rows.group_by("since", maintain_order=True):
        at = int(str(since))
        wide = widths(part, sizes=learnt.sizes[at].of(part))
        parts.append(corrected(part, expected=learnt.corrections[at].of(part)).join(wide, on=KEYS))
    halves = pl.concat(parts).rename({"y_hat": "other"})
    both = asked.join(halves, on=KEYS, how="left").with_columns(corrected=pl.col("other").is_not_null())
    mean = (pl.col("y_hat") + pl.col("other")) / 2
    return both.with_columns(y_hat=pl.coalesce(mean, "y_hat")).select(*combined.columns, "corrected", "width")


def learnt_from(names: pl.Series, *, horizon: int) -> pl.Series:
    """The series whose errors are learnt from: all, or evenly spread ones of very many."""
    names = names.unique().sort()
    most = max(2 * FEWEST_SERIES, MOST_ROWS // (ORIGINS * horizon))
    return names.gather_every(-(-len(names) // most))


def _with_since(frame: pl.DataFrame, *, panel: pl.DataFrame) -> pl.DataFrame:
    """With since: how many periods before the last of its series each cutoff lies."""
    ends = last_cutoffs(panel).rename({"cutoff": "end"})
    since = (month_numbers("end") - month_numbers("cutoff")).alias("since")
    return frame.join(ends, on="unique_id", maintain_order="left").with_columns(since).drop("end")
