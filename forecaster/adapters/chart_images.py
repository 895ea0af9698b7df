"""Charts as files: SVG and PNG by vl-convert, without a browser and without a network."""

import altair as alt
import vl_convert

WIDTH = 760  # pixels
SCALE = 2.0  # of PNG, for screens of twice the density


def as_json(chart: alt.LayerChart) -> bytes:
    """A chart as a Vega-Lite specification of a fixed width."""
    return _specification(chart).encode()


def as_svg(chart: alt.LayerChart) -> bytes:
    """A chart as SVG."""
    return str(vl_convert.vegalite_to_svg(_specification(chart))).encode()


def as_png(chart: alt.LayerChart) -> bytes:
    """A chart as PNG."""
    return bytes(vl_convert.vegalite_to_png(_specification(chart), scale=SCALE))


def _specification(chart: alt.LayerChart) -> str:
    return str(chart.properties(width=WIDTH).to_json())
