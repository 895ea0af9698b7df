"""Published vintages in a folder: written whole, put in service by one atomic step, read in place."""

import logging
import os
import re
import shutil
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

from forecaster.adapters.open_vintage import OpenVintage, open_vintage
from forecaster.adapters.vintage_files import check_files, read_frame, read_manifest, sync, write_vintage
from forecaster.domain.errors import BrokenVintage, NothingPublished, NoVintageThen, UnknownVintage
from forecaster.domain.vintage import FRAMES, Issue, Vintage
from forecaster.domain.vintage_rules import broken_rules

POINTER = "CURRENT"
IDS = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
KEPT_OPEN = 4  # older vintages that stay mapped between requests

log = logging.getLogger(__name__)

State = tuple[int, int, int]


class PublishedVintages:
    """The vintages under one folder, and the pointer to the one in service."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / POINTER
        self._opening = Lock()
        self._seen: State | None = None  # the pointer as it was when `_open` or `_broken` was found
        self._open: OpenVintage | None = None
        self._broken: BrokenVintage | None = None
        self._older = lru_cache(maxsize=KEPT_OPEN)(open_vintage)

    def publish(self, vintage: Vintage) -> None:
        """Write a vintage whole, then put it in service by one atomic step.

        Publishing the same vintage again is harmless; a killed publication leaves what was in service.

        Raises:
            BrokenVintage: it breaks a rule of `vintage_rules`, or another vintage has its id.
        """
        vintage_id = vintage.issue.vintage_id
        faults = broken_rules(vintage)
        if not IDS.fullmatch(vintage_id):
            faults = (f"its id must match {IDS.pattern}", *faults)
        if faults:
            raise BrokenVintage(vintage_id=vintage_id, what="; ".join(faults))
        self.root.mkdir(parents=True, exist_ok=True)
        written = write_vintage(vintage, root=self.root)
        try:
            self._place(written, folder=self.root / vintage_id)
        finally:
            shutil.rmtree(written, ignore_errors=True)  # it is gone already where it was renamed
        self._point_to(vintage_id)

    def whole_in_service(self) -> Vintage | None:
        """The vintage in service, all of it; None without one.

        Raises:
            BrokenVintage: its files are not what its manifest says.
        """
        pointed = self._pointed()
        if pointed is None:
            return None
        folder = self.root / pointed
        manifest = read_manifest(folder)
        check_files(folder, manifest=manifest)
        frames = {name: read_frame(folder, name=name) for name in FRAMES}
        return Vintage(issue=manifest.issue, **frames)

    def current(self) -> OpenVintage:
        """The vintage in service; one `stat` where the pointer has not moved.

        While a new one is opened, others go on being served from the previous one. A broken new one is
        logged and not taken; the previous one stays.

        Raises:
            NothingPublished: none is in service.
            BrokenVintage: the one in service is broken and no previous one is open.
        """
        try:
            if self._state() != self._seen and self._opening.acquire(blocking=self._open is None):
                try:
                    self._take_up()
                finally:
                    self._opening.release()
        except FileNotFoundError:
            raise NothingPublished from None
        if self._open is not None:
            return self._open
        assert self._broken is not None  # the pointer was read, and what it names could not be opened
        raise BrokenVintage(vintage_id=self._broken.vintage_id, what=self._broken.what)

    def find(self, vintage_id: str) -> OpenVintage:
        """A vintage by its id, in service or not.

        Raises:
            UnknownVintage: there is none of that id.
            BrokenVintage: its files are not what its manifest says.
        """
        serving = self._open
        if serving is not None and serving.issue.vintage_id == vintage_id:
            return serving
        if not IDS.fullmatch(vintage_id) or not (self.root / vintage_id).is_dir():
            raise UnknownVintage(vintage_id)
        return self._older(self.root / vintage_id)

    def in_service_at(self, instant: datetime) -> OpenVintage:
        """The vintage that was in service at an instant: of those kept, the last one issued by then.

        Raises:
            NoVintageThen: none was issued by then.
            BrokenVintage: its files are not what its manifest says.
        """
        issues = self.issues()
        for issue in issues:
            if issue.issued_at <= instant:
                return self.find(issue.vintage_id)
        raise NoVintageThen(at=instant, oldest=issues[-1].issued_at if issues else None)

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, newest first; one whose manifest can't be read is logged and left out."""
        if not self.root.is_dir():
            return []
        found = []
        for folder in self.root.iterdir():
            if folder.is_dir() and IDS.fullmatch(folder.name):
                try:
                    found.append(read_manifest(folder).issue)
                except BrokenVintage as error:
                    log.warning("%s", error)
        return sorted(found, key=lambda issue: (issue.issued_at, issue.vintage_id), reverse=True)

    def _take_up(self) -> None:
        """Open what the pointer names, unless another thread just did."""
        state = self._state()
        if state == self._seen:
            return
        pointed = self._pointer.read_text(encoding="utf-8").strip()
        try:
            self._open, self._broken = open_vintage(self.root / pointed), None
        except BrokenVintage as error:
            log.error("%s The previous vintage stays in service: %s.", error, self._open is not None)
            self._broken = error
        self._seen = state

    def _state(self) -> State:
        found = self._pointer.stat()
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _pointed(self) -> str | None:
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def _place(self, written: Path, *, folder: Path) -> None:
        try:
            written.rename(folder)
        except OSError:
            # A folder of that id is there: fine if it is this very vintage, published again after a crash.
            if not folder.is_dir() or read_manifest(folder) != read_manifest(written):
                raise BrokenVintage(
                    vintage_id=folder.name, what="another vintage of this id is published, and none is altered"
                ) from None
        sync(self.root)

    def _point_to(self, vintage_id: str) -> None:
        fresh = self.root / f".{POINTER}-{os.getpid()}"
        fresh.write_text(vintage_id + "\n", encoding="utf-8")
        sync(fresh)
        fresh.replace(self._pointer)
        sync(self.root)
