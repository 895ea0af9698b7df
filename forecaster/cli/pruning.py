"""`sectorcast prune`: old files of runs and vintages, never of what was in service."""

from datetime import timedelta
from typing import Annotated

import typer

from forecaster.cli import output, wiring
from forecaster.domain.retention import OldVintage, Rule, runs_to_prune, vintages_to_prune
from forecaster.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(prune)


def prune(
    *,
    keep: Annotated[int, typer.Option(min=1, help="the newest so many of each experiment stay")] = 20,
    older_than: Annotated[int, typer.Option(min=0, help="days; what is younger stays")] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would go, remove nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="answer in JSON")] = False,
) -> None:
    """Remove the files of old runs and vintages that never were in service; their scores stay in MLflow."""
    from forecaster.adapters.mlflow_pruning import MlflowPruning

    settings, now = load_settings(), wiring.now()
    store, log = wiring.vintages(settings), MlflowPruning(wiring.mlflow(settings))
    rule = Rule(keep, timedelta(days=older_than))
    with store.alone(waiting=output.progress):  # a run that ends meanwhile would move what is in service
        served, recorded = store.ever_in_service(), log.runs()
        kept = [OldVintage(one.vintage_id, one.experiment, one.issued_at) for one in store.issues()]
        named = {run.vintage_id for run in recorded if run.named}
        vintages = vintages_to_prune(kept, served=served, named=named, rule=rule, now=now)
        staying = {one.vintage_id for one in kept} - {one.vintage_id for one in vintages}
        runs = runs_to_prune(recorded, kept=served | staying, rule=rule, now=now)
        if not dry_run:
            for run in runs:
                log.prune(run.run_id, now=now)
            store.remove(*(vintage.vintage_id for vintage in vintages))
    if as_json:
        gone = {"runs": [run.run_id for run in runs], "vintages": [one.vintage_id for one in vintages]}
        output.show_json({**gone, "removed": not dry_run})
        return
    verb = "would go" if dry_run else "are removed"
    print(
        f"Files of {len(runs)} of {len(recorded)} runs and {len(vintages)} of {len(kept)} vintages {verb}. "
        f"{len(served)} vintages were in service and stay."
    )
