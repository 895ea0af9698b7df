"""`sectorcast retrain`: one run in the foreground; and what jobs have left open."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, wiring
from forecaster.cli.reproduction import again
from forecaster.cli.stopping import stopped_by_signals
from forecaster.domain.errors import BadParameter
from forecaster.domain.instants import FORMS
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.training import Result


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(retrain)
    app.command(hidden=True)(end_runs)


def retrain(
    *,
    experiment: Annotated[str | None, typer.Option(help="folder of the experiment; production")] = None,
    sectors: Annotated[str | None, typer.Option(help="only these, such as ev,solar")] = None,
    as_of: Annotated[str | None, typer.Option(help=f"only what was released by then: {FORMS}")] = None,
    force: Annotated[bool, typer.Option("--force", help="into service whatever the gate says")] = False,
    from_nothing: Annotated[bool, typer.Option("--from-nothing", help="make fits of earlier runs again")] = False,
    reproduce: Annotated[str | None, typer.Option(help="a recorded run again, and how far its numbers differ")] = None,
    job_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    issued_at: Annotated[str | None, typer.Option(hidden=True, help="fixed by the job, which may be resumed")] = None,
    known_at: Annotated[str | None, typer.Option(hidden=True, help="fixed by the job")] = None,
    reports_version: Annotated[str | None, typer.Option(hidden=True, help="fixed by the job")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer in JSON")] = False,
) -> None:
    """Train, record in MLflow, decide, and put the forecasts in service."""
    from forecaster.adapters.forked import origin, seldom_collected

    origin()  # first of all: it imports the models beside what comes here
    seldom_collected()
    from forecaster.training import run

    if reproduce is not None:
        if experiment or sectors or as_of or force or from_nothing:
            raise BadParameter(name="--reproduce", what="takes everything from the run; leave the other options out.")
        again(reproduce, as_json=as_json)
        return
    settings = load_settings()
    order = replace(
        wiring.order(
            settings,
            wiring.experiment(settings, experiment or "production"),
            sectors=sectors,
            as_of=as_of,
            issued_at=issued_at,
            known=known_at,
        ),
        force=force,
        job_id=job_id,
        version=reports_version,
        resumes=issued_at is not None,
    )
    tell = output.progress_for_worker if job_id else output.progress
    with (
        stopped_by_signals(),
        wiring.training_ports(settings, experiment=order.experiment, from_nothing=from_nothing) as ports,
    ):
        result = run(order, ports=ports, catalogue=wiring.catalogue(settings), progress=tell)
    if as_json:
        output.show_json(_told(result))
        return
    where = f"Vintage {result.vintage_id} is in service" if result.vintage_id else "The champion stays in service"
    others = " The other sectors stay as they were." if sectors else ""
    print(f"{where}: {result.forecast} series forecast, {result.without} without enough data.{others}")
    print(f"{result.decision.reason} {recorded_as(result)}")


def _told(result: "Result") -> dict[str, Any]:
    """What a run answers with `--json`; the worker keeps it with the job."""
    return {
        "run_id": result.run_id,
        "vintage": result.vintage_id,
        "decision": result.decision.reason,
        "forecast": result.forecast,
        "without": result.without,
        "failures": result.failures,
        "recorded": result.recorded,
    }


def recorded_as(result: "Result") -> str:
    """Where the record of a run is to be found."""
    if result.recorded:
        return f"MLflow run {result.run_id}."
    return f"MLflow is out of reach: run {result.run_id} is recorded there later, by the worker or `sectorcast record`."


def end_runs(job_id: str) -> None:
    """End in MLflow, as killed, what a job has left open that no worker goes on with."""
    from forecaster.adapters import mlflow_endings

    settings = load_settings()
    ended = mlflow_endings.end_runs(wiring.mlflow(settings), job_id=job_id)
    output.progress(f"job {job_id}: {ended} runs were open in MLflow and are ended as killed")
