"""Point forecasts that add up."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.domain.catalogue import Sum
from forecaster.domain.coherence import levels_of, reconciled, sums_apart
from forecaster.domain.experiment import BOTTOM_UP, MINT, NONE
from tests.sums import World, grid, lacks, world

ALL = [Sum("all", ("a", "b"))]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Random hierarchies; some parts are not forecast, bodies lag, errors have gaps, some series start late."""
    members, sums = grid(draw(st.integers(1, 3)), draw(st.integers(2, 3)), crossing=draw(st.booleans()))
    seed = draw(st.integers(0, 2**32 - 1))
    noise = np.random.default_rng(seed)
    truth = {member: list(10 ** noise.uniform(-2, 4, 24)) for member in members if member.startswith("c")}
    for one in sums:  # rows and columns first, the whole from them
        truth[one.parent] = [sum(values) for values in zip(*(truth[child] for child in one.children), strict=True)]
    gone = {member for member in members if noise.random() < draw(st.sampled_from([0.0, 0.15]))}
    held = {member: values for member, values in truth.items() if member not in gone}
    late = tuple(member for member in members if noise.random() < 0.3)
    behind = {member: int(noise.choice([0, 0, 0, 1, 4])) for member in members}
    return world(sums, held or truth, behind=behind, seed=seed, late=late, gaps=draw(st.sampled_from([0.0, 0.5])))


@given(found=worlds(), how=st.sampled_from([MINT, BOTTOM_UP]))
@settings(max_examples=150, deadline=None)
def test_every_total_is_the_sum_of_its_parts_and_nothing_is_negative(found: World, how: str) -> None:
    after = reconciled(found.points, errors=found.errors, how=how, ground=found.ground)

    assert after.columns == found.points.columns
    assert after.drop("y_hat").equals(found.points.drop("y_hat"))
    assert after["y_hat"].min() >= 0
    for total, parts, value in lacks(after, of=found):
        assert parts == pytest.approx(value, rel=1e-7, abs=1e-7 * found.points["y_hat"].max()), total


def two(**changed: object) -> World:
    """A total and its two parts, over two years."""
    truth = {"a": [60.0] * 24, "b": [40.0] * 24, "all": [100.0] * 24}
    return world(ALL, truth, **{"behind": {}, **changed})  # type: ignore[arg-type]  # of world's own parameters


def test_without_reconciliation_nothing_changes() -> None:
    found = two()

    assert reconciled(found.points, errors=found.errors, how=NONE, ground=found.ground).equals(found.points)


def test_bottom_up_leaves_parts_as_they_are() -> None:
    found = two()

    after = reconciled(found.points, errors=found.errors, how=BOTTOM_UP, ground=found.ground)

    parts = pl.col("unique_id") != "all"
    assert after.filter(parts)["y_hat"].to_list() == pytest.approx(found.points.filter(parts)["y_hat"].to_list())


def test_a_month_that_is_known_of_the_total_is_met_by_its_parts() -> None:
    found = two(behind={"a": 4, "b": 4})

    after = reconciled(found.points, errors=found.errors, how=MINT, ground=found.ground)

    first = after.join(found.ground.folds.filter(pl.col("fold") == 0), on=["unique_id", "cutoff"])
    months = first.filter(pl.col("unique_id") != "all", pl.col("step") <= 4).group_by("ds").agg(pl.col("y_hat").sum())
    assert months["y_hat"].to_list() == pytest.approx([100.0] * 4)


def test_an_error_that_was_not_known_yet_moves_nothing() -> None:
    found = two()
    folds = found.ground.folds
    oldest = folds.filter(pl.col("fold") == 2)
    last_known = oldest["cutoff"].max()
    of_a_later = (pl.col("unique_id") == "a") & (pl.col("ds") > last_known)
    changed = found.errors.with_columns(error=pl.when(of_a_later).then(pl.col("error") * 100).otherwise("error"))

    one, other = (reconciled(found.points, errors=e, how=MINT, ground=found.ground) for e in (found.errors, changed))

    assert one.join(oldest, on=["unique_id", "cutoff"]).equals(other.join(oldest, on=["unique_id", "cutoff"]))
    assert not one.equals(other)


def test_a_total_without_one_of_its_parts_is_left_alone_and_says_why() -> None:
    found = world(ALL, {"a": [60.0] * 24, "all": [100.0] * 24}, behind={})

    after = reconciled(found.points, errors=found.errors, how=MINT, ground=found.ground)

    assert after.equals(found.points)
    assert sums_apart(after, ground=found.ground) == {"all": "It is no sum of its parts: b without a forecast."}


def test_a_total_whose_parts_end_earlier_says_from_when_on() -> None:
    found = two(behind={"a": 2, "b": 2})
    last = found.points.join(found.ground.folds.filter(pl.col("fold") == 0), on=["unique_id", "cutoff"]).drop("fold")

    assert sums_apart(last, ground=found.ground) == {
        "all": "From 2022-05 on it is no sum of its parts: a, b without a forecast."
    }


def test_a_total_with_all_its_parts_is_not_apart() -> None:
    found = two()

    assert sums_apart(found.points, ground=found.ground) == {}


def test_a_forecast_without_an_error_scale_is_not_served_and_so_no_part() -> None:
    found = two()
    scales = found.ground.scales.filter(pl.col("unique_id") != "a")
    ground = type(found.ground)(
        found.ground.hierarchies, found.ground.folds, found.ground.panel, scales, found.ground.signed
    )

    assert "a without a forecast" in sums_apart(found.points, ground=ground)["all"]


def test_levels_count_down_from_the_totals() -> None:
    found = two()

    assert levels_of(found.ground.hierarchies).sort("unique_id").rows() == [("a", 1), ("all", 0), ("b", 1)]
