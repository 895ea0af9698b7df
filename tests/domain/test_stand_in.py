"""Error scales for series that tell none."""

from itertools import pairwise

import polars as pl
import pytest

from forecaster.domain.scores import error_scales
from forecaster.domain.stand_in import measured, stand_in_scales, with_stand_ins
from tests.panels import panel

NO_BLOCKS = pl.DataFrame(schema={"unique_id": pl.String(), "y": pl.Float64(), "y_hat": pl.Float64()})
USUAL = panel([100.0, 110.0] * 6 + [120.0, 130.0] * 6, unique_id="ev.usual")
"""Moves by 10 or so a month, by 20 a year, and is 115 large."""


def scale_of(values: list[float], *, blocks: pl.DataFrame = NO_BLOCKS, among: pl.DataFrame = USUAL) -> float | None:
    both = pl.concat([among, panel(values, unique_id="ev.odd")])
    final = both.group_by("unique_id").agg(cutoff=pl.col("ds").max())
    found = stand_in_scales(measured(both, final=final, scales=error_scales(both, cutoffs=final), blocks=blocks))
    of_odd = found.filter(pl.col("unique_id") == "ev.odd")["scale"].to_list()
    assert found.filter(pl.col("unique_id") == "ev.usual").is_empty()
    return of_odd[0] if of_odd else None


def test_a_short_series_has_the_wider_of_two_guesses() -> None:
    moves = sum(abs(b - a) for a, b in zip(USUAL["y"][:-1], USUAL["y"][1:], strict=True)) / 23

    assert scale_of([1.0, 1.0]) == pytest.approx(1 * 20 / 115)
    assert scale_of([1.0, 3.0]) == pytest.approx(2 * 20 / moves)


def test_a_single_figure_has_the_guess_by_its_size() -> None:
    assert scale_of([5.0]) == pytest.approx(5 * 20 / 115)


def test_a_scale_of_few_errors_counts_beside_the_guess() -> None:
    history = [100.0 if at % 2 else 110.0 for at in range(13)] + [106.0]
    moves, usual_moves = (sum(abs(b - a) for a, b in pairwise(values)) for values in (history, USUAL["y"].to_list()))
    guess = max(sum(history) / 14 * 20 / 115, moves / 13 * 20 * 23 / usual_moves)
    own = (0.0 + 6.0) / 2  # last year's months were 110 and 100, what came 110 and 106

    assert scale_of(history) == pytest.approx((2 * own + 6 * guess) / (2 + 6))


def test_zeros_and_series_that_never_erred_have_none_to_speak_of() -> None:
    never = pl.DataFrame({"unique_id": ["ev.odd"], "y": [7.0], "y_hat": [7.0]})

    assert scale_of([0.0, 0.0]) == 0.0
    assert scale_of([7.0] * 40, blocks=never) == 0.0


def test_where_no_series_tells_a_scale_only_zeros_have_one() -> None:
    nothing = USUAL.head(3).with_columns(unique_id=pl.lit("ev.other"))

    assert scale_of([1.0, 2.0], among=nothing) is None
    assert scale_of([0.0], among=nothing) == 0.0


def test_the_panel_may_be_measured_some_series_at_a_time() -> None:
    odd = panel([1.0, 3.0, 2.0], unique_id="ev.odd")
    both = pl.concat([USUAL, odd])

    def measures(part: pl.DataFrame) -> pl.DataFrame:
        final = part.group_by("unique_id").agg(cutoff=pl.col("ds").max())
        return measured(part, final=final, scales=error_scales(part, cutoffs=final), blocks=NO_BLOCKS)

    apart = pl.concat([measures(USUAL), measures(odd)])

    assert stand_in_scales(apart).equals(stand_in_scales(measures(both)))


AHEAD = pl.DataFrame({"unique_id": ["a", "b", "c"], "scale": [None, 2.0, None], "mean": [7.0, 8.0, 9.0]})
OTHERS = pl.DataFrame(
    {"unique_id": ["a", "d"], "scale": [0.0, 6.0], "times": [None, 3.0]}, schema_overrides={"times": pl.Float64}
)


def test_a_series_without_any_scale_has_no_forecast() -> None:
    found = with_stand_ins(AHEAD, others=OTHERS, errors_known=True)

    assert found.rows() == [("a", 0.0, 7.0), ("b", 2.0, 8.0)]


def test_a_scale_by_step_keeps_its_shape() -> None:
    steps = pl.DataFrame({"unique_id": ["d", "d"], "scale": [1.0, 4.0], "mean": [7.0, 8.0]})

    assert with_stand_ins(steps, others=OTHERS, errors_known=True)["scale"].to_list() == [3.0, 12.0]


def test_without_any_errors_only_what_never_erred_has_quantiles() -> None:
    found = with_stand_ins(AHEAD, others=OTHERS, errors_known=False)

    assert found.rows() == [("a", 0.0, 7.0)]
