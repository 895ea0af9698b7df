"""The charts of a whole run; those of single series are `charts`'s."""

import altair as alt
import polars as pl

from forecaster.charts import ESTIMATED, FORECAST, HISTORY, MONTH, fan_chart, styled

NAMED = 45
"""Series up to which each has its name on the axis; beyond, the page tells it under the pointer."""


def past_fan_chart(
    history: pl.DataFrame, forecasts: pl.DataFrame, actuals: pl.DataFrame, *, title: str, unit: str
) -> alt.LayerChart:
    """A forecast of the backtest, with what came.

    Args:
        history: columns ds, y, obtained, by ds: up to the cutoff.
        forecasts: columns period, mean, q2_5, q10, q90, q97_5, by period.
        actuals: columns ds, y, by ds: after the cutoff.
        title: above the chart.
        unit: of all three.
    """
    drawn = fan_chart(history, forecasts, title=title, unit=unit)
    came = (
        alt.Chart(actuals.select("ds", "y"))
        .mark_line(color=HISTORY, strokeWidth=1.5, point=alt.OverlayMarkDef(size=18, color=HISTORY))
        .encode(
            x=alt.X("ds:T"),
            y=alt.Y("y:Q"),
            tooltip=[
                alt.Tooltip("ds:T", title="came in", format=MONTH),
                alt.Tooltip("y:Q", title=unit, format=",.4~r"),
            ],
        )
    )
    drawn.layer = [*drawn.layer, came]
    return drawn


def skill_chart(skills: pl.DataFrame, *, title: str) -> alt.Chart:
    """The skill of each series over the seasonal naive forecast, the best on top.

    Args:
        skills: columns unique_id, skill, mase, naive.
        title: above the chart.
    """
    named = skills.height <= NAMED
    label = alt.Axis(labelLimit=320) if named else None
    chart: alt.Chart = (
        alt.Chart(skills.select("unique_id", "skill", "mase", "naive"))
        .mark_bar()
        .encode(
            x=alt.X(
                "skill:Q",
                title="share of the seasonal naive error that is spared",
                axis=alt.Axis(format="%", tickCount=6),
            ),
            y=alt.Y("unique_id:N", sort="-x", title=None if named else f"{skills.height} series", axis=label),
            color=alt.condition("datum.skill > 0", alt.value(FORECAST), alt.value(ESTIMATED)),
            tooltip=[
                "unique_id:N",
                alt.Tooltip("skill:Q", format=".1%"),
                alt.Tooltip("mase:Q", title="MASE", format=".3f"),
                alt.Tooltip("naive:Q", title="MASE of seasonal naive", format=".3f"),
            ],
        )
    )
    return styled(chart, title=title, width=560, height=alt.Step(14 if named else 4))


def weights_chart(weights: pl.DataFrame, *, title: str = "What forecasts are made of") -> alt.Chart:
    """The mean weight of each candidate in each sector.

    Args:
        weights: columns sector, model, weight (mean over the sector's series).
        title: above the chart.
    """
    chart: alt.Chart = (
        alt.Chart(weights.select("sector", "model", "weight"))
        .mark_bar()
        .encode(
            x=alt.X("weight:Q", title="mean weight over the sector's series", axis=alt.Axis(format="%")),
            y=alt.Y("sector:N", title=None),
            color=alt.Color("model:N", title=None, scale=alt.Scale(scheme="tableau20")),
            tooltip=["sector:N", "model:N", alt.Tooltip("weight:Q", format=".1%")],
        )
    )
    return styled(chart, title=title, width=560, height=alt.Step(34))
