"""`sectorcast models`, without MLflow."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.alias_watch import follow_alias
from forecaster.cli import app
from forecaster.domain.errors import NothingToRollBackTo, UnknownModel
from forecaster.domain.history import AliasState
from tests.aliases import AliasInMemory
from tests.cli.test_services import free_port
from tests.test_promoting import A, B, C, made

Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    """A and then B went into service; C was refused."""
    found = PublishedVintages(tmp_path / "vintages")
    for vintage_id in (A, B):
        found.publish(made(vintage_id), by="job 1")
    found.refuse(made(C), by="job 3", keep=True)
    return found


@pytest.fixture
def run(store: PublishedVintages) -> Run:
    environ = {"SECTORCAST_HOME": str(store.root.parent), "SECTORCAST_MLFLOW_PORT": str(free_port())}
    return lambda *words: CliRunner().invoke(app, ["models", *words], env=environ)


def test_models_are_listed_with_how_they_stand(run: Run) -> None:
    listed = json.loads(run("list", "--json").stdout)
    shown = run("list").stdout.splitlines()

    found = [(model["vintage"], model["state"], model["model_version"]) for model in listed["models"]]
    assert sorted(found) == [(A, "former", "1"), (B, "champion", "2"), (C, "challenger", "3")]
    assert listed["alias"]["refused"] is None
    assert len(shown) == 4


def test_a_rollback_is_done_without_mlflow_and_is_in_the_history(run: Run, store: PublishedVintages) -> None:
    done = run("rollback", "--reason", "wrong unit", "--json")
    last = json.loads(run("history", "--json").stdout)[0]
    shown = run("history", "--limit", "1").stdout

    answer = json.loads(done.stdout)
    assert (answer["vintage_id"], answer["previous"]) == (A, B)
    assert "Connection refused" in answer["alias"]
    assert store.current().issue.vintage_id == A
    assert (last["kind"], last["vintage"], last["model_version"]) == ("rolled-back", A, "1")
    assert "wrong unit" in last["reason"]
    assert "@" in last["by"]
    assert len(shown.splitlines()) == 2


def test_a_challenger_is_promoted_by_its_version(run: Run, store: PublishedVintages) -> None:
    done = run("promote", "3")
    again = run("promote", C)

    assert store.current().issue.vintage_id == C
    assert f"Vintage {C} is in service, instead of {B}." in done.stdout
    assert "nothing was changed" in again.stdout


def test_what_can_not_be_is_told(run: Run) -> None:
    assert isinstance(run("promote", "7").exception, UnknownModel)
    assert isinstance(run("rollback", "--to", C).exception, NothingToRollBackTo)


def test_an_alias_that_was_refused_is_told(run: Run, store: PublishedVintages) -> None:
    kept = KeptVintages(store)
    kept.set_alias_state(AliasState(settled="2"))
    follow_alias(kept=kept, aliases=AliasInMemory("9"), progress=lambda _: None)

    shown = run("list").stdout

    assert "alias champion is on version 9: No vintage of this version is kept here." in shown
