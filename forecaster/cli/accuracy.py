"""`sectorcast accuracy`: how good published forecasts turned out."""

from typing import Annotated, Literal

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import UnknownName
from forecaster.settings import load_settings

KEYS = {"horizon": "step", "series": "unique_id", "vintage": "vintage"}
NAMES = {"horizon": "horizon", "series": "series_id", "vintage": "vintage"}


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(accuracy)


def accuracy(
    *,
    by: Annotated[Literal["horizon", "series", "vintage"], typer.Option(help="a row for each")] = "horizon",
    sector: Annotated[str | None, typer.Option(help="of one sector only")] = None,
    series: Annotated[str | None, typer.Option(help="of one series only, by its id")] = None,
    against: Annotated[
        Literal["first", "latest"], typer.Option(help="each figure as first stated, or as it stands")
    ] = "latest",
    as_json: Annotated[bool, typer.Option("--json", help="answer in JSON")] = False,
) -> None:
    """Show how far published forecasts were from the figures that came since.

    MASE and bias are in units of a series' usual error, sMAPE in percent, coverage a share of 1; skill is what MASE
    lies below that of the seasonal naive forecast. Only figures that were officially stated count.
    """
    import polars as pl

    from forecaster import monitoring
    from forecaster.domain.panel import SECTOR
    from forecaster.domain.realised import SCORES, realised_scores

    settings = load_settings()
    catalogue, store = wiring.catalogue(settings), wiring.vintages(settings)
    current = store.current()
    if sector is not None and sector not in catalogue.sectors:
        raise UnknownName(name="--sector", value=sector, known=list(catalogue.sectors))
    if series is not None:
        current.find(series)
    published = store.opened(store.published())
    found = monitoring.figures(published, current=current, catalogue=catalogue, against=against)
    wanted = [pl.col("sector") == sector] if sector else []
    wanted += [pl.col("unique_id") == series] if series else []
    figures = found.with_columns(SECTOR).filter(*wanted)
    key = KEYS[by]
    rows = realised_scores(figures, by=[key]).rename({key: NAMES[by]}).to_dicts()
    (overall,) = realised_scores(figures, by=[]).to_dicts()
    if as_json:
        vintages = figures["vintage"].unique().sort().to_list()
        output.show_json({"by": by, "against": against, "vintages": vintages, "overall": overall, "items": rows})
        return
    output.show_table([*rows, {NAMES[by]: "all", **overall}], columns=(NAMES[by], *SCORES))
    if not rows:
        print("No figure has come yet of what was forecast; one that was taken in lately counts from the next run on.")
