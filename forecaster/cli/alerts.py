"""`sectorcast alerts`: what there is to hear of, who sees to it, and a look at once."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import output, wiring
from forecaster.domain.alerts import KINDS, Wanted
from forecaster.domain.errors import NothingPublished, UnknownName
from forecaster.domain.instants import FORMS, beginning
from forecaster.settings import load_settings

if TYPE_CHECKING:
    from forecaster.adapters.alert_store import AlertStore
    from forecaster.domain.alerts import Raised
    from forecaster.settings import Settings
    from forecaster.watching import Looked

AsJson = Annotated[bool, typer.Option("--json", help="answer in JSON")]
LOOKED = "looked"
"""Note of what was there when figures were looked at last."""

COLUMNS = ("id", "raised_at", "kind", "state", "text")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What an operator should hear of.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(show)
    group.command()(acknowledge)
    group.command()(check)
    app.add_typer(group, name="alerts")


def show(
    *,
    kind: Annotated[str | None, typer.Option(help=f"only of this kind: {', '.join(KINDS)}")] = None,
    since: Annotated[str | None, typer.Option(help=f"only raised since: {FORMS}")] = None,
    everything: Annotated[bool, typer.Option("--all", help="those that are seen to or have ended, too")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List alerts, the latest first; those that are open unless told otherwise."""
    if kind is not None and kind not in KINDS:
        raise UnknownName(name="--kind", value=kind, known=KINDS)
    start = beginning(since, name="--since") if since else None
    with wiring.alerts(load_settings()) as alerts:
        found = alerts.alerts(Wanted(kind, start, None if everything else True), limit=limit)
    if as_json:
        output.show_json([told(one) for one in found])
        return
    output.show_table([_row(one) for one in found], columns=COLUMNS)


def acknowledge(
    alert_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say that somebody sees to it: it is open no longer."""
    with wiring.alerts(load_settings()) as alerts:
        kept = alerts.acknowledge(alert_id, by=wiring.hand(), now=wiring.now())
    if as_json:
        output.show_json(told(kept))
    else:
        print(f"{alert_id} is seen to by {kept.acknowledged_by}, since {kept.acknowledged_at:%Y-%m-%d %H:%M}Z.")


def check(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="score forecasts only if anything came since")] = False,
    as_json: AsJson = False,
) -> None:
    """Look now at what is overdue, at the habits of sources and at accuracy; the worker does so each hour."""
    settings = load_settings()
    with wiring.alerts(settings) as alerts:
        looked, jobs = _look(settings, alerts, changed=changed)
    raised = looked.raised if looked else ()
    if as_json:
        output.show_json({"looked": looked is not None, "raised": [asdict(one) for one in raised], "jobs": jobs})
        return
    for one in raised:
        print(f"{one.kind}: {one.text}")
    for job_id in jobs:
        print(f"job {job_id} is queued, since forecasts drift")
    print(f"{len(raised)} new alerts." if looked else "Nothing came since the last look.")


def _look(settings: "Settings", alerts: "AlertStore", *, changed: bool) -> "tuple[Looked | None, list[str]]":
    """What a look finds, and its jobs; None where nothing is published, or nothing changed since that of the same day.

    It is noted last, so that one whose jobs could not be queued is not the last word of its day.
    """
    from forecaster.watching import known_now, watch

    catalogue, store, now = wiring.catalogue(settings), wiring.report_store(settings), wiring.now()
    kept = wiring.vintages(settings)
    try:
        current = kept.current()
    except NothingPublished:
        return None, []
    seen = {"store": store.version(), "vintage": current.issue.vintage_id, "day": f"{now:%Y-%m-%d}"}
    if changed and alerts.noted(LOOKED) == seen:
        return None, []
    known = known_now(current, reports=store.read(as_of=now), catalogue=catalogue)
    looked = watch(alerts, known=known, published=kept.opened(kept.published()), catalogue=catalogue, now=now)
    jobs = _retrain(settings, looked) if settings.retrain_on_drift else []
    alerts.note(LOOKED, told=seen, now=now)
    return looked, jobs


def _retrain(settings: "Settings", looked: "Looked") -> list[str]:
    """A job for each sector that drifts, once for each month that proves it; told twice of one, it starts once."""
    with wiring.jobs(settings) as jobs:
        return [
            jobs.start("production", sectors=[sector], key=f"drift of {sector} until {until}")
            for sector, until in looked.drifting
        ]


def told(one: "Raised") -> dict[str, Any]:
    """An alert as JSON tells it."""
    return {
        **asdict(one.alert),
        "raised_at": one.raised_at,
        "state": one.state,
        "acknowledged_at": one.acknowledged_at,
        "acknowledged_by": one.acknowledged_by,
        "closed_at": one.closed_at,
    }


def _row(one: "Raised") -> dict[str, Any]:
    at = f"{one.raised_at:%Y-%m-%d %H:%M}Z"
    return {
        "id": one.alert.alert_id,
        "raised_at": at,
        "kind": one.alert.kind,
        "state": one.state,
        "text": one.alert.text,
    }
