"""`sectorcast status`: what is in service, and how fresh it is."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import mlflow_wiring, output, wiring
from forecaster.cli.alerts import told as as_told
from forecaster.domain.alerts import COVERAGE, Wanted
from forecaster.domain.errors import AlertsUnreachable, BrokenVintage, JobsUnreachable, UnknownName
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.domain.freshness import Freshness
    from forecaster.settings import Settings

LAST_JOBS = 10
LAST_ALERTS = 20


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(status)


def status(
    *,
    sector: Annotated[str | None, typer.Option(help="of one sector only")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer in JSON, with every series")] = False,
) -> None:
    """Show the vintage in service, the releases that are overdue by the usual lag of their source, the last jobs."""
    from forecaster import monitoring

    settings = load_settings()
    catalogue, today = wiring.catalogue(settings), wiring.now().date()
    if sector is not None and sector not in catalogue.sectors:
        raise UnknownName(name="--sector", value=sector, known=list(catalogue.sectors))
    published = wiring.vintages(settings)
    vintage, broken = published.current(), published.broken()
    every = monitoring.fresh(vintage.series, catalogue=catalogue, today=today)
    found = [one for one in every if sector in (None, one.series_id.split(".", maxsplit=1)[0])]
    missed = [asdict(one) | {"since": f"{one.since:%Y-%m}"} for one in monitoring.missed_releases(found)]
    overdue, jobs = sum(one.missed > 0 for one in found), _last_jobs(settings)
    issued = {"id": vintage.issue.vintage_id, "issued_at": vintage.issue.issued_at, "run_id": vintage.issue.run_id}
    due = [asdict(one) | {"period": f"{one.period:%Y-%m}"} for one in monitoring.calendar(found)]
    heard, waiting = _heard(settings), mlflow_wiring.unrecorded(settings).count()
    if as_json:
        counts = {"today": today, "vintage": issued, "series": len(found), "overdue": overdue}
        told = {"missed": missed, "calendar": due, "jobs": jobs, "unrecorded": waiting, **heard}
        about = {**counts, "broken": _refused(broken), **told}
        output.show_json({**about, "items": [_shown(one) for one in found]})
        return
    print(f"vintage {vintage.issue.vintage_id}, issued {vintage.issue.issued_at:%Y-%m-%d %H:%M}Z")
    if broken:
        print(f"{broken} An earlier one is served until then.")
    print(f"{overdue} of {len(found)} reported series are overdue.")
    output.show_table(missed, columns=("source", "series", "since", "days_late"))
    if waiting:
        many = "1 run waits" if waiting == 1 else f"{waiting} runs wait"
        print(f"{many} to be recorded in MLflow; the worker does it once MLflow answers.")
    print("\nNext releases")
    output.show_table(due, columns=("source", "series", "period", "due"))
    _show_heard(heard)
    if jobs is not None:
        print("\nJobs")
        output.show_table(jobs, columns=("job_id", "experiment", "state", "created_at", "detail"))


def _show_heard(heard: dict[str, Any]) -> None:
    if heard["coverage"]:
        print(f"\nOutside the interval, when figures were looked at ({heard['coverage']['at'][:10]})")
        columns = ("sector", "level", "windows", "figures", "outside", "promised", "p_value")
        output.show_table(heard["coverage"]["sectors"], columns=columns)
    if heard["alerts"]:
        print("\nOpen alerts")
        output.show_table(heard["alerts"], columns=("raised_at", "kind", "text"))


def _refused(broken: BrokenVintage | None) -> dict[str, str] | None:
    return {"id": broken.vintage_id, "reason": broken.what} if broken else None


def _heard(settings: "Settings") -> dict[str, Any]:
    """Open alerts, and coverage as it was found last; null where they can't be reached, which is said."""
    try:
        with wiring.alerts(settings) as alerts:
            found = alerts.alerts(Wanted(is_open=True), limit=LAST_ALERTS)
            return {"alerts": [as_told(one) for one in found], "coverage": alerts.noted(COVERAGE)}
    except AlertsUnreachable as error:
        output.progress(str(error))
        return {"alerts": None, "coverage": None}


def _shown(one: "Freshness") -> dict[str, Any]:
    return asdict(one) | {"last_period": f"{one.last_period:%Y-%m}" if one.last_period else None}


def _last_jobs(settings: "Settings") -> list[dict[str, Any]] | None:
    """The last jobs; none before the first start, null where they can't be reached, which is said."""
    try:
        return [asdict(job) for job in wiring.last_jobs(settings, limit=LAST_JOBS)]
    except JobsUnreachable as error:
        output.progress(str(error))
        return None
