"""The kept vintages behind the port of choosing among them; implements `service_ports.KeptVintages`."""

import logging
from contextlib import AbstractContextManager
from pathlib import Path

from forecaster.adapters.alias_file import AliasFile
from forecaster.adapters.late_versions import LateVersions
from forecaster.adapters.open_vintage import open_vintage
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.vintage_files import read_manifest
from forecaster.adapters.vintage_pointer import VintagePointer
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.history import AliasState, Cause, Event
from forecaster.domain.ports import Progress
from forecaster.domain.vintage import Issue

log = logging.getLogger(__name__)


class KeptVintages:
    """Which of the vintages under a folder is in service."""

    def __init__(self, store: PublishedVintages) -> None:
        self._store = store
        self._pointer = VintagePointer(store.root)
        self._alias = AliasFile(store.root)
        self._versions = LateVersions(store.root)

    def alone(self, *, waiting: Progress) -> AbstractContextManager[None]:
        """Keep other writers out within the block; tells `waiting` where another has to end first."""
        return self._store.alone(waiting=waiting)

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, newest first."""
        return self._versions.told(self._store.issues())

    def issue(self, vintage_id: str) -> Issue | None:
        """That of one vintage; None where it is not kept or can't be read."""
        try:
            return self._versions.told([read_manifest(self._store.root / vintage_id).issue])[0]
        except BrokenVintage:
            return None

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
            PlaceUnusable: the pointer can't be written, such as for want of room.
        """
        with self.alone(waiting=log.info), self._store.reaching():
            open_vintage(self._store.folder(vintage_id))
            self._pointer.move_to(vintage_id, cause=cause)

    def write_down(self, vintage_id: str, *, cause: Cause) -> Event:
        """Add to the history what did not move service."""
        with self.alone(waiting=log.info):
            return self._pointer.note(vintage_id, cause=cause)

    def know_version(self, vintage_id: str, *, model_version: str) -> None:
        """Keep the model version of a vintage that was issued before its run could be recorded."""
        with self.alone(waiting=log.info):
            self._versions.add(vintage_id, model_version=model_version)

    def alias_state(self) -> AliasState:
        """What is known of MLflow's alias."""
        return self._alias.read()

    def set_alias_state(self, state: AliasState) -> None:
        """Keep what is known of MLflow's alias; nothing is written where it is known already."""
        if state != self.alias_state():
            with self.alone(waiting=log.info):
                self._alias.write(state)


def kept_under(root: Path) -> KeptVintages:
    """The vintages kept under a folder."""
    return KeptVintages(PublishedVintages(root))
