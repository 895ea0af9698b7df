"""What may go, and what never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from forecaster.domain.retention import OldRun, OldVintage, Rule, runs_to_prune, vintages_to_prune

NOW = datetime(2026, 9, 1, tzinfo=UTC)
RULE = Rule(keep=1, older_than=timedelta(days=30))


def old_run(name: str, *, days: int, experiment: str = "production") -> OldRun:
    return OldRun(name, experiment, NOW - timedelta(days=days), vintage_id=f"v{name}", named=False)


def test_old_runs_go_but_the_newest_of_each_experiment_those_served_and_those_named() -> None:
    runs = [
        old_run("newest", days=40),
        old_run("old", days=50),
        old_run("served", days=60),
        replace(old_run("champion", days=70), named=True),
        old_run("older", days=80),
        old_run("only", days=90, experiment="stock"),
    ]

    found = runs_to_prune(runs, kept={"vserved"}, rule=RULE, now=NOW)

    assert [run.run_id for run in found] == ["older", "old"]


def test_what_is_young_stays_however_much_there_is() -> None:
    runs = [old_run(str(days), days=days) for days in range(1, 32)]

    assert [run.run_id for run in runs_to_prune(runs, kept=(), rule=RULE, now=NOW)] == ["31"]


def test_vintages_go_by_the_same_rule() -> None:
    kept = [OldVintage(f"v{days}", "production", NOW - timedelta(days=days)) for days in (10, 40, 50, 60)]

    found = vintages_to_prune(kept, served={"v40"}, named={"v60"}, rule=RULE, now=NOW)

    assert [one.vintage_id for one in found] == ["v50"]
