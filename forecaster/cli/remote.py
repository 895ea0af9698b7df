"""The same looks at a service elsewhere: what `--url` of a command asks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output
from forecaster.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from forecaster.client import Client

Url = Annotated[
    str | None,
    typer.Option(help="ask the service there instead of this home; its key is in SECTORCAST_CLIENT_KEY"),
]


def client(url: str) -> "Client":
    """A client of a service."""
    from forecaster.client import Client

    return Client(url, key=load_settings().client_key)


def show_forecast(url: str, series_id: str, *, levels: list[float], as_json: bool, **asked: Any) -> None:
    """Print the forecast of a series as a service gives it."""
    with client(url) as service:
        found = service.forecast(series_id, levels=levels, **asked)
    about = {name: found[name][0] for name in ("series_id", "name", "unit", "basis", "vintage")}
    bounds = [name for name in found.columns if name.startswith(("lower_", "upper_"))]
    names = {bound: f"{bound[6:]}% {'from' if bound.startswith('lower') else 'to'}" for bound in bounds}
    marked = [name for name in ("includes_estimated",) if name in found.columns]
    rows = found.select("period", "mean", *bounds, *marked).rename(names).to_dicts()
    if as_json:
        output.show_json({**about, "points": rows})
        return
    print(f"{about['name']}, {about['unit']}, {about['basis']}; vintage {about['vintage']}, {url}")
    output.show_table(rows, columns=list(rows[0]))


def show_observations(url: str, series_id: str, *, as_json: bool, **asked: Any) -> None:
    """Print the figures of a series as a service gives them."""
    with client(url) as service:
        found: pl.DataFrame = service.observations(series_id, **asked)
    rows = found.select("period", "value", "obtained").to_dicts()
    if as_json:
        unit = found["unit"][0] if found.height else None
        output.show_json({"series_id": series_id, "unit": unit, "basis": asked["basis"], "observations": rows})
        return
    print(f"{series_id}, {asked['basis']}; {url}")
    output.show_table(rows, columns=("period", "value", "obtained"))
