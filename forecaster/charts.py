"""The charts, defined once: for MLflow, for the page and for files."""

from datetime import date
from pathlib import Path
from typing import TypeVar

import altair as alt
import polars as pl

HISTORY, FORECAST, ESTIMATED = "#3b4252", "#b45309", "#8a93a6"

STYLES = {
    "history": {"color": HISTORY, "strokeWidth": 1.75},
    "estimated": {"color": HISTORY, "strokeWidth": 1.25, "size": 24, "filled": False},
    "mean": {"color": FORECAST, "strokeWidth": 2.25},
    "band80": {"color": FORECAST, "opacity": 0.26},
    "band95": {"color": FORECAST, "opacity": 0.13},
    "cutoff": {"color": ESTIMATED, "strokeDash": [3, 3], "size": 1},
}
"""Named, so that a page can restyle a chart for its own background without knowing the layers."""

SCRIPTS = Path(__file__).with_name("bundled") / "vega"
"""The folder of what draws charts in a page: vega, vega-lite and vega-embed, to be loaded in this order."""

MONTH = "%b %Y"
PERIODS = {"month": "month", "ytd": "January to", "jan-feb": "January and"}
"""What the month of a figure is called, by basis."""

Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)


def fan_chart(
    history: pl.DataFrame,
    forecasts: pl.DataFrame,
    *,
    title: str,
    unit: str,
    basis: str = "month",
    height: int = 340,
) -> alt.LayerChart:
    """The history of a series and the fan of its forecasts.

    Args:
        history: columns ds, y, obtained, by ds; estimated figures are marked.
        forecasts: columns period, mean, q2_5, q10, q90, q97_5, by period, in the unit of `history`.
        title: above the chart; may be empty.
        unit: of both frames, on the axis.
        basis: of both frames.
        height: in pixels; the width follows the container.

    Returns:
        A layered chart: 95 % and 80 % band, mean, history, estimated figures, a rule at the last that is known.
    """
    last = history.tail(1)
    fan = _from_cutoff(last, forecasts)
    layers = [
        _band(fan, low="q2_5", high="q97_5", style="band95"),
        _band(fan, low="q10", high="q90", style="band80"),
        *[_cutoff(ds) for ds in last["ds"]],
        _line(fan, field="mean", style="mean"),
        _line(history.rename({"ds": "period"}), field="y", style="history"),
        _marks(history, unit=unit, month=PERIODS[basis]),
        _targets(forecasts, unit=unit, month=PERIODS[basis]),
    ]
    return styled(alt.LayerChart(layer=layers), title=title, width="container", height=height)


def error_by_horizon(scores: pl.DataFrame, *, title: str = "Backtest error by horizon") -> alt.Chart:
    """MASE against the months ahead, a line for each candidate.

    Args:
        scores: columns model, step (months ahead, from 1), mase.
        title: above the chart.
    """
    chart: alt.Chart = (
        alt.Chart(scores.select("model", "step", "mase"))
        .mark_line(point=True)
        .encode(
            x=alt.X("step:Q", title="months ahead", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("mase:Q", title="MASE", scale=alt.Scale(zero=False)),
            color=alt.Color("model:N", title=None),
            tooltip=["model:N", "step:Q", alt.Tooltip("mase:Q", format=".3f")],
        )
    )
    return styled(chart, title=title, width=560, height=320)


def calibration(frame: pl.DataFrame, *, title: str = "Coverage of the intervals in the backtest") -> alt.LayerChart:
    """Observed against nominal coverage; on the diagonal, intervals hold what they promise.

    Args:
        frame: columns nominal, observed: shares in (0, 1).
        title: above the chart.
    """
    whole = alt.Scale(domain=[0, 1])
    points = (
        alt.Chart(frame.select("nominal", "observed"))
        .mark_line(point={"color": FORECAST}, color=FORECAST)
        .encode(
            x=alt.X("nominal:Q", title="nominal coverage", scale=whole, axis=alt.Axis(format="%")),
            y=alt.Y("observed:Q", title="observed coverage", scale=whole, axis=alt.Axis(format="%")),
            tooltip=[alt.Tooltip("nominal:Q", format=".0%"), alt.Tooltip("observed:Q", format=".1%")],
        )
    )
    ends = pl.DataFrame({"nominal": [0.0, 1.0], "observed": [0.0, 1.0]})
    diagonal = alt.Chart(ends).mark_line(strokeDash=[4, 4], color=ESTIMATED).encode(x="nominal:Q", y="observed:Q")
    return styled(alt.LayerChart(layer=[diagonal, points]), title=title, width=340, height=340)


def _from_cutoff(last: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Forecasts with the last observed month before them, so that the fan opens where the history ends."""
    columns = ("mean", "q2_5", "q10", "q90", "q97_5")
    start = last.select(pl.col("ds").alias("period"), *[pl.col("y").alias(column) for column in columns])
    return pl.concat([start, forecasts.select("period", *columns)])


def _month(field: str = "period") -> alt.X:
    return alt.X(f"{field}:T", title=None, axis=alt.Axis(format="%Y", tickCount="year", grid=False))


def _value(field: str) -> alt.Y:
    return alt.Y(f"{field}:Q", title=None, axis=alt.Axis(format="~s", tickCount=6))


def _band(fan: pl.DataFrame, *, low: str, high: str, style: str) -> alt.Chart:
    marked = alt.Chart(fan.select("period", low, high)).mark_area(style=style)
    chart: alt.Chart = marked.encode(x=_month(), y=_value(low), y2=alt.Y2(high))
    return chart


def _line(frame: pl.DataFrame, *, field: str, style: str) -> alt.Chart:
    marked = alt.Chart(frame.select("period", field)).mark_line(style=style)
    chart: alt.Chart = marked.encode(x=_month(), y=_value(field))
    return chart


def _cutoff(last: date) -> alt.Chart:
    marked = alt.Chart(pl.DataFrame({"period": [last]})).mark_rule(style="cutoff")
    chart: alt.Chart = marked.encode(x=_month())
    return chart


def _marks(history: pl.DataFrame, *, unit: str, month: str) -> alt.Chart:
    """A mark for each estimated figure, and an invisible one for the others, so that each shows its value."""
    chart: alt.Chart = (
        alt.Chart(history.select("ds", "y", "obtained"))
        .mark_point(style="estimated")
        .encode(
            x=_month("ds"),
            y=_value("y"),
            # Not by `alt.condition`, which checks itself against the whole schema.
            opacity=alt.OpacityValue(0, condition={"test": "datum.obtained == 'estimated'", "value": 1}),
            tooltip=[
                alt.Tooltip("ds:T", title=month, format=MONTH),
                alt.Tooltip("y:Q", title=unit, format=",.6~r"),
                alt.Tooltip("obtained:N"),
            ],
        )
    )
    return chart


def _targets(forecasts: pl.DataFrame, *, unit: str, month: str) -> alt.Chart:
    """Invisible marks on the mean, so that each forecast shows its values."""
    bounds = {"q10": "80 % from", "q90": "80 % to", "q2_5": "95 % from", "q97_5": "95 % to"}
    chart: alt.Chart = (
        alt.Chart(forecasts.select("period", "mean", *bounds))
        .mark_point(opacity=0, size=90)
        .encode(
            x=_month(),
            y=_value("mean"),
            tooltip=[
                alt.Tooltip("period:T", title=month, format=MONTH),
                alt.Tooltip("mean:Q", title=unit, format=",.4~r"),
                *[alt.Tooltip(f"{field}:Q", title=label, format=",.4~r") for field, label in bounds.items()],
            ],
        )
    )
    return chart


def styled(chart: Drawn, *, title: str, width: int | str, height: int | alt.Step) -> Drawn:
    """The chart, given its size and the fonts, colours and styles that all have in common; no title where it is empty.

    Set on the chart itself: Altair's `properties` copies every layer, one property after the other.
    """
    chart.config = alt.Config(
        style=STYLES,
        font="system-ui, sans-serif",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(domain=False, ticks=False, labelColor="#5b6474", gridColor="#e5e7eb", labelPadding=6),
        title=alt.TitleConfig(anchor="start", fontSize=14, fontWeight=600),
    )
    chart.width, chart.height = width, height
    if title:
        chart.title = title
    return chart
