import subprocess
import sys

import polars as pl
import pytest

from forecaster.charts import STYLES, calibration, error_by_horizon, fan_chart
from tests.vintages import EV, tiny_vintage

VINTAGE = tiny_vintage()
HISTORY = VINTAGE.panel.filter(unique_id=EV)
FORECASTS = VINTAGE.forecasts.filter(series_id=EV)


def test_the_fan_chart_is_a_valid_specification_with_every_layer() -> None:
    spec = fan_chart(HISTORY, FORECASTS, title="Output", unit="vehicles").to_dict(validate=True)

    styles = [layer["mark"].get("style") for layer in spec["layer"]]
    assert [style for style in styles if style] == ["band95", "band80", "cutoff", "mean", "history", "estimated"]
    assert set(styles) - {None} == set(STYLES)
    assert spec["title"] == "Output"


def test_the_fan_opens_where_the_history_ends() -> None:
    spec = fan_chart(HISTORY, FORECASTS, title="", unit="vehicles").to_dict()

    band = spec["datasets"][spec["layer"][0]["data"]["name"]]
    last = HISTORY["y"][-1]
    assert band[0] == {"period": "2026-08-01T00:00:00", "q2_5": last, "q97_5": last}
    assert len(band) == len(FORECASTS) + 1
    assert "title" not in spec


def test_a_chart_without_history_or_without_forecasts_is_valid() -> None:
    bare = fan_chart(HISTORY.clear(), FORECASTS, title="", unit="vehicles", basis="ytd").to_dict(validate=True)
    known = fan_chart(HISTORY, FORECASTS.clear(), title="", unit="vehicles", basis="jan-feb").to_dict(validate=True)

    assert "cutoff" not in [layer["mark"].get("style") for layer in bare["layer"]]
    assert len(known["layer"]) == len(bare["layer"]) + 1


def test_only_estimated_months_are_marked() -> None:
    spec = fan_chart(HISTORY, FORECASTS, title="", unit="vehicles").to_dict()

    marks = next(layer for layer in spec["layer"] if layer["mark"].get("style") == "estimated")
    assert marks["encoding"]["opacity"]["condition"]["test"] == "datum.obtained == 'estimated'"
    assert marks["encoding"]["opacity"]["value"] == 0


def test_error_by_horizon_has_a_line_for_each_candidate() -> None:
    scores = pl.DataFrame({"model": ["a", "a", "b", "b"], "step": [1, 2, 1, 2], "mase": [0.5, 0.6, 0.7, 0.8]})

    spec = error_by_horizon(scores).to_dict(validate=True)

    assert spec["encoding"]["color"]["field"] == "model"
    assert spec["datasets"][spec["data"]["name"]] == scores.to_dicts()


def test_calibration_is_drawn_against_the_diagonal() -> None:
    spec = calibration(pl.DataFrame({"nominal": [0.8], "observed": [0.77]})).to_dict(validate=True)

    ends = spec["datasets"][spec["layer"][0]["data"]["name"]]
    assert ends == [{"nominal": 0.0, "observed": 0.0}, {"nominal": 1.0, "observed": 1.0}]


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        fan_chart(HISTORY, FORECASTS.drop("q10"), title="", unit="vehicles")


def test_drawing_loads_neither_pandas_nor_pyarrow() -> None:
    script = (
        "import sys; from tests.test_charts import *; fan_chart(HISTORY, FORECASTS, title='', unit='GWh').to_dict();"
        "print(sorted({'pandas', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
