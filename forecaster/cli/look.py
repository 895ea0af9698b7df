"""`sectorcast forecast` and `sectorcast observations`: look at what is served, and at what it is derived from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from forecaster.cli import output, remote, wiring
from forecaster.domain.errors import BadParameter, NothingPublished, NoVintageThen
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.months import month_from_number
from forecaster.domain.published_basis import MONTH, check_basis
from forecaster.domain.vintage import QUANTILES, quantile_column
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from forecaster.adapters.open_vintage import OpenVintage, Row
    from forecaster.domain.published_basis import Observation
    from forecaster.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Basis = Annotated[
    Literal["month", "ytd", "jan-feb"],
    typer.Option(help="months, sums from January on, or January and February as one"),
]

ENDINGS = (".png", ".svg", ".json")

REPORT_COLUMNS = (
    "series_id", "period_start", "period_end", "basis", "kind", "value", "unit", "released_at", "released_assumed",
    "status",
)  # fmt: skip  # a list of names reads best filled


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(forecast)
    app.command()(observations)


def forecast(
    series_id: str,
    *,
    horizon: Annotated[int, typer.Option(help="months ahead")] = 12,
    levels: Annotated[str, typer.Option(help="intervals in percent")] = "80,95",
    basis: Basis = "month",
    as_of: Annotated[str | None, typer.Option(help=f"the one in service at {FORMS}")] = None,
    chart: Annotated[Path | None, typer.Option(help="also draw it: .png, .svg, or .json for Vega-Lite")] = None,
    url: remote.Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the latest forecast of a series, or the one in service at an instant."""
    from forecaster.adapters.vintage_totals import points_frame

    bounds = {level: _bounds(level) for level in _percentages(levels)}
    if url is not None:
        if chart is not None:
            raise BadParameter(
                name="--chart", what=f"draws from this home; {url}/v1/forecasts/{series_id}/chart.png is one."
            )
        asked = {"horizon": horizon, "basis": basis, "as_of": as_of}
        remote.show_forecast(url, series_id, levels=list(bounds), as_json=as_json, **asked)
        return
    drawing = _ending(chart) if chart else None
    settings = load_settings()
    vintage = _vintage(settings, series_id, at=instant(as_of, name="--as-of") if as_of else None)
    row = vintage.find(series_id)
    points = points_frame(vintage.points(row, horizon=horizon, basis=basis))
    rows = [_shown(point, bounds) for point in points.iter_rows(named=True)]
    if chart is not None and drawing is not None:
        history = vintage.known(row, basis=basis, catalogue=wiring.catalogue(settings))
        chart.write_bytes(_drawn(row, history, points, basis=basis, ending=drawing))
    if as_json:
        about = {key: row[key] for key in ("series_id", "name", "unit", "stale")}
        output.show_json({**about, "basis": basis, "vintage": vintage.issue.vintage_id, "points": rows})
        return
    last = f"figures to {row['last_period']:%Y-%m}"
    print(f"{row['name']}, {row['unit']}, {basis}; vintage {vintage.issue.vintage_id}, {last}")
    output.show_table(rows, columns=list(rows[0]) if rows else ["period", "mean"])


def observations(
    series_id: str,
    *,
    basis: Basis = "month",
    as_of: Annotated[str | None, typer.Option(help=f"as known at {FORMS}")] = None,
    history: Annotated[bool, typer.Option("--history", help="also every report, and their contradictions")] = False,
    url: remote.Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the figures of a series in store, and how each was obtained."""
    from forecaster.domain.observed import derivation, known_figures

    if url is not None:
        if history:
            raise BadParameter(
                name="--history", what=f"is told by {url}/v1/series/{series_id}/observations?include_history=true."
            )
        remote.show_observations(url, series_id, as_json=as_json, basis=basis, as_of=as_of)
        return
    settings = load_settings()
    catalogue = wiring.catalogue(settings)
    series = catalogue.find(series_id)
    check_basis(basis, series_id=series_id, kind=series.kind)
    reports = wiring.report_store(settings).read(as_of=instant(as_of, name="--as-of") if as_of else wiring.now())
    derived = derivation(series_id, reports=reports, catalogue=catalogue)
    known = known_figures(series_id, derived=derived, reports=reports, basis=basis, catalogue=catalogue)
    rows = [_observed(one, with_reports=history) for one in known.figures]
    told = _reports(known.history) if history else []
    against = _contradictions(known.contradictions) if history else []
    if as_json:
        behind = {"history": told, "contradictions": against} if history else {}
        about = {"series_id": series_id, "unit": series.unit, "basis": basis}
        output.show_json({**about, "observations": rows, **behind})
        return
    print(f"{series.name}, {series.unit}, {basis}")
    output.show_table(rows, columns=("period", "value", "obtained"))
    if history:
        print("\nReports")
        output.show_table(told, columns=REPORT_COLUMNS)
        print("\nContradictions")
        output.show_table(against, columns=("period_start", "period_end", "stated", "other", "size", "what"))


def _vintage(settings: "Settings", series_id: str, *, at: "datetime | None") -> "OpenVintage":
    published = wiring.vintages(settings)
    try:
        return published.in_service_at(at) if at else published.current()
    except (NothingPublished, NoVintageThen):
        wiring.catalogue(settings).find(series_id)  # a misspelt id is told first: no vintage would mend it
        raise


def _shown(point: dict[str, Any], bounds: dict[float, tuple[str, str]]) -> dict[str, Any]:
    shown = {"period": f"{point['period']:%Y-%m}", "mean": point["mean"]}
    for level, (low, high) in bounds.items():
        shown |= {f"{level:g}% from": point[low], f"{level:g}% to": point[high]}
    return {**shown, "includes_estimated": point["includes_estimated"]} if "includes_estimated" in point else shown


def _observed(figure: "Observation", *, with_reports: bool) -> dict[str, Any]:
    period = f"{month_from_number(figure.number):%Y-%m}"
    shown = {"period": period, "value": figure.value, "obtained": figure.obtained}
    return {**shown, "reports": figure.reports} if with_reports else shown


def _reports(history: "pl.DataFrame") -> list[dict[str, Any]]:
    import polars as pl

    return history.with_columns(
        pl.col("period_start", "period_end").dt.strftime("%Y-%m"), pl.col("released_at").dt.strftime("%Y-%m-%dT%H:%MZ")
    ).to_dicts()


def _contradictions(found: "pl.DataFrame") -> list[dict[str, Any]]:
    import polars as pl

    months = pl.col("period_start", "period_end").dt.strftime("%Y-%m")
    return found.with_columns(months, size=pl.col("stated") - pl.col("other")).to_dicts()


def _percentages(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BadParameter(name="--levels", what=f"{text!r} is no list of percentages such as 80,95.") from None


def _bounds(level: float) -> tuple[str, str]:
    """Columns of the quantiles that bound a central interval."""
    low, high = round((100 - level) / 200, 6), round((100 + level) / 200, 6)
    if low not in QUANTILES or high not in QUANTILES or low >= high:
        offered = [f"{(1 - 2 * quantile) * 100:g}" for quantile in QUANTILES if quantile < 0.5]
        raise BadParameter(name="--levels", what=f"{level:g} is not stored; choose among {', '.join(offered)}.")
    return quantile_column(low), quantile_column(high)


def _ending(chart: Path) -> str:
    ending = chart.suffix.lower()
    if ending not in ENDINGS:
        raise BadParameter(name="--chart", what=f"{chart} ends in none of {', '.join(ENDINGS)}. Choose one of them.")
    return ending


def _drawn(row: "Row", history: "pl.DataFrame", points: "pl.DataFrame", *, basis: str, ending: str) -> bytes:
    from forecaster.adapters import chart_images
    from forecaster.charts import fan_chart

    title = row["name"] if basis == MONTH else f"{row['name']}, {basis}"
    chart = fan_chart(history, points, title=title, unit=row["unit"], basis=basis)
    draw = {".json": chart_images.as_json, ".svg": chart_images.as_svg, ".png": chart_images.as_png}[ending]
    return draw(chart)
