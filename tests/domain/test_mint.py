"""Minimum-trace reconciliation."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forecaster.domain.catalogue import Sum
from forecaster.domain.hierarchy import Numbers, Structure, structure
from forecaster.domain.mint import onto_sums, paths_onto_sums, sharing, shrunk_correlation
from tests.sums import grid


@dataclass(frozen=True)
class Case:
    """A small hierarchy with forecasts that do not add up and errors with gaps."""

    sums: Structure
    base: Numbers
    spread: Numbers
    errors: Numbers
    groups: NDArray[np.int64]

    @property
    def correlation(self) -> Numbers:
        return shrunk_correlation(self.errors, groups=self.groups)

    @property
    def floored(self) -> NDArray[np.bool_]:
        return np.ones(len(self.base), dtype=bool)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    members, sums = grid(draw(st.integers(1, 3)), draw(st.integers(2, 4)), crossing=draw(st.booleans()))
    number = len(members)
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    unit = 10.0 ** draw(st.integers(-6, 9))
    base = unit * 10 ** seed.uniform(-3, 3, number) * (seed.random(number) > draw(st.sampled_from([0.0, 0.3])))
    spread = unit * 10 ** seed.uniform(-3, 3, number)
    leaves = [at for at, member in enumerate(members) if member.startswith("c")]
    known = [members[at] for at in leaves if seed.random() < draw(st.sampled_from([0.0, 0.3]))]
    spread[[members.index(member) for member in known]] = 0.0
    errors = seed.standard_t(3, (36, number))
    errors[seed.random(errors.shape) < draw(st.sampled_from([0.0, 0.5]))] = np.nan
    for column, starts in enumerate(seed.integers(0, 72, number)):
        errors[: max(0, starts - 36), column] = np.nan  # half of the series start late, some after the last error
    return Case(structure(sums, members=members, known=known), base, spread, errors, np.arange(36) // 6)


@given(case=cases())
@settings(max_examples=200, deadline=None)
def test_totals_are_the_sums_of_their_parts_and_nothing_is_negative(case: Case) -> None:
    found = onto_sums(
        case.base, spread=case.spread, correlation=case.correlation, structure=case.sums, floored=case.floored
    )

    assert np.abs(case.sums.equations @ found).max() <= 1e-9 * np.abs(found).max(initial=1e-300)
    assert found.min() >= 0
    fixed = case.spread == 0
    assert found[fixed].tolist() == case.base[fixed].tolist()


@given(case=cases())
@settings(max_examples=100, deadline=None)
def test_paths_add_up_and_are_never_negative(case: Case) -> None:
    paths = case.base[:, None] * np.linspace(0.0, 2.0, 7)

    found = paths_onto_sums(paths, spread=case.spread, structure=case.sums, floored=case.floored)

    assert np.abs(case.sums.equations @ found).max() <= 1e-9 * np.abs(found).max(initial=1e-300)
    assert found.min() >= 0


@given(case=cases())
@settings(max_examples=100, deadline=None)
def test_a_correlation_is_positive_definite_whatever_is_missing(case: Case) -> None:
    found = case.correlation

    assert np.linalg.eigvalsh(found)[0] > 0
    assert np.diag(found).tolist() == pytest.approx([1.0] * len(found))


@given(case=cases(), factor=st.sampled_from([1e-6, 1e6]))
@settings(max_examples=50, deadline=None)
def test_the_unit_makes_no_difference(case: Case, factor: float) -> None:
    def reconciled(unit: float) -> Numbers:
        return onto_sums(
            unit * case.base,
            spread=unit * case.spread,
            correlation=case.correlation,
            structure=case.sums,
            floored=case.floored,
        )

    assert reconciled(factor) == pytest.approx(factor * reconciled(1.0), rel=1e-6, abs=1e-9 * factor * case.base.max())


def whole_and_parts(base: list[float], *, spread: list[float], known: Collection[str] = ()) -> Numbers:
    """Forecasts of a total and its two parts that add up, their errors independent."""
    return onto_sums(
        np.array(base),
        spread=np.array(spread),
        correlation=np.eye(3),
        structure=structure([Sum("all", ("a", "b"))], members=["all", "a", "b"], known=known),
        floored=np.ones(3, dtype=bool),
    )


def test_what_a_sum_lacks_is_shared_out_by_the_variance_of_independent_errors() -> None:
    found = whole_and_parts([100.0, 60.0, 34.0], spread=[1.0, 1.0, 2.0])

    assert found.tolist() == pytest.approx([99.0, 61.0, 38.0])  # 6 are lacking: 1 : 1 : 4


def test_what_would_fall_below_nothing_is_held_there_and_the_rest_shared_anew() -> None:
    found = whole_and_parts([10.0, 30.0, 1.0], spread=[1.0, 1.0, 1.0])

    assert found.tolist() == pytest.approx([20.0, 20.0, 0.0])


def test_a_known_total_stays_and_its_parts_meet_it() -> None:
    found = whole_and_parts([100.0, 60.0, 34.0], spread=[0.0, 1.0, 1.0], known=["all"])

    assert found.tolist() == pytest.approx([100.0, 63.0, 37.0])


def test_paths_of_parts_meet_a_total_that_is_known() -> None:
    sums = structure([Sum("all", ("a", "b"))], members=["all", "a", "b"], known=["all"])
    paths = np.array([[10.0, 10.0], [9.0, 2.0], [9.0, 2.0]])

    found = paths_onto_sums(paths, spread=np.array([0.0, 1.0, 1.0]), structure=sums, floored=np.ones(3, dtype=bool))

    assert found.tolist() == [[10.0, 10.0], [5.0, 5.0], [5.0, 5.0]]


def test_errors_that_always_agree_keep_most_of_their_correlation() -> None:
    one = np.random.default_rng(1).standard_normal(400)
    errors = np.column_stack([one, one + 0.1 * np.random.default_rng(2).standard_normal(400)])

    found = shrunk_correlation(errors, groups=np.arange(400) // 10)

    assert found[0, 1] > 0.9


def test_errors_of_one_fold_tell_no_correlation() -> None:
    one = np.random.default_rng(1).standard_normal(40)

    found = shrunk_correlation(np.column_stack([one, one]), groups=np.zeros(40, dtype=np.int64))

    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_series_without_errors_in_common_count_as_independent() -> None:
    errors = np.full((48, 2), np.nan)
    errors[:24, 0] = errors[24:, 1] = np.random.default_rng(1).standard_normal(24)

    found = shrunk_correlation(errors, groups=np.arange(48) // 6)

    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_where_everything_is_known_nothing_moves() -> None:
    equations = np.array([[1.0, -1.0, -1.0]])

    found = sharing(equations, spread=np.zeros(3), correlation=np.eye(3))

    assert found.tolist() == [[0.0], [0.0], [0.0]]
