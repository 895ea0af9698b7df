"""Quantiles told some errors at a time, beside those told of all at once."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecaster.domain import spilled_errors
from forecaster.domain.intervals import with_quantiles
from forecaster.domain.shelf import HeldShelf
from forecaster.domain.spilled_errors import kept, own_errors, placed, quantiles_of, usual_error
from forecaster.domain.vintage import QUANTILE_COLUMNS

HORIZON = 9
LAST = date(2024, 1, 1)
UNBOUND = {"bound": 1e9, "nothing": pl.lit(None, pl.Float64)}


def errors(*, series: int) -> pl.DataFrame:
    noise = np.random.default_rng(1)
    rows = [
        {"unique_id": f"panel.{name}", "cutoff": date(2023, 6 * at + 1, 1), "step": step, "pool": "panel"}
        for name in range(series)
        for at in range(2)
        for step in range(1, 7)
    ]
    frame = pl.DataFrame(rows, schema_overrides={"step": pl.Int32()})
    size = 1 + frame["unique_id"].rank("dense") % 5
    return frame.with_columns(ds=pl.lit(LAST), error=pl.Series(noise.normal(size=frame.height)) * size)


def forecasts(series: int) -> pl.DataFrame:
    names = [f"panel.{name}" for name in range(series + 1) for _ in range(HORIZON)]  # of the last no error is known
    steps = pl.Series(list(range(1, HORIZON + 1)) * (series + 1), dtype=pl.Int32)
    return pl.DataFrame({"unique_id": names, "cutoff": LAST, "ds": LAST, "step": steps, "y_hat": 5.0})


@pytest.mark.parametrize("at_once", [1, 2_000_000], ids=["a step at a time", "all steps at once"])
@pytest.mark.parametrize("series", [4, 200], ids=["few errors", "enough"])
def test_some_at_a_time_tell_what_all_tell(monkeypatch: pytest.MonkeyPatch, series: int, at_once: int) -> None:
    monkeypatch.setattr(spilled_errors, "AT_ONCE", at_once)
    known, points = errors(series=series), forecasts(series)
    scales = points.select("unique_id", "cutoff", scale=pl.lit(2.0)).unique()
    expected = with_quantiles(points, errors=known, scales=scales, horizon=HORIZON)
    shelf, own = HeldShelf(), []
    for part in known.partition_by("unique_id", maintain_order=True):
        shelf.put(kept(part))
        own.append(own_errors(part))
    ahead = points.join(pl.concat(own), on="unique_id", how="left").rename({"y_hat": "mean"})

    usual = usual_error(shelf)
    quantiles = quantiles_of(shelf, usual=usual, horizon=HORIZON)
    found = placed(ahead.with_columns(scale=2.0, floor=0.0, **UNBOUND), quantiles=quantiles, usual=usual)

    both = found.join(expected, on=["unique_id", "step"], suffix="_expected")
    assert both.height == points.height
    for name in QUANTILE_COLUMNS:
        assert both[name].to_list() == pytest.approx(both[f"{name}_expected"].to_list(), rel=1e-12)


def one_ahead(*, mean: float, bound: float = 1e9, nothing: float | None = None) -> dict[str, float]:
    """Quantiles of a forecast, where errors are between -1 and 3 and the scale is 10."""
    ahead = pl.DataFrame({"step": [1], "mean": [mean], "scale": [10.0], "floor": [0.0], "bound": [bound]})
    ahead = ahead.with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("total", "n"))
    ahead = ahead.with_columns(pl.lit(nothing, pl.Float64).alias("nothing"), pl.col("step").cast(pl.Int32))
    ascending = {name: [-1.0 + 4.0 * at / 12] for at, name in enumerate(QUANTILE_COLUMNS)}
    quantiles = pl.DataFrame({"step": [1], **ascending}, schema_overrides={"step": pl.Int32()})
    return placed(ahead, quantiles=quantiles, usual=1.0).row(0, named=True)


def test_no_quantile_exceeds_what_growth_allows_the_forecast() -> None:
    found = one_ahead(mean=100.0, bound=105.0)

    assert found["q97_5"] == 105.0
    assert found["q50"] == 100.0


def test_an_intermittent_series_has_nothing_within_the_share_of_its_empty_months() -> None:
    found = one_ahead(mean=2.0, nothing=0.7)

    assert [found[name] for name in QUANTILE_COLUMNS[:8]] == [0.0] * 8  # up to q60
    assert found["q90"] == pytest.approx(2.0 + 10.0 * (-1.0 + 4.0 * 10 / 12))  # errors count as they are
    assert [found[name] for name in QUANTILE_COLUMNS] == sorted(found[name] for name in QUANTILE_COLUMNS)
