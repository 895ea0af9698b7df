"""Which kept vintage is in service, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from forecaster import promoting
from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.domain.errors import BrokenVintage, NothingPublished, NothingToRollBackTo, ServiceMoved, UnknownModel
from forecaster.domain.history import PROMOTED, PUBLISHED, REFUSED, ROLLED_BACK, AliasState
from forecaster.domain.vintage import Vintage
from forecaster.promoting import Changed
from tests.aliases import AliasInMemory
from tests.vintages import issue, tiny_vintage, went_into_service

A, B, C = (f"2026-0{month}-16T02-00-00Z-aaaa" for month in (6, 7, 8))
VERSIONS = {A: "1", B: "2", C: "3"}


def made(vintage_id: str) -> Vintage:
    return replace(tiny_vintage(), issue=issue(vintage_id, model_version=VERSIONS[vintage_id]))


@pytest.fixture
def store(tmp_path: Path) -> PublishedVintages:
    """A and then B went into service; C was refused."""
    found = PublishedVintages(tmp_path / "vintages")
    found.publish(made(A), by="job 1")
    found.publish(made(B), by="job 2")
    found.refuse(made(C), by="job 3", keep=True)
    return found


@pytest.fixture
def kept(store: PublishedVintages) -> KeptVintages:
    return KeptVintages(store)


def promote(name: str, kept: KeptVintages, *, aliases: AliasInMemory | None = None, reason: str = "") -> Changed:
    return promoting.promote(name, kept=kept, aliases=aliases, by="me@here", reason=reason, waiting=lambda _: None)


def rollback(
    kept: KeptVintages, *, to: str | None = None, aliases: AliasInMemory | None = None, reason: str = ""
) -> Changed:
    return promoting.rollback(to=to, kept=kept, aliases=aliases, by="me@here", reason=reason, waiting=lambda _: None)


def test_models_are_the_champion_former_ones_and_challengers(kept: KeptVintages) -> None:
    found = {model.issue.vintage_id: model for model in promoting.models(kept)}

    assert {name: model.state for name, model in found.items()} == {A: "former", B: "champion", C: "challenger"}
    assert found[C].since is None
    assert found[B].since == kept.events()[1].at


def test_the_history_tells_when_what_why_and_by_whom_newest_first(kept: KeptVintages) -> None:
    rollback(kept, reason="bad figures")

    found = promoting.history(kept)

    told = [(event.cause.kind, event.vintage_id, event.cause.by, event.cause.model_version) for event in found]
    assert told == [
        (ROLLED_BACK, A, "me@here", "1"),
        (REFUSED, C, "job 3", "3"),
        (PUBLISHED, B, "job 2", "2"),
        (PUBLISHED, A, "job 1", "1"),
    ]
    assert found[0].cause.reason == f"Rolled back from {B}: bad figures."
    assert [event.at for event in found] == sorted((event.at for event in found), reverse=True)


def test_a_rollback_serves_the_older_forecasts_at_once_and_a_second_one_finds_nothing(
    store: PublishedVintages, kept: KeptVintages
) -> None:
    assert store.current().issue.vintage_id == B

    changed = rollback(kept)

    assert store.current().issue.vintage_id == A
    assert (changed.previous, changed.vintage_id, changed.model_version) == (B, A, "1")
    with pytest.raises(NothingToRollBackTo, match="No vintage that is kept was in service before"):
        rollback(kept)


def test_a_rollback_may_name_what_has_been_in_service_but_nothing_else(kept: KeptVintages) -> None:
    assert rollback(kept, to="1").vintage_id == A
    assert rollback(kept, to=B).vintage_id == B
    with pytest.raises(NothingToRollBackTo, match="models promote"):
        rollback(kept, to=C)


@pytest.mark.parametrize("name", [C, "3"])
def test_a_challenger_goes_into_service_by_its_id_or_its_version(
    store: PublishedVintages, kept: KeptVintages, name: str
) -> None:
    promote(name, kept, reason="the new factory is real")

    assert store.current().issue.vintage_id == C
    last = promoting.history(kept)[0]
    assert (last.cause.kind, last.cause.reason) == (PROMOTED, "Put in service by hand: the new factory is real.")
    assert rollback(kept).vintage_id == B


def test_promoting_what_is_in_service_changes_nothing(kept: KeptVintages) -> None:
    events = kept.events()

    changed = promote(B, kept)

    assert changed.previous == changed.vintage_id == B
    assert kept.events() == events


@pytest.mark.parametrize("name", ["4", "", "..", "2026-06-16T02-00-00Z-aaab"])
def test_a_name_that_nothing_has_is_refused_with_the_nearest(kept: KeptVintages, name: str) -> None:
    with pytest.raises(UnknownModel) as told:
        promote(name, kept)

    assert (A in str(told.value)) == (len(name) > 2)


def test_a_vintage_whose_files_changed_does_not_return_into_service(
    store: PublishedVintages, kept: KeptVintages
) -> None:
    file = store.root / A / "scores.arrow"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.unlink()  # it is read-only
    file.write_bytes(content)

    with pytest.raises(BrokenVintage, match="checksum"):
        rollback(kept)

    assert store.current().issue.vintage_id == B
    assert kept.events()[-1].cause.kind == REFUSED


def test_where_nothing_is_in_service_there_is_nothing_to_roll_back(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished):
        rollback(KeptVintages(PublishedVintages(tmp_path)))


def test_the_alias_follows_where_mlflow_answers(kept: KeptVintages) -> None:
    aliases = AliasInMemory("2")

    changed = rollback(kept, aliases=aliases)

    assert (aliases.version, changed.alias) == ("1", None)
    assert kept.alias_state() == AliasState(settled="1")


def test_service_moves_where_mlflow_does_not_answer_and_that_is_told(
    store: PublishedVintages, kept: KeptVintages
) -> None:
    aliases = AliasInMemory("2")
    aliases.up = False

    changed = rollback(kept, aliases=aliases)

    assert store.current().issue.vintage_id == A
    assert changed.alias is not None
    assert "Connection refused" in changed.alias


class Meanwhile(KeptVintages):
    """Vintages of which another writer publishes one while a change waits."""

    def in_service(self) -> str | None:
        found = super().in_service()
        if found == B:
            self._store.publish(made(C), by="job 4")
        return found


def test_a_change_that_waited_while_service_moved_is_refused(store: PublishedVintages) -> None:
    with pytest.raises(ServiceMoved, match=C):
        promote(A, Meanwhile(store))

    assert store.current().issue.vintage_id == C


def test_a_history_from_before_reasons_gets_those_of_the_vintages(store: PublishedVintages, kept: KeptVintages) -> None:
    (store.root / "CURRENT").write_text(B + "\n")
    at = issue().issued_at
    went_into_service(store.root, (at, A), (at.replace(day=17), B))

    found = promoting.history(kept)

    assert [(event.vintage_id, event.cause.reason) for event in found] == [(B, "first vintage"), (A, "first vintage")]
    assert rollback(kept).vintage_id == A
