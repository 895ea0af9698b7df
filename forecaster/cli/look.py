"""`sectorcast forecast` and `sectorcast observations`: look at what is served, and at what it is derived from."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import BadParameter
from forecaster.domain.vintage import QUANTILES, quantile_column
from forecaster.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from forecaster.adapters.open_vintage import OpenVintage, Row

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(forecast)
    app.command()(observations)


def forecast(
    series_id: str,
    *,
    horizon: Annotated[int, typer.Option(help="months ahead")] = 12,
    levels: Annotated[str, typer.Option(help="intervals in percent")] = "80,95",
    chart: Annotated[Path | None, typer.Option(help="also draw it, as PNG")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the latest forecast of a series."""
    import polars as pl

    bounds = {level: _bounds(level) for level in _percentages(levels)}
    vintage = wiring.vintages(load_settings()).current()
    row = vintage.find(series_id)
    points = pl.DataFrame(vintage.points(row, horizon=horizon)).cast({"period": pl.Date()})
    shown = [pl.col("period").dt.strftime("%Y-%m"), pl.col("mean")]
    for level, (low, high) in bounds.items():
        shown += [pl.col(low).alias(f"{level:g}% from"), pl.col(high).alias(f"{level:g}% to")]
    rows = points.select(shown).to_dicts()
    if chart is not None:
        chart.write_bytes(_png(vintage, row, points))
    if as_json:
        about = {key: row[key] for key in ("series_id", "name", "unit", "stale")}
        output.show_json({**about, "vintage": vintage.issue.vintage_id, "points": rows})
        return
    print(f"{row['name']}, {row['unit']}; vintage {vintage.issue.vintage_id}, figures to {row['last_period']:%Y-%m}")
    output.show_table(rows, columns=list(rows[0]))


def observations(
    series_id: str,
    *,
    as_of: Annotated[str | None, typer.Option(help="as known at the end of this day, YYYY-MM-DD")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the panel of a series: every month, and how its figure was obtained."""
    import polars as pl

    from forecaster.domain.conventions import build_panel
    from forecaster.domain.derived import with_derived

    settings = load_settings()
    catalogue = wiring.catalogue(settings)
    series = catalogue.find(series_id)
    known = wiring.report_store(settings).read(as_of=wiring.end_of_day(as_of) if as_of else wiring.now())
    declared = known.filter(pl.col("series_id").is_in(list(catalogue.series)))
    panel = with_derived(build_panel(declared, catalogue=catalogue).panel, catalogue=catalogue)
    rows = [
        {
            "period": f"{row['ds']:%Y-%m}",
            "value": row["y"],
            "obtained": row["obtained"],
            "stated_from": _month(row["block_start"]),
            "stated_to": _month(row["block_end"]),
        }
        for row in panel.filter(pl.col("unique_id") == series_id).iter_rows(named=True)
    ]
    if as_json:
        output.show_json({"series_id": series_id, "unit": series.unit, "observations": rows})
        return
    print(f"{series.name}, {series.unit}")
    output.show_table(rows, columns=("period", "value", "obtained", "stated_from", "stated_to"))


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


def _month(day: date | None) -> str | None:
    return None if day is None else f"{day:%Y-%m}"
