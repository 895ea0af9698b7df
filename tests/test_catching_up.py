"""Runs that waited for MLflow, recorded at last: the order of things, and what each failure leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.catching_up import catch_up
from forecaster.domain.errors import MlflowFault, NotRecorded, UnknownModel
from forecaster.domain.history import AliasState
from forecaster.domain.unrecorded import RECORD, Caught, Waiting
from forecaster.promoting import promote
from tests.aliases import AliasInMemory
from tests.test_promoting import A, B, C
from tests.vintages import issue, tiny_vintage

NOW = datetime(2026, 9, 1, tzinfo=UTC)


class LateInMemory:
    """Runs that wait; each becomes the next version, unless a test says otherwise."""

    def __init__(self, *vintage_ids: str, version: int = 1) -> None:
        self.left = {
            name: Waiting(f"run-{name}", RECORD, "tiny", None, NOW, NOW + timedelta(hours=at), name)
            for at, name in enumerate(vintage_ids)
        }
        self.version = version
        self.refused: set[str] = set()
        self.up = True

    def waiting(self) -> list[Waiting]:
        return list(self.left.values())

    def record(self, one: Waiting) -> str:
        if not self.up:
            raise MlflowFault(address="http://127.0.0.1:1", why="Connection refused")
        if one.vintage_id in self.refused:
            raise NotRecorded(one.run_id, folder="unrecorded/x", why="no")
        self.version += 1
        return str(self.version)

    def forget(self, one: Waiting) -> None:
        del self.left[one.vintage_id]


@pytest.fixture
def kept(tmp_path: Path) -> KeptVintages:
    """A is recorded as version 1 and the alias is on it; then B and C went into service without MLflow."""
    store = PublishedVintages(tmp_path)
    for name, version in ((A, "1"), (B, ""), (C, "")):
        store.publish(replace(tiny_vintage(), issue=issue(name, model_version=version)))
    found = KeptVintages(store)
    found.set_alias_state(AliasState(settled="1"))
    return found


def caught_up(late: LateInMemory, kept: KeptVintages, alias: AliasInMemory) -> Caught:
    return catch_up(records=late, kept=kept, aliases=alias, progress=lambda _: None)


def test_the_alias_comes_to_what_is_in_service_and_to_nothing_else(kept: KeptVintages) -> None:
    late, alias = LateInMemory(B, C), AliasInMemory("1")

    done = caught_up(late, kept, alias)

    assert done == Caught((f"run-{B}", f"run-{C}"), ())
    assert (alias.version, alias.crowned) == ("3", ["3"])
    assert {one.vintage_id: one.model_version for one in kept.issues()} == {A: "1", B: "2", C: "3"}
    assert late.waiting() == []


def test_a_promotion_before_the_record_is_not_undone_by_it(kept: KeptVintages) -> None:
    alias = AliasInMemory("1")
    promote(A, kept=kept, aliases=None, by="me", waiting=lambda _: None)

    caught_up(LateInMemory(B, C), kept, alias)

    assert (kept.in_service(), alias.version) == (A, "1")


def test_an_alias_that_a_hand_moved_when_mlflow_was_back_is_heeded(kept: KeptVintages) -> None:
    alias = AliasInMemory("1")
    caught_up(LateInMemory(B, version=1), kept, alias)
    alias.version = "2"

    caught_up(LateInMemory(C, version=2), kept, alias)

    assert (kept.in_service(), alias.version) == (B, "2")


def test_a_vintage_can_be_named_by_its_version_once_it_has_one(kept: KeptVintages) -> None:
    with pytest.raises(UnknownModel):
        promote("2", kept=kept, aliases=None, by="me", waiting=lambda _: None)

    caught_up(LateInMemory(B), kept, AliasInMemory("1"))

    assert promote("2", kept=kept, aliases=None, by="me", waiting=lambda _: None).vintage_id == B


def test_a_vintage_that_is_promoted_before_its_record_says_when_the_alias_follows(kept: KeptVintages) -> None:
    alias = AliasInMemory("1")

    changed = promote(B, kept=kept, aliases=alias, by="me", waiting=lambda _: None)

    assert "is not recorded in MLflow yet" in str(changed.alias)
    assert alias.crowned == []


def test_a_run_that_mlflow_refuses_is_told_and_stays_and_the_others_go_on(kept: KeptVintages) -> None:
    late = LateInMemory(B, C)
    late.refused.add(B)

    done = caught_up(late, kept, AliasInMemory("1"))

    assert done.recorded == (f"run-{C}",)
    assert [f"run-{B}" in why for why in done.left] == [True]
    assert [one.vintage_id for one in late.waiting()] == [B]


def test_all_stay_while_mlflow_is_gone(kept: KeptVintages) -> None:
    late = LateInMemory(B, C)
    late.up = False

    done = caught_up(late, kept, AliasInMemory("1"))

    assert (done.recorded, len(done.left), len(late.waiting())) == ((), 2, 2)
