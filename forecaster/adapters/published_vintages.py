"""Published vintages in a folder: written whole, put in service by one atomic step, read in place."""

import logging
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from forecaster.adapters.alias_file import AliasFile
from forecaster.adapters.open_vintage import OpenVintage, open_vintage
from forecaster.adapters.store_faults import reaching
from forecaster.adapters.vintage_files import WRITING, check_files, read_frame, read_manifest
from forecaster.adapters.vintage_in_service import Files, VintageInService, files_of
from forecaster.adapters.vintage_placing import IDS, check_rules, place
from forecaster.adapters.vintage_pointer import VintagePointer
from forecaster.adapters.writer_lock import WriterLock
from forecaster.domain.errors import BadParameter, BrokenVintage, NoVintageThen, UnknownVintage
from forecaster.domain.history import PUBLISHED, REFUSED, AliasState, Cause, Event, former, latest_first
from forecaster.domain.vintage import FRAMES, Issue, Vintage

KEPT_OPEN = 4  # older vintages that stay mapped between requests

log = logging.getLogger(__name__)


class PublishedVintages:
    """The vintages under one folder, and the pointer to the one in service."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = VintagePointer(root)
        self._lock = WriterLock(root)
        self._in_service = VintageInService(root, pointer=self._pointer, earlier=self._former)
        self._older = lru_cache(maxsize=KEPT_OPEN)(_opened)

    def alone(self, *, waiting: Callable[[str], None]) -> AbstractContextManager[None]:
        """Keep other writers out within the block, those of other processes too.

        Args:
            waiting: told if another writer has to end first.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        return self._lock.held(waiting=waiting)

    def reaching(self) -> AbstractContextManager[None]:
        """What the system refuses within the block is raised as PlaceUnusable."""
        return reaching(f"The folder of vintages {self.root}", elsewhere="SECTORCAST_VINTAGES")

    def publish(self, vintage: Vintage, *, by: str = "") -> None:
        """Write a vintage whole, then put it in service by one atomic step.

        Publishing the same vintage again is harmless; a killed publication leaves what was in service, and what it
        had written is removed by the next one.

        Args:
            vintage: whole; its issue says why.
            by: the job or hand, for the history.

        Raises:
            BrokenVintage: it breaks a rule of `vintage_rules`, or another vintage has its id.
            PlaceUnusable: the folder can't be written to, such as for want of room.
        """
        check_rules(vintage)
        with self.alone(waiting=log.info), self.reaching():
            place(vintage, root=self.root)
            self._pointer.move_to(vintage.issue.vintage_id, cause=_cause(PUBLISHED, vintage.issue, by=by))

    def refuse(self, vintage: Vintage, *, by: str = "", keep: bool) -> None:
        """Write down that a vintage did not go into service.

        Args:
            vintage: whole if it is kept; its issue says why.
            by: the job or hand, for the history.
            keep: write it too, so that a hand can still put it in service.

        Raises:
            BrokenVintage: as `publish`.
        """
        if keep:
            check_rules(vintage)
        with self.alone(waiting=log.info), self.reaching():
            if keep:
                place(vintage, root=self.root)
            self._pointer.note(vintage.issue.vintage_id, cause=_cause(REFUSED, vintage.issue, by=by))

    def alias_moved(self, *, model_version: str) -> None:
        """Keep that a run let MLflow's alias name the version in service."""
        with self.alone(waiting=log.info):
            try:
                AliasFile(self.root).write(AliasState(settled=model_version))
            except OSError as error:  # all is done already, and who watches the alias finds it where it should be
                log.warning("%s", error)

    def issue_in_service(self) -> Issue | None:
        """That of the vintage in service; None without one, or where it can't be read."""
        pointed = self._pointer.read()
        try:
            return read_manifest(self.root / pointed).issue if pointed else None
        except BrokenVintage as error:
            log.warning("%s", error)
            return None

    def whole_in_service(self) -> Vintage | None:
        """The vintage in service, all of it; None without one.

        Raises:
            BrokenVintage: its files are not what its manifest says.
        """
        pointed = self._pointer.read()
        return None if pointed is None else self._read(self.root / pointed)

    def whole(self, vintage_id: str) -> Vintage | None:
        """A vintage of that id, all of it; None where it is not kept.

        Raises:
            BrokenVintage: its files are not what its manifest says.
        """
        try:
            return self._read(self.folder(vintage_id))
        except UnknownVintage:
            return None

    def settled(self, *, by: str) -> Event | None:
        """The line of the history by which a run went into service or was refused; None before that.

        Args:
            by: the job, as it was given to `publish` or `refuse`.
        """
        own = (PUBLISHED, REFUSED)
        found = [event for event in self._pointer.events() if event.cause.by == by and event.cause.kind in own]
        return found[-1] if found else None

    def _read(self, folder: Path) -> Vintage:
        manifest = read_manifest(folder)
        check_files(folder, manifest=manifest)
        frames = {name: read_frame(folder, name=name) for name in FRAMES}
        return Vintage(issue=manifest.issue, **frames)

    def current(self) -> OpenVintage:
        """The vintage that is served: see `VintageInService.current`.

        Raises:
            NothingPublished: none is in service.
            BrokenVintage: the one in service is damaged, and no earlier one is sound.
        """
        return self._in_service.current()

    def unmoved(self) -> OpenVintage | None:
        """The same if it is open and the pointer has not moved since; never opens one."""
        return self._in_service.unmoved()

    def broken(self) -> BrokenVintage | None:
        """Why the vintage in service is not the one that is served; None where it is, as far as `current` knows."""
        return self._in_service.broken()

    def find(self, vintage_id: str) -> OpenVintage:
        """A vintage by its id, in service or not.

        Raises:
            UnknownVintage: there is none of that id.
            BrokenVintage: its files are not what its manifest says.
        """
        folder = self.folder(vintage_id)
        return self._in_service.opened(vintage_id) or self._older(folder, files_of(folder))

    def folder(self, vintage_id: str) -> Path:
        """Where a kept vintage lies.

        Raises:
            UnknownVintage: there is none of that id.
        """
        if not IDS.fullmatch(vintage_id) or not (self.root / vintage_id).is_dir():
            raise UnknownVintage(vintage_id)
        return self.root / vintage_id

    def in_service_at(self, instant: datetime) -> OpenVintage:
        """The vintage that was in service at an instant: the one that the pointer named then.

        Raises:
            NoVintageThen: none was, or it is no longer kept.
            BrokenVintage: its files are not what its manifest says.
        """
        events = self._pointer.events()
        moves = [event for event in events if event.moved]
        if not moves or instant < moves[0].at:
            moves = [*_before(events, issues=self.issues()), *moves]
        then = [move.vintage_id for move in moves if move.at <= instant]
        if not then:
            raise NoVintageThen(at=instant, oldest=moves[0].at if moves else None)
        try:
            return self.find(then[-1])
        except UnknownVintage:
            raise NoVintageThen(at=instant, oldest=None, gone=then[-1]) from None

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, the latest first; one whose manifest can't be read is logged and left out."""
        if not self.root.is_dir():
            return []
        found = []
        for folder in self.root.iterdir():
            if folder.is_dir() and IDS.fullmatch(folder.name):
                try:
                    found.append(read_manifest(folder).issue)
                except BrokenVintage as error:
                    log.warning("%s", error)
        return latest_first(found, events=self._pointer.events())

    def published(self) -> list[Issue]:
        """Every vintage that is kept and is or was in service, the latest first."""
        issues = self.issues()
        served = self._served(issues)
        return [issue for issue in issues if issue.vintage_id in served]

    def remove(self, *vintage_ids: str) -> None:
        """Remove vintages that never were in service, one after the other.

        Raises:
            UnknownVintage: there is none of an id.
            BadParameter: one was in service, and what was told then can be asked for ever after.
        """
        with self.alone(waiting=log.info):
            served = self.ever_in_service()
            for vintage_id in vintage_ids:
                folder = self.folder(vintage_id)
                if vintage_id in served:
                    raise BadParameter(name="vintage", what=f"{vintage_id} was in service and is kept for good.")
                leaving = self.root / f"{WRITING}{vintage_id}"  # a name that nobody reads, and that a sweep removes
                folder.rename(leaving)
                shutil.rmtree(leaving)

    def ever_in_service(self) -> frozenset[str]:
        """Every vintage that is known to have been in service, kept or not."""
        return self._served(self.issues())

    def _served(self, issues: list[Issue]) -> frozenset[str]:
        events = self._pointer.events()
        return frozenset(event.vintage_id for event in (*events, *_before(events, issues=issues)) if event.moved)

    def opened(self, issues: Iterable[Issue]) -> list[OpenVintage]:
        """Vintages to look back at; one that is broken, or was removed meanwhile, is logged and left out."""
        found = []
        for issue in issues:
            try:
                found.append(self.find(issue.vintage_id))
            except (BrokenVintage, UnknownVintage) as error:
                log.warning("%s", error)
        return found

    def _former(self) -> tuple[str, ...]:
        """What was in service before, the latest first."""
        events = self._pointer.events()
        return former([*_before(events, issues=self.issues()), *events])


def _opened(folder: Path, _: Files) -> OpenVintage:
    """A vintage, kept open by its files as they are: once they were touched it is opened, and checked, again."""
    return open_vintage(folder)


def _cause(kind: str, issue: Issue, *, by: str) -> Cause:
    return Cause(kind, issue.decision, by, issue.model_version)


def _before(events: list[Event], *, issues: list[Issue]) -> list[Event]:
    """Moves that nobody wrote down: each vintage of then is taken to have gone in when it was issued."""
    known = {event.vintage_id for event in events}
    since = next((event.at for event in events if event.moved), None)
    if since is None:
        return []
    return [
        Event(issue.issued_at, issue.vintage_id, _cause(PUBLISHED, issue, by=""))
        for issue in reversed(issues)
        if issue.vintage_id not in known and issue.issued_at < since
    ]
