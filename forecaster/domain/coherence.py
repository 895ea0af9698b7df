"""Point forecasts that add up as the catalogue says, and which do not."""

import numpy as np
import polars as pl

from forecaster.domain.error_shape import ErrorShape, error_shape
from forecaster.domain.experiment import BOTTOM_UP, NONE
from forecaster.domain.hierarchy import Hierarchy, Numbers
from forecaster.domain.mint import onto_sums
from forecaster.domain.moments import Ground, Moment, moments, pieces

NAMED = 3
"""Missing parts that a reason names."""

KEYS = ["unique_id", "cutoff", "ds"]
Y_HAT = ("y_hat",)


def reconciled(points: pl.DataFrame, *, errors: pl.DataFrame, how: str, ground: Ground) -> pl.DataFrame:
    """Point forecasts that add up, at each fold by the errors that were known then.

    Args:
        points: unique_id, cutoff, ds, y_hat among other columns, of one model; every fold.
        errors: as `intervals.scaled_errors` gives them, of these points.
        how: one of RECONCILIATIONS.
        ground: hierarchies, folds, known figures.

    Returns:
        The same rows and columns. Where one series is known for a month and others are not, these meet it. A sum
        without one of its members is left as it is: `sums_apart` names those.
    """
    if how == NONE:
        return points
    by_fold = numbered(errors, ground=ground)
    found = [
        rows_of(moment, _means(moment, shape_at(moment, errors=by_fold), how=how), columns=Y_HAT)
        for moment in moments(points, columns=Y_HAT, ground=ground)
    ]
    return replaced(points, found, columns=Y_HAT)


def sums_apart(forecasts: pl.DataFrame, *, ground: Ground) -> dict[str, str]:
    """Totals whose forecasts are no sum of their parts', and why.

    Args:
        forecasts: unique_id, cutoff, ds, y_hat of the last cutoffs.
        ground: hierarchies, folds, known figures.

    Returns:
        series_id of the total -> one sentence; only totals that have forecasts.
    """
    found: dict[str, str] = {}
    for moment in moments(forecasts, columns=Y_HAT, ground=ground):
        found |= _apart(moment)
    return found


def levels_of(hierarchies: tuple[Hierarchy, ...]) -> pl.DataFrame:
    """unique_id and its level (0: part of nothing), of every member of a hierarchy."""
    rows = [(member, level) for one in hierarchies for member, level in one.levels.items()]
    return pl.DataFrame(rows, schema={"unique_id": pl.String(), "level": pl.Int32()}, orient="row")


def numbered(errors: pl.DataFrame, *, ground: Ground) -> pl.DataFrame:
    """Errors with the number of their fold, sorted: added up in one order, whatever that of the joins."""
    return errors.join(ground.folds, on=["unique_id", "cutoff"]).sort("unique_id", "cutoff", "step")


def shape_at(moment: Moment, *, errors: pl.DataFrame) -> ErrorShape:
    """What the errors that were known at a moment tell.

    Args:
        moment: nothing after its members' cutoffs is used.
        errors: as `numbered` gives them.
    """
    then = pl.DataFrame({"unique_id": moment.members, "now": moment.cutoffs}, schema_overrides={"now": pl.Date})
    known = errors.join(then, on="unique_id", maintain_order="left").filter(pl.col("ds") <= pl.col("now"))
    return error_shape(known, members=moment.members, horizon=int(moment.steps.max()))


def rows_of(moment: Moment, values: Numbers, *, columns: tuple[str, ...]) -> pl.DataFrame:
    """What a moment forecast: KEYS and the columns of `values` (members x months x columns)."""
    row, month = np.nonzero((moment.steps > 0) & ~np.isnan(values[:, :, 0]))
    keys = {
        "unique_id": [moment.members[at] for at in row],
        "cutoff": [moment.cutoffs[at] for at in row],
        "ds": [moment.months[at] for at in month],
    }
    found = {name: values[row, month, at] for at, name in enumerate(columns)}
    return pl.DataFrame({**keys, **found}, schema_overrides={"cutoff": pl.Date, "ds": pl.Date})


def replaced(forecasts: pl.DataFrame, found: list[pl.DataFrame], *, columns: tuple[str, ...]) -> pl.DataFrame:
    """Forecasts with the columns of the rows found; the others as they were, all in their order."""
    if not found:
        return forecasts
    return forecasts.update(pl.concat(found).select(*KEYS, *columns), on=KEYS)


def _means(moment: Moment, shape: ErrorShape, *, how: str) -> Numbers:
    values, spreads = moment.values.copy(), shape.spread(moment.steps, scales=moment.scales)
    for piece in pieces(moment):
        rows = piece.rows
        correlation = np.eye(len(rows)) if how == BOTTOM_UP else shape.correlation[np.ix_(rows, rows)]
        for month in piece.months:
            values[rows, month, 0] = onto_sums(
                values[rows, month, 0],
                spread=spreads[rows, month],
                correlation=correlation,
                structure=piece.structure.from_bottom() if how == BOTTOM_UP else piece.structure,
                floored=moment.floored[rows],
            )
    return values


def _apart(moment: Moment) -> dict[str, str]:
    there = ~np.isnan(moment.values[:, :, 0])
    held = dict(zip(moment.members, there, strict=True))
    ahead = dict(zip(moment.members, there & (moment.steps > 0), strict=True))
    nothing, found = np.zeros(len(moment.months), dtype=bool), {}
    for one in moment.hierarchy.sums:
        served = ahead.get(one.parent, nothing)
        lacks = {child: served & ~held.get(child, nothing) for child in one.children}
        missing = [child for child, months in lacks.items() if months.any()]
        if missing:
            first = min(int(np.argmax(lacks[child])) for child in missing)
            since = f"From {moment.months[first]:%Y-%m} on it" if served[:first].any() else "It"
            found[one.parent] = f"{since} is no sum of its parts: {_names(missing)} without a forecast."
    return found


def _names(missing: list[str]) -> str:
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return ", ".join(missing[:NAMED]) + more
