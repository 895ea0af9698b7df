"""Quantiles of totals from joint paths of their parts."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from forecaster.domain.catalogue import Sum
from forecaster.domain.coherence import reconciled
from forecaster.domain.coherent_quantiles import at_ranks, coherent_quantiles, placed
from forecaster.domain.experiment import BOTTOM_UP, MINT, NONE
from forecaster.domain.paths import PATHS, places, values_at
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES
from tests.domain.test_coherence import worlds
from tests.sums import World, world

ALL = [Sum("all", ("a", "b"))]


def two(**changed: object) -> World:
    """A total and its two parts, over two years."""
    truth = {"a": [60.0] * 24, "b": [40.0] * 24, "all": [100.0] * 24}
    return world(ALL, truth, **{"behind": {}, **changed})  # type: ignore[arg-type]  # of world's own parameters


def of(found: pl.DataFrame, unique_id: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return found.filter(pl.col("unique_id") == unique_id).select(QUANTILE_COLUMNS).to_numpy()


@given(found=worlds())
@settings(max_examples=60, deadline=None)
def test_quantiles_are_in_order_and_never_negative(found: World) -> None:
    after = reconciled(found.points, errors=found.errors, how=MINT, ground=found.ground)
    quantiles = replace(found, points=after).quantiles

    moved = coherent_quantiles(quantiles, errors=found.errors, how=MINT, ground=found.ground)

    rows = moved.select(QUANTILE_COLUMNS).rows()
    assert moved.drop(QUANTILE_COLUMNS).equals(after)
    assert all(low <= high for row in rows for low, high in pairwise(row))
    assert min(row[0] for row in rows) >= 0


def test_parts_that_err_alike_sum_like_one_and_others_even_out() -> None:
    found = two(folds=8, gaps=0.0)
    wave = pl.col("ds").dt.month() + 7 * pl.col("cutoff").dt.month()
    alike = found.errors.with_columns(error=wave.hash(seed=1).mod(1000) / 500 - 1.0)
    other = pl.when(pl.col("unique_id") == "a").then(-pl.col("error")).otherwise("error")

    together, apart = (
        coherent_quantiles(found.quantiles, errors=errors, how=BOTTOM_UP, ground=found.ground)
        for errors in (alike, alike.with_columns(error=other))
    )

    last = found.ground.folds.filter(pl.col("fold") == 0)
    wide, narrow = (of(one.join(last, on=["unique_id", "cutoff"]), "all")[:, -1].sum() for one in (together, apart))
    both = sum(of(found.quantiles.join(last, on=["unique_id", "cutoff"]), key)[:, -1].sum() for key in ("a", "b"))
    assert narrow < 0.9 * wide
    assert wide == pytest.approx(both, rel=0.05)


def test_bottom_up_leaves_the_quantiles_of_parts_as_they_are() -> None:
    found = two()

    moved = coherent_quantiles(found.quantiles, errors=found.errors, how=BOTTOM_UP, ground=found.ground)

    assert of(moved, "a") == pytest.approx(of(found.quantiles, "a"))
    assert not np.allclose(of(moved, "all"), of(found.quantiles, "all"))


def test_parts_of_a_total_that_is_known_spread_no_further_than_it() -> None:
    found = two(behind={"a": 6, "b": 6}, folds=1)

    moved = coherent_quantiles(found.quantiles, errors=found.errors, how=MINT, ground=found.ground)

    assert max(of(moved, "a").max(), of(moved, "b").max()) <= 100.0 + 1e-6


def test_without_reconciliation_nothing_changes() -> None:
    found = two()

    assert coherent_quantiles(found.quantiles, errors=found.errors, how=NONE, ground=found.ground).equals(
        found.quantiles
    )


def test_values_at_ranks_are_those_that_the_service_tells() -> None:
    ranks = [(at + 1) / (PATHS + 1) for at in range(PATHS)]
    rows = [[float(at) for at, _ in enumerate(QUANTILES)], [at * at - 5.0 for at, _ in enumerate(QUANTILES)]]

    found = at_ranks(np.array(rows), places=placed(np.array([ranks, ranks])))

    for got, quantiles in zip(found, rows, strict=True):
        assert got.tolist() == pytest.approx(values_at(places(ranks), quantiles=quantiles))
