"""`sectorcast schedule …` and `sectorcast jobs`: retraining, by the clock or now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from forecaster.cli import output, wiring
from forecaster.domain.errors import JobFailed
from forecaster.domain.ports import Job, Schedule
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.adapters.dbos_jobs import DbosJobs

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
Name = Annotated[str, typer.Argument(help="of the schedule")]
WAIT_SECONDS = 1.0


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
    on: Annotated[str | None, typer.Option(help="`release`: each release of figures starts it")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone that the hours are read in")] = "Asia/Shanghai",
    experiment: Annotated[str, typer.Option(help="what its jobs run")] = "production",
) -> None:
    """Create a schedule, or change the one of that name: by the clock (--cron) or --on release."""
    wiring.experiment(load_settings(), experiment)  # an unknown one is told now, not at the first run
    with _jobs() as jobs:
        jobs.add_schedule(name, cron=cron, on=on, zone=zone, experiment=experiment)
    when = f"{cron} ({zone})" if cron else "at each release"
    print(f"{name}: {when}, experiment {experiment}")


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
    wait: Annotated[bool, typer.Option("--wait", help="until the job has ended")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a schedule's job now, paused or not; the worker carries it out."""
    with _jobs() as jobs:
        job_id = jobs.run_now(name)
        if not wait:
            output.show_json({"job_id": job_id}) if as_json else print(f"job {job_id} is queued")
            return
        output.progress(f"job {job_id}: waiting for the worker")
        job = _ended(jobs, job_id)
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


@contextmanager
def _jobs() -> Iterator["DbosJobs"]:
    from forecaster.adapters.dbos_jobs import DbosJobs

    settings = load_settings()
    settings.root.mkdir(parents=True, exist_ok=True)
    with DbosJobs(settings.jobs_address, clock=wiring.now) as jobs:
        yield jobs


def _ended(jobs: "DbosJobs", job_id: str) -> Job:
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
    if schedule.on:
        return f"at the next {schedule.on}"
    due = schedule.next_run_at
    return "never" if due is None else f"{due.astimezone(ZoneInfo(schedule.zone)):%Y-%m-%d %H:%M}"
