"""`sectorcast keys …`: who may read, write and operate over HTTP."""

from typing import Annotated

import typer

from forecaster.cli import output, wiring
from forecaster.settings import load_settings

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Name = Annotated[str, typer.Argument(help="of the key: whose it is, or what for")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Add, list and revoke the API keys of the HTTP service.")
    group.command()(add)
    group.command("list")(list_keys)
    group.command()(revoke)
    app.add_typer(group, name="keys")


def add(
    name: Name,
    *,
    scopes: Annotated[str, typer.Option(help="read, write, operate, with commas")] = "read",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: this once, since only its hash is kept."""
    asked = tuple(scope.strip() for scope in scopes.split(","))
    secret = wiring.keys(load_settings()).add(name, scopes=asked, now=wiring.now())
    if as_json:
        output.show_json({"name": name, "scopes": asked, "key": secret})
        return
    output.progress(f"{name}: a key with scope {', '.join(asked)}. It is shown this once:")
    print(secret)


def list_keys(*, as_json: AsJson = False) -> None:
    """All keys with their scopes, never the keys themselves."""
    found = wiring.keys(load_settings()).known()
    if as_json:
        output.show_json([{"name": key.name, "scopes": key.scopes, "created_at": key.created_at} for key in found])
        return
    rows = [
        {"name": key.name, "scopes": ", ".join(key.scopes), "created": f"{key.created_at:%Y-%m-%d %H:%M} UTC"}
        for key in found
    ]
    output.show_table(rows, columns=("name", "scopes", "created"))


def revoke(name: Name, *, as_json: AsJson = False) -> None:
    """Forget a key: it opens nothing from now on; a running service notices at once."""
    wiring.keys(load_settings()).revoke(name)
    output.show_json({"revoked": name}) if as_json else print(f"{name} is revoked")
