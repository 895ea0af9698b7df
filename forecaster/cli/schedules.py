"""`sectorcast schedule …` and `sectorcast jobs`: retraining, by the clock or now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import JobFailed, UnknownName
from forecaster.domain.ports import Job, Jobs, Met, Schedule
from forecaster.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Name = Annotated[str, typer.Argument(help="of the schedule")]
WAIT_SECONDS = 1.0


class IfBusy(StrEnum):
    """What becomes of an order for which a job is queued or running already."""

    QUEUE = "queue"
    JOIN = "join"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    schedule = typer.Typer(no_args_is_help=True, help="List, add, pause, resume, remove and run schedules.")
    for command in (add, pause, resume, remove, run):
        schedule.command()(command)
    schedule.command("list")(list_schedules)
    app.add_typer(schedule, name="schedule")
    app.command("jobs")(list_jobs)


def list_schedules(*, as_json: AsJson = False) -> None:
    """All schedules: when next, and how the last job ended."""
    with _jobs() as jobs:
        found = jobs.schedules()
    if as_json:
        output.show_json([asdict(schedule) for schedule in found])
        return
    columns = ("name", "cron", "zone", "experiment", "next run", "last outcome")
    output.show_table([_row(schedule) for schedule in found], columns=columns)


def add(
    name: Name,
    *,
    cron: Annotated[str | None, typer.Option(help="minute hour day month weekday, such as '0 10 18 * *'")] = None,
    on: Annotated[str | None, typer.Option(help="`release`: figures that change start it, some minutes later")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone that the hours are read in")] = "Asia/Shanghai",
    experiment: Annotated[str, typer.Option(help="what its jobs run")] = "production",
    sectors: Annotated[str | None, typer.Option(help="only these, with commas; all by default")] = None,
) -> None:
    """Create a schedule, or change the one of that name: by the clock (--cron) or --on release."""
    settings = load_settings()
    wiring.experiment(settings, experiment)  # an unknown one is told now, not at the first run
    only = _sectors(sectors, settings=settings)
    with _jobs() as jobs:
        jobs.add_schedule(name, cron=cron, on=on, zone=zone, experiment=experiment, sectors=only)
    when = f"{cron} ({zone})" if cron else "at each release"
    print(f"{name}: {when}, experiment {experiment}, {', '.join(only) if only else 'all sectors'}")


def pause(name: Name) -> None:
    """Stop a schedule from firing."""
    with _jobs() as jobs:
        jobs.pause(name)
    print(f"{name} is paused")


def resume(name: Name) -> None:
    """Let a paused schedule fire again."""
    with _jobs() as jobs:
        jobs.resume(name)
    print(f"{name} fires again")


def remove(name: Name) -> None:
    """Delete a schedule; its past jobs stay listed."""
    with _jobs() as jobs:
        jobs.remove(name)
    print(f"{name} is removed")


def run(
    name: Name,
    *,
    if_busy: Annotated[
        IfBusy, typer.Option(help="where a job of the same experiment and sectors waits or runs: one more, or that one")
    ] = IfBusy.QUEUE,
    wait: Annotated[bool, typer.Option("--wait", help="until the job has ended")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a schedule's job now, paused or not; the worker carries it out."""
    with _jobs() as jobs:
        met = jobs.join_now(name) if if_busy is IfBusy.JOIN else Met(jobs.run_now(name), joined=False)
        job_id = met.job_id
        if wait:
            output.progress(f"job {job_id}: waiting for the worker")
        job = _ended(jobs, job_id) if wait else None
    if job is None:
        told = f"job {job_id} was asked for already" if met.joined else f"job {job_id} is queued"
        output.show_json(asdict(met)) if as_json else print(told)
        return
    if job.state != "succeeded":
        raise JobFailed(job_id=job_id, reason=job.detail or job.state)
    output.show_json(asdict(job)) if as_json else print(f"job {job_id} ended: {job.detail}")


def list_jobs(
    *, limit: Annotated[int, typer.Option(min=1, max=1000, help="how many")] = 20, as_json: AsJson = False
) -> None:
    """The latest jobs, newest first."""
    with _jobs() as jobs:
        found = jobs.jobs(limit=limit)
    if as_json:
        output.show_json([asdict(job) for job in found])
        return
    rows = [{**asdict(job), "created": f"{job.created_at:%Y-%m-%d %H:%M} UTC"} for job in found]
    output.show_table(rows, columns=("job_id", "experiment", "state", "created", "detail"))


def _sectors(given: str | None, *, settings: Settings) -> list[str] | None:
    if given is None:
        return None
    known = wiring.catalogue(settings).sectors
    asked = [one.strip() for one in given.split(",")]
    for one in asked:
        if one not in known:
            raise UnknownName(name="--sectors", value=one, known=sorted(known))
    return asked


@contextmanager
def _jobs() -> Iterator[Jobs]:
    settings = load_settings()
    settings.root.mkdir(parents=True, exist_ok=True)
    with wiring.jobs(settings) as jobs:
        yield jobs


def _ended(jobs: Jobs, job_id: str) -> Job:
    import time

    from forecaster.adapters.dbos_rows import ENDED

    while (job := jobs.job(job_id)) is None or job.state not in ENDED:
        time.sleep(WAIT_SECONDS)
    return job


def _row(schedule: Schedule) -> dict[str, object]:
    when = {"cron": schedule.cron or f"on {schedule.on}"}
    return {**asdict(schedule), **when, "next run": _due(schedule), "last outcome": schedule.last_outcome}


def _due(schedule: Schedule) -> str:
    if schedule.paused:
        return "paused"
    due = schedule.next_run_at
    if schedule.on and due is None:
        return f"at the next {schedule.on}"
    return "never" if due is None else f"{due.astimezone(ZoneInfo(schedule.zone)):%Y-%m-%d %H:%M}"
