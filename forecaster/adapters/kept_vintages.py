"""The kept vintages behind the port of choosing among them; implements `service_ports.KeptVintages`."""

import json
import logging
import os
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from forecaster.adapters.open_vintage import open_vintage
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.vintage_files import sync
from forecaster.adapters.vintage_placing import ALIAS, IDS
from forecaster.adapters.vintage_pointer import VintagePointer
from forecaster.domain.errors import UnknownVintage
from forecaster.domain.history import AliasState, Cause, Event, Refusal
from forecaster.domain.ports import Progress
from forecaster.domain.vintage import Issue

log = logging.getLogger(__name__)


class KeptVintages:
    """Which of the vintages under a folder is in service."""

    def __init__(self, store: PublishedVintages) -> None:
        self._store = store
        self._pointer = VintagePointer(store.root)

    def alone(self, *, waiting: Progress) -> AbstractContextManager[None]:
        """Keep other writers out within the block; tells `waiting` where another has to end first."""
        return self._store.alone(waiting=waiting)

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, newest first."""
        return self._store.issues()

    def in_service(self) -> str | None:
        """The id of the vintage in service; None without one."""
        return self._pointer.read()

    def events(self) -> list[Event]:
        """The whole history, the oldest first."""
        return self._pointer.events()

    def serve(self, vintage_id: str, *, cause: Cause) -> None:
        """Put a kept vintage in service by one atomic step, after checking its files.

        Raises:
            UnknownVintage: it is not kept.
            BrokenVintage: its files are not what its manifest says.
        """
        folder = self._store.root / vintage_id
        with self.alone(waiting=log.info):
            if not IDS.fullmatch(vintage_id) or not folder.is_dir():
                raise UnknownVintage(vintage_id)
            open_vintage(folder)
            self._pointer.move_to(vintage_id, cause=cause)

    def write_down(self, vintage_id: str, *, cause: Cause) -> Event:
        """Add to the history what did not move service."""
        with self.alone(waiting=log.info):
            return self._pointer.note(vintage_id, cause=cause)

    def alias_state(self) -> AliasState:
        """What is known of MLflow's alias; nothing where the file is missing or can't be read."""
        try:
            return _state(json.loads((self._store.root / ALIAS).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return AliasState()
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s can't be read and is written anew: %s", ALIAS, error)
            return AliasState()

    def set_alias_state(self, state: AliasState) -> None:
        """Keep what is known of MLflow's alias; nothing is written where it is known already."""
        if state == self.alias_state():
            return
        with self.alone(waiting=log.info):
            fresh = self._store.root / f".{ALIAS}-{os.getpid()}"
            fresh.write_text(json.dumps(asdict(state), default=_text, indent=2) + "\n", encoding="utf-8")
            sync(fresh)
            fresh.replace(self._store.root / ALIAS)


def kept_under(root: Path) -> KeptVintages:
    """The vintages kept under a folder."""
    return KeptVintages(PublishedVintages(root))


def _text(instant: object) -> str:
    assert isinstance(instant, datetime), "nothing else is no JSON"
    return instant.isoformat()


def _state(content: dict[str, Any]) -> AliasState:
    refused = content["refused"]
    if refused is not None:
        refused = Refusal(**{**refused, "at": datetime.fromisoformat(refused["at"])})
    return AliasState(settled=content["settled"], refused=refused, unreachable=content["unreachable"])
