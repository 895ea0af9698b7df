"""The charts of a whole run."""

from datetime import date

import polars as pl

from forecaster.run_charts import NAMED, past_fan_chart, skill_chart, weights_chart
from tests.vintages import EV, tiny_vintage

VINTAGE = tiny_vintage()


def test_what_came_is_drawn_over_the_fan() -> None:
    known = VINTAGE.panel.filter(unique_id=EV)
    came = pl.DataFrame({"ds": [date(2026, 9, 1), date(2026, 10, 1)], "y": [1.4e6, 1.6e6]})

    drawn = past_fan_chart(known, VINTAGE.forecasts.filter(series_id=EV), came, title="Then", unit="vehicles")

    spec = drawn.to_dict(validate=True)
    assert spec["title"] == "Then"
    assert [row["y"] for row in spec["datasets"][spec["layer"][-1]["data"]["name"]]] == [1.4e6, 1.6e6]
    assert [layer["mark"].get("style") for layer in spec["layer"][:2]] == ["band95", "band80"]


def test_skill_names_series_as_long_as_their_names_can_be_read() -> None:
    rows = pl.DataFrame({"unique_id": ["a", "b"], "skill": [0.2, -0.1], "mase": [0.8, 1.1], "naive": [1.0, 1.0]})
    many = pl.concat([rows.with_columns(unique_id=pl.col("unique_id") + str(at)) for at in range(NAMED)])

    few, crowded = (skill_chart(one, title="").to_dict(validate=True)["encoding"]["y"] for one in (rows, many))

    assert few["axis"] is not None
    assert crowded["axis"] is None
    assert crowded["title"] == f"{many.height} series"


def test_weights_have_a_bar_for_each_sector() -> None:
    rows = pl.DataFrame({"sector": ["ev", "ev"], "model": ["a", "b"], "weight": [0.25, 0.75]})

    spec = weights_chart(rows).to_dict(validate=True)

    assert spec["datasets"][spec["data"]["name"]] == rows.to_dicts()
    assert (spec["encoding"]["y"]["field"], spec["encoding"]["color"]["field"]) == ("sector", "model")
