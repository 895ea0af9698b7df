"""`sectorcast retrain`: one run in the foreground."""

from typing import Annotated

import typer

from forecaster.cli import output, wiring
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.instants import FORMS, instant
from forecaster.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(retrain)


def retrain(
    *,
    experiment: Annotated[str, typer.Option(help="folder of the experiment")] = "production",
    sectors: Annotated[str | None, typer.Option(help="only these, such as ev,solar")] = None,
    as_of: Annotated[str | None, typer.Option(help=f"only what was released by then: {FORMS}")] = None,
    force: Annotated[bool, typer.Option("--force", help="into service whatever the gate says")] = False,
    job_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer in JSON")] = False,
) -> None:
    """Train, record in MLflow, decide, and put the forecasts in service."""
    from forecaster.adapters.code_version import code_version
    from forecaster.training import Order, run

    settings = load_settings()
    now = wiring.now()
    order = Order(
        experiment=wiring.experiment(settings, experiment),
        as_of=min(instant(as_of, name="--as-of").replace(microsecond=0), now)
        if as_of
        else now,  # nobody knows figures of later
        issued_at=now,
        sectors=[name.strip() for name in sectors.split(",")] if sectors else None,
        force=force,
        job_id=job_id,
        code_version=code_version(),
        by=wiring.hand(),
    )
    with stopped_by_signals(), wiring.training_ports(settings) as ports:
        result = run(order, ports=ports, catalogue=wiring.catalogue(settings), progress=output.progress)
    answer = {
        "run_id": result.run_id,
        "vintage": result.vintage_id,
        "decision": result.decision.reason,
        "forecast": result.forecast,
        "without": result.without,
        "failures": result.failures,
    }
    if as_json:
        output.show_json(answer)
        return
    where = f"Vintage {result.vintage_id} is in service" if result.vintage_id else "The champion stays in service"
    others = " The other sectors stay as they were." if sectors else ""
    print(f"{where}: {result.forecast} series forecast, {result.without} without enough data.{others}")
    print(f"{result.decision.reason} MLflow run {result.run_id}.")
