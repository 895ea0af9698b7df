"""Hierarchies as they stood at each fold: what was forecast, what was known, which sums were whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecaster.domain.hierarchy import Flags, Hierarchy, Numbers, Structure, Whole, structure, whole_sums
from forecaster.domain.months import month_number


@dataclass(frozen=True, slots=True)
class Ground:
    """What reconciliation rests on."""

    hierarchies: tuple[Hierarchy, ...]
    folds: pl.DataFrame  # unique_id, cutoff, fold, as `folds.fold_numbers` gives them
    panel: pl.DataFrame  # PANEL columns
    scales: pl.DataFrame  # unique_id, cutoff, scale; forecasts without one are not served, and not reconciled
    signed: frozenset[str]  # series whose figures may be below 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One hierarchy at one fold."""

    hierarchy: Hierarchy
    fold: int
    members: tuple[str, ...]  # those that were forecast, sorted
    cutoffs: tuple[date, ...]  # of each member: bodies publish at different speed
    scales: Numbers  # of each member
    floored: Flags  # members that can't be below 0
    months: tuple[date, ...]
    steps: Whole  # members x months: months after the member's cutoff; 0 and below: known
    values: Numbers  # members x months x columns; NaN where neither forecast nor known


@dataclass(frozen=True, slots=True)
class Piece:
    """Months of a moment in which the same members are there and the same are known."""

    structure: Structure
    rows: Whole  # the members that are there
    months: Whole


def moments(forecasts: pl.DataFrame, *, columns: tuple[str, ...], ground: Ground) -> Iterator[Moment]:
    """Every hierarchy at every fold, the last cutoffs (fold 0) first.

    Args:
        forecasts: unique_id, cutoff, ds and the columns.
        columns: what is to be moved; a known month has its figure in each.
        ground: hierarchies, folds, known figures.
    """
    keys = ["unique_id", "cutoff"]
    held = forecasts.join(ground.folds, on=keys).join(ground.scales, on=keys).sort("fold", "unique_id", "ds")
    for hierarchy in ground.hierarchies:
        inside = pl.col("unique_id").is_in(hierarchy.members)
        panel = ground.panel.filter(inside).select("unique_id", "ds", "y")
        for (fold,), group in held.filter(inside).group_by("fold", maintain_order=True):
            series = group.select("unique_id", "cutoff", "scale").unique().sort("unique_id")
            months = tuple(group["ds"].unique().sort())
            members = tuple(series["unique_id"])
            last = np.array([month_number(cutoff) for cutoff in series["cutoff"]], dtype=np.int64)
            yield Moment(
                hierarchy=hierarchy,
                fold=int(str(fold)),
                members=members,
                cutoffs=tuple(series["cutoff"]),
                scales=series["scale"].to_numpy(),
                floored=np.array([member not in ground.signed for member in members]),
                months=months,
                steps=np.array([month_number(month) for month in months], dtype=np.int64) - last[:, None],
                values=_values(group, panel.join(series, on="unique_id"), members, months, columns),
            )


def _values(
    forecasts: pl.DataFrame,
    panel: pl.DataFrame,
    members: tuple[str, ...],
    months: tuple[date, ...],
    columns: tuple[str, ...],
) -> Numbers:
    row, column = ({key: at for at, key in enumerate(keys)} for keys in (members, months))
    found = np.full((len(members), len(months), len(columns)), np.nan)
    known = panel.filter((pl.col("ds") <= pl.col("cutoff")) & pl.col("ds").is_in(months))
    for rows, names in ((known, ["y"] * len(columns)), (forecasts, list(columns))):
        at = [row[key] for key in rows["unique_id"]], [column[month] for month in rows["ds"]]
        found[np.array(at[0], dtype=np.int64), np.array(at[1], dtype=np.int64)] = np.column_stack(
            [rows[name].to_numpy() for name in names]
        )
    return found


def pieces(moment: Moment) -> Iterator[Piece]:
    """The months of a moment by what is there; only those in which a sum has something to say.

    Sums of which a member is missing are left out, and so are those of which every member is known.
    """
    there, known = ~np.isnan(moment.values[:, :, 0]), moment.steps <= 0
    alike: dict[bytes, list[int]] = {}
    for at in range(len(moment.months)):
        alike.setdefault(there[:, at].tobytes() + known[:, at].tobytes(), []).append(at)
    for months in alike.values():
        rows = np.flatnonzero(there[:, months[0]])
        names = [moment.members[row] for row in rows]
        told = {moment.members[row] for row in rows if known[row, months[0]]}
        sums = [one for one in whole_sums(moment.hierarchy, present=names) if not told >= {one.parent, *one.children}]
        if sums:
            yield Piece(structure(sums, members=names, known=told), rows, np.array(months, dtype=np.int64))
