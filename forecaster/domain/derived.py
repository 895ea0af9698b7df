"""Series that no body reports: sums of other series, and what is left of a sum."""

from collections.abc import Collection
from datetime import date
from graphlib import TopologicalSorter

import polars as pl

from forecaster.domain.catalogue import REMAINDER, SUM, Catalogue, Series
from forecaster.domain.panel import DIFFERENCED, ESTIMATED, PANEL

NO_TRADE = "no-trade"


def with_derived(panel: pl.DataFrame, *, catalogue: Catalogue) -> pl.DataFrame:
    """The panel with the series that the catalogue declares as sums or remainders.

    Args:
        panel: PANEL columns, every reported series.
        catalogue: which series are derived, and from which.

    Returns:
        PANEL columns, sorted; a derived month is there where all its parts are.
    """
    parts = {key: group for (key,), group in no_trade_as_zero(panel, catalogue=catalogue).group_by("unique_id")}
    for series_id, children, signs in _derivations(catalogue):
        if all(child in parts for child in children):
            derived = _weighted_sum([parts[child] for child in children], signs=signs, series_id=series_id)
            if not derived.is_empty():
                parts[series_id] = derived
    return pl.concat(parts.values()).sort("unique_id", "ds") if parts else panel


def made_of(*series_ids: str, catalogue: Catalogue) -> frozenset[str]:
    """Series and, to the bottom, those that they are worked out from."""
    parts = {key: children for key, children, _ in _derivations(catalogue)}
    found, waiting = set(series_ids), list(series_ids)
    while waiting:
        for child in parts.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return frozenset(found)


def bears_on(series_ids: Collection[str], *, catalogue: Catalogue) -> frozenset[str]:
    """Series and, to the top, all that are worked out from them."""
    found = set(series_ids)
    for key, children, _ in _derivations(catalogue):
        if not found.isdisjoint(children):
            found.add(key)
    return frozenset(found)


def rests_on(*series_ids: str, catalogue: Catalogue) -> frozenset[str]:
    """Every series whose reports bear on the months of some: also those that tell where months without trade are."""
    parts = made_of(*series_ids, catalogue=catalogue)
    groups = {_group(catalogue.series[part]) for part in parts if _has_no_trade(catalogue.series[part])}
    return parts | {s.series_id for s in catalogue.series.values() if _has_no_trade(s) and _group(s) in groups}


def no_trade_as_zero(panel: pl.DataFrame, *, catalogue: Catalogue) -> pl.DataFrame:
    """Months without a report, where the measure says that such a month had no trade, as zeros.

    The zeros span what the source covers of that measure and segment; they are estimated and in no block, so that
    they are never scored.

    Args:
        panel: PANEL columns.
        catalogue: each measure's `missing_month`.

    Returns:
        PANEL columns.
    """
    groups = [
        (s.series_id, _group(s), _scope_start(s.series_id, catalogue))
        for s in catalogue.series.values()
        if _has_no_trade(s)
    ]
    schema = {"unique_id": pl.String(), "group": pl.String(), "since": pl.Date()}
    declared = pl.DataFrame(groups, schema=schema, orient="row")
    held = panel.join(declared, on="unique_id")
    span = held.group_by("group").agg(pl.col("ds").min().alias("first"), pl.col("ds").max().alias("last"))
    months = span.select("group", ds=pl.date_ranges("first", "last", interval="1mo")).explode("ds")
    # Also of a series that never had a figure: it is a part of sums that had nothing to add.
    wanted = declared.join(months, on="group")
    wanted = wanted.filter(pl.col("since").is_null() | (pl.col("ds") >= pl.col("since")))
    gaps = wanted.join(panel, on=["unique_id", "ds"], how="anti").select("unique_id", "ds")
    zeros = gaps.with_columns(
        y=pl.lit(0.0),
        obtained=pl.lit(ESTIMATED),
        block_start=None,
        block_end=None,
        reports=pl.lit([], pl.List(pl.String)),
    ).cast(PANEL)
    return pl.concat([panel, zeros.select(PANEL.names())]).sort("unique_id", "ds")


def _has_no_trade(series: Series) -> bool:
    return series.missing_month == NO_TRADE and series.derived is None


def _group(series: Series) -> str:
    """What one body covers alike: its months without a report are zeros where any series of it has one."""
    return f"{series.sector}.{series.measure}.{series.segment}@{series.source}"


def _scope_start(series_id: str, catalogue: Catalogue) -> date | None:
    """The month from which a series counts what it counts now; None: from its beginning."""
    cuts = [broken.since for broken in catalogue.breaks_of(series_id) if broken.factor is None]
    return max(cuts, default=None)


def _derivations(catalogue: Catalogue) -> list[tuple[str, tuple[str, ...], tuple[float, ...]]]:
    """Derived series with their parts and signs, parts before what is made of them; the first declared way counts."""
    ways: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {}
    for declared in catalogue.sums:
        parent = catalogue.find(declared.parent)
        if parent.derived == SUM:
            ways.setdefault(declared.parent, (declared.children, (1.0,) * len(declared.children)))
        for child in declared.children:
            if catalogue.find(child).derived == REMAINDER:
                others = tuple(c for c in declared.children if c != child)
                ways.setdefault(child, ((declared.parent, *others), (1.0, *(-1.0,) * len(others))))
    order = TopologicalSorter({key: children for key, (children, _) in ways.items()}).static_order()
    return [(key, *ways[key]) for key in order if key in ways]


def _weighted_sum(parts: list[pl.DataFrame], *, signs: tuple[float, ...], series_id: str) -> pl.DataFrame:
    signed = [part.with_columns(pl.col("y") * sign) for part, sign in zip(parts, signs, strict=True)]
    is_settled = pl.col("obtained") != ESTIMATED
    # A zero of no trade has no block of its own and takes none from the sum.
    trades = pl.col("block_start").is_not_null() | (pl.col("y") != 0)
    return (
        pl.concat(signed)
        .filter(pl.len().over("ds") == len(parts))
        .with_columns(trades=trades)
        .group_by("ds")
        .agg(
            # What is left of a total can't be less than nothing, though rounded figures may say so.
            pl.col("y").sum().clip(lower_bound=0.0),
            obtained=pl.when((is_settled | ~pl.col("trades")).all() & pl.col("trades").any())
            .then(pl.lit(DIFFERENCED))
            .otherwise(pl.lit(ESTIMATED)),
            block_start=pl.col("block_start").filter("trades").first(),
            block_end=pl.col("block_end").filter("trades").first(),
            blocks=pl.struct("block_start", "block_end").filter("trades").n_unique(),
            reports=pl.col("reports").explode().unique(maintain_order=True),
        )
        .with_columns(
            unique_id=pl.lit(series_id),
            block_start=pl.when(pl.col("blocks") == 1).then("block_start"),
            block_end=pl.when(pl.col("blocks") == 1).then("block_end"),
        )
        .select(PANEL.names())
        .cast(PANEL)
        .sort("ds")
    )
