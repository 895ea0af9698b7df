"""`sectorcast models …`: which of the kept vintages is in service, and how it came there."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, wiring
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.domain.history import AliasState, Event
    from forecaster.promoting import Changed, Model

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Reason = Annotated[str, typer.Option(help="for the history")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    models = typer.Typer(no_args_is_help=True, help="Champion and challengers: list, history, promote, rollback.")
    for command in (history, promote, rollback):
        models.command()(command)
    models.command("list")(list_models)
    app.add_typer(models, name="models")


def list_models(*, as_json: AsJson = False) -> None:
    """Every vintage that is kept: the champion in service, former ones, challengers."""
    from forecaster.promoting import models

    kept = wiring.kept(load_settings())
    found, alias = models(kept), kept.alias_state()
    if as_json:
        output.show_json({"models": [model_as_json(model) for model in found], "alias": asdict(alias)})
        return
    columns = ("state", "vintage", "version", "experiment", "figures as of", "in service since")
    output.show_table([_row(model) for model in found], columns=columns)
    for line in _of_alias(alias):
        print(line)


def history(
    *, limit: Annotated[int, typer.Option(min=1, help="how many, the newest first")] = 20, as_json: AsJson = False
) -> None:
    """What went into service or was refused: when, why, by which job or hand."""
    from forecaster import promoting

    found = promoting.history(wiring.kept(load_settings()))[:limit]
    if as_json:
        output.show_json([event_as_json(event) for event in found])
        return
    rows = [{**event_as_json(event), "at": _instant(event.at), "version": event.cause.model_version} for event in found]
    output.show_table(rows, columns=("at", "kind", "vintage", "version", "by", "reason"))


def promote(
    name: Annotated[str, typer.Argument(help="vintage, or version of the model in MLflow")],
    *,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Put a kept vintage in service, such as a challenger that the gate refused."""
    from forecaster import promoting

    settings = load_settings()
    changed = promoting.promote(
        name,
        kept=wiring.kept(settings),
        aliases=wiring.alias(settings),
        by=wiring.hand(),
        reason=reason,
        waiting=output.progress,
    )
    _show(changed, as_json=as_json)


def rollback(
    *,
    to: Annotated[str | None, typer.Option(help="vintage or version that has been in service before")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Put back in service what was there before; a second time, what was there before that."""
    from forecaster import promoting

    settings = load_settings()
    changed = promoting.rollback(
        to=to,
        kept=wiring.kept(settings),
        aliases=wiring.alias(settings),
        by=wiring.hand(),
        reason=reason,
        waiting=output.progress,
    )
    _show(changed, as_json=as_json)


def model_as_json(model: "Model") -> dict[str, Any]:
    """A kept vintage as JSON tells it."""
    issue = model.issue
    names = ("experiment", "run_id", "model_version", "issued_at", "data_as_of", "code_version", "decision")
    told = {name: getattr(issue, name) for name in names}
    return {"vintage": issue.vintage_id, "state": model.state, "in_service_since": model.since, **told}


def event_as_json(event: "Event") -> dict[str, Any]:
    """An event as JSON tells it."""
    return {"at": event.at, "vintage": event.vintage_id or None, **asdict(event.cause)}


def _row(model: "Model") -> dict[str, object]:
    issue = model.issue
    return {
        "state": model.state,
        "vintage": issue.vintage_id,
        "version": issue.model_version,
        "experiment": issue.experiment,
        "figures as of": _instant(issue.data_as_of),
        "in service since": _instant(model.since) if model.since else None,
    }


def _of_alias(alias: "AliasState") -> list[str]:
    lines = []
    if alias.refused:
        lines.append(f"MLflow's alias champion is on version {alias.refused.model_version}: {alias.refused.reason}")
    if alias.fault:
        lines.append(alias.fault)
    return lines


def _show(changed: "Changed", *, as_json: bool) -> None:
    if as_json:
        output.show_json(asdict(changed))
        return
    if changed.previous == changed.vintage_id:
        print(f"Vintage {changed.vintage_id} is in service already; nothing was changed.")
    else:
        print(f"Vintage {changed.vintage_id} is in service, instead of {changed.previous or 'nothing'}.")
    if changed.alias:
        print(f"MLflow's alias does not show it yet: {changed.alias}.")


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
