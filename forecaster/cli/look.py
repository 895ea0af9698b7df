"""`sectorcast forecast` and `sectorcast observations`: look at what is served, and at what it is derived from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import BadParameter
from forecaster.domain.instants import FORMS, instant
from forecaster.domain.months import month_from_number
from forecaster.domain.published_basis import MONTH, check_basis
from forecaster.domain.vintage import QUANTILES, quantile_column
from forecaster.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from forecaster.adapters.open_vintage import OpenVintage, Row
    from forecaster.domain.published_basis import Observation

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Basis = Annotated[
    Literal["month", "ytd", "jan-feb"],
    typer.Option(help="months, sums from January on, or January and February as one"),
]

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
    chart: Annotated[Path | None, typer.Option(help="also draw its months, as PNG")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the latest forecast of a series, or the one in service at an instant."""
    bounds = {level: _bounds(level) for level in _percentages(levels)}
    published = wiring.vintages(load_settings())
    vintage = published.in_service_at(instant(as_of, name="--as-of")) if as_of else published.current()
    row = vintage.find(series_id)
    points = _points(vintage, row, horizon=horizon, basis=basis)
    rows = [_shown(point, bounds) for point in points.iter_rows(named=True)]
    if chart is not None:
        chart.write_bytes(_png(vintage, row, _points(vintage, row, horizon=horizon, basis=MONTH)))
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
    as_json: AsJson = False,
) -> None:
    """Show the figures of a series in store, and how each was obtained."""
    from forecaster.domain.observed import derivation, known_figures

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


def _points(vintage: "OpenVintage", row: "Row", *, horizon: int, basis: str) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(vintage.points(row, horizon=horizon, basis=basis), schema_overrides={"period": pl.Int32}).cast(
        {"period": pl.Date}
    )


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


def _png(vintage: "OpenVintage", row: "Row", points: "pl.DataFrame") -> bytes:
    import vl_convert

    from forecaster.charts import fan_chart

    drawn = fan_chart(vintage.history(row), points, title=row["name"], unit=row["unit"])
    return bytes(vl_convert.vegalite_to_png(drawn.properties(width=760).to_json(), scale=2.0))
