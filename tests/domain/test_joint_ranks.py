"""Ranks of joint paths follow how errors hang together."""

import numpy as np
import polars as pl
import pytest

from forecaster.domain.joint_ranks import UNKNOWN, joint_ranks
from forecaster.domain.months import month_after
from forecaster.domain.paths import PATHS, RANKS
from tests.reports import month

HORIZON = 4


def errors(*, tie: float, series: int = 200, pool: str = "ev", steps: int = HORIZON) -> pl.DataFrame:
    """Errors whose step is correlated with the next by `tie`."""
    shocks = np.random.default_rng(7).standard_normal((steps, series))
    chain = [shocks[0]]
    for shock in shocks[1:]:
        chain.append(tie * chain[-1] + np.sqrt(1 - tie * tie) * shock)
    cutoff = month("2024-01")
    rows = [
        (f"{pool}.{at:03}", pool, cutoff, month_after(cutoff, months=step + 1), step + 1, float(chain[step][at]))
        for at in range(series)
        for step in range(steps)
    ]
    names = ["unique_id", "pool", "cutoff", "ds", "step", "error"]
    return pl.DataFrame(rows, schema=names, orient="row").cast({"step": pl.Int32})


def tied(found: pl.DataFrame, *, pool: str | None, step: int) -> float:
    rows = found.filter(pl.col("pool").eq_missing(pl.lit(pool)))["ranks"].to_list()
    return float(np.corrcoef(rows[step - 1], rows[step])[0, 1])


def test_every_step_of_every_pool_holds_each_rank_once() -> None:
    found = joint_ranks(errors(tie=0.5), horizon=HORIZON)

    assert found.schema == RANKS
    assert found.select("pool", "step").rows() == [(pool, step) for pool in (None, "ev") for step in range(1, 5)]
    every = [(at + 1) / (PATHS + 1) for at in range(PATHS)]
    assert all(sorted(ranks) == every for ranks in found["ranks"].to_list())


def test_the_same_errors_give_the_same_ranks_in_whatever_order_they_come() -> None:
    held = errors(tie=0.5)

    assert joint_ranks(held, horizon=HORIZON).equals(joint_ranks(held.reverse(), horizon=HORIZON))


@pytest.mark.parametrize("tie", [0.0, 0.5, 0.9])
def test_neighbouring_steps_are_tied_as_their_errors_are(tie: float) -> None:
    found = joint_ranks(errors(tie=tie, series=2000), horizon=HORIZON)

    assert tied(found, pool="ev", step=1) == pytest.approx(tie, abs=0.12)


def test_where_errors_are_too_few_the_panel_says_and_else_a_usual_tie() -> None:
    held = pl.concat([errors(tie=0.0), errors(tie=0.9, series=5, pool="solar")])

    found = joint_ranks(held, horizon=6)

    assert tied(found, pool="solar", step=1) == tied(found, pool=None, step=1) < 0.3
    assert tied(found, pool="ev", step=5) == pytest.approx(UNKNOWN, abs=0.05)


def test_errors_that_are_all_alike_tell_no_tie() -> None:
    held = errors(tie=0.5).with_columns(error=pl.lit(1.0))

    found = joint_ranks(held, horizon=HORIZON)

    assert tied(found, pool="ev", step=1) == pytest.approx(UNKNOWN, abs=0.05)
