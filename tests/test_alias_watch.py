"""MLflow's alias, moved by hand or left behind."""

from pathlib import Path

import pytest

from forecaster import promoting
from forecaster.adapters.kept_vintages import KeptVintages
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.alias_watch import follow_alias
from forecaster.domain.history import ALIAS, REFUSED, AliasState
from tests.aliases import AliasInMemory
from tests.test_promoting import A, B, C, made


@pytest.fixture
def kept(tmp_path: Path) -> KeptVintages:
    """A (version 1), B (2) in service, C (3) refused; the alias as a run left it."""
    store = PublishedVintages(tmp_path / "vintages")
    for vintage_id in (A, B):
        store.publish(made(vintage_id))
    store.refuse(made(C), keep=True)
    store.alias_moved(model_version="2")
    return KeptVintages(store)


def look(kept: KeptVintages, aliases: AliasInMemory) -> list[str]:
    """What one look tells."""
    told: list[str] = []
    follow_alias(kept=kept, aliases=aliases, progress=told.append)
    return told


@pytest.mark.parametrize(("version", "vintage_id"), [("1", A), ("3", C)])
def test_a_version_whose_vintage_is_kept_goes_into_service(kept: KeptVintages, version: str, vintage_id: str) -> None:
    aliases = AliasInMemory(version)

    told = look(kept, aliases)

    assert kept.in_service() == vintage_id
    assert vintage_id in told[0]
    last = kept.events()[-1]
    assert (last.cause.kind, last.cause.by, last.cause.model_version) == (ALIAS, "MLflow, alias champion", version)
    assert look(kept, aliases) == []
    assert aliases.crowned == []


def test_a_version_without_a_vintage_is_refused_once_and_said_so(kept: KeptVintages) -> None:
    aliases = AliasInMemory("9")

    told = look(kept, aliases) + look(kept, aliases)

    assert kept.in_service() == B
    assert told == [
        f"MLflow's alias champion was moved to version 9. {B} stays in service: No vintage of this version is kept "
        "here."
    ]
    state = kept.alias_state()
    assert state.refused is not None
    assert (state.refused.model_version, state.refused.serving) == ("9", B)
    assert [event.cause.kind for event in kept.events()][-2:] == [REFUSED, REFUSED]  # C's and this one, once
    assert aliases.version == "9"


def test_a_broken_vintage_is_refused_with_what_is_wrong(kept: KeptVintages, tmp_path: Path) -> None:
    file = tmp_path / "vintages" / A / "scores.arrow"
    file.unlink()

    told = look(kept, AliasInMemory("1"))

    assert kept.in_service() == B
    assert "scores.arrow is missing" in told[0]


def test_a_refusal_ends_when_the_alias_is_moved_again(kept: KeptVintages) -> None:
    aliases = AliasInMemory("9")
    look(kept, aliases)

    aliases.version = "2"
    look(kept, aliases)
    back = kept.alias_state()
    aliases.version = "1"
    look(kept, aliases)

    assert back == AliasState(settled="2")
    assert (kept.in_service(), kept.alias_state()) == (A, AliasState(settled="1"))


def test_a_refusal_ends_when_a_hand_chooses_what_is_in_service(kept: KeptVintages) -> None:
    aliases = AliasInMemory("9")
    look(kept, aliases)
    promoting.promote(C, kept=kept, aliases=None, by="me", waiting=lambda _: None)

    look(kept, aliases)

    assert (kept.in_service(), aliases.version) == (C, "3")
    assert kept.alias_state() == AliasState(settled="3")


def test_what_a_hand_changed_without_mlflow_is_shown_there_later_and_not_undone(kept: KeptVintages) -> None:
    aliases = AliasInMemory("2")
    promoting.rollback(kept=kept, aliases=None, by="me", waiting=lambda _: None)

    told = look(kept, aliases)

    assert (kept.in_service(), aliases.crowned) == (A, ["1"])
    assert "it is on 1 now" in told[0]
    assert look(kept, aliases) == []


def test_a_publication_does_not_make_the_watch_move_anything(kept: KeptVintages) -> None:
    aliases = AliasInMemory("2")
    look(kept, aliases)
    store = PublishedVintages(kept._store.root)
    store.publish(made(C))
    aliases.version = "3"

    told = look(kept, aliases)

    assert (told, kept.in_service(), aliases.crowned) == ([], C, [])
    assert kept.alias_state() == AliasState(settled="3")


def test_an_alias_that_is_gone_or_was_never_set_is_set(kept: KeptVintages) -> None:
    aliases = AliasInMemory(None)

    look(kept, aliases)

    assert aliases.version == "2"


def test_at_the_first_look_of_all_what_is_in_service_counts(kept: KeptVintages) -> None:
    kept.set_alias_state(AliasState())
    aliases = AliasInMemory("1")

    look(kept, aliases)

    assert (kept.in_service(), aliases.version) == (B, "2")


def test_mlflow_out_of_reach_is_told_once_and_what_was_moved_meanwhile_is_heeded(kept: KeptVintages) -> None:
    aliases = AliasInMemory("2")
    aliases.up = False

    told = look(kept, aliases) + look(kept, aliases)
    fault = kept.alias_state().fault
    aliases.up, aliases.version = True, "1"
    look(kept, aliases)

    assert len(told) == 1
    assert fault is not None
    assert "Connection refused" in fault
    assert kept.alias_state() == AliasState(settled="1")
    assert kept.in_service() == A


def test_where_nothing_is_in_service_the_alias_is_left_alone(tmp_path: Path) -> None:
    aliases = AliasInMemory("4")

    assert look(KeptVintages(PublishedVintages(tmp_path)), aliases) == []
    assert aliases.version == "4"


@pytest.mark.parametrize("content", ["", "{}", '{"settled": "2", "refused": 1, "fault": null}', "[]"])
def test_what_is_known_of_the_alias_is_learnt_anew_where_it_can_not_be_read(kept: KeptVintages, content: str) -> None:
    (kept._store.root / "ALIAS.json").write_text(content)
    aliases = AliasInMemory("1")

    look(kept, aliases)

    assert (kept.in_service(), aliases.version) == (B, "2")
    assert kept.alias_state() == AliasState(settled="2")
