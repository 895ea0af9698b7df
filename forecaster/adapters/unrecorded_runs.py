"""Runs that wait on disk until MLflow can record them: a folder each, whole or not at all."""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from forecaster.adapters.vintage_files import WRITING, replace_whole, sync
from forecaster.adapters.writer_lock import WriterLock
from forecaster.domain.errors import NotRecorded
from forecaster.domain.unrecorded import Waiting

ABOUT, SHEET, FILES = "run.json", "sheet.json", "files"
"""What is in a folder: which run it is; what MLflow is to show of it; the files of its record."""

log = logging.getLogger(__name__)


class UnrecordedRuns:
    """The folders of the runs that wait, under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = WriterLock(root, busy="another process records runs in MLflow")

    def alone(self, *, waiting: Callable[[str], None] = log.info) -> AbstractContextManager[None]:
        """Keep other processes from recording within the block: two at once would record a run twice."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._lock.held(waiting=waiting)

    @contextmanager
    def drafted(self) -> Iterator[Path]:
        """A folder to write a record in, for the holder of the lock; it is gone after the block unless it was kept."""
        for left in self.root.glob(f"{WRITING}*"):  # of writers that were killed
            shutil.rmtree(left)
        folder = Path(tempfile.mkdtemp(prefix=WRITING, dir=self.root))
        (folder / FILES).mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, one: Waiting, *, draft: Path) -> None:
        """Let a run wait with what is in its draft, down to the disk, in place of an earlier record of it."""
        (draft / ABOUT).write_text(_text(one), encoding="utf-8")
        for path in draft.rglob("*"):
            sync(path)
        sync(draft)
        place = self.root / one.run_id
        if place.exists():
            place.rename(draft.with_name(f"{draft.name}-before"))  # a draft by its name: whoever drafts next removes it
        draft.rename(place)
        sync(self.root)

    def amend(self, one: Waiting) -> None:
        """Write otherwise what is told of a run that waits; its record stays."""
        replace_whole(self.root / one.run_id / ABOUT, _text(one))

    def waiting(self) -> list[Waiting]:
        """Those that wait, the oldest first; one that can't be read is logged and left out."""
        found = []
        for folder in self._folders():
            try:
                found.append(self._read(folder))
            except NotRecorded as error:
                log.warning("%s", error)
        return sorted(found, key=lambda one: (one.ended, one.run_id))

    def count(self) -> int:
        """How many wait, readable or not."""
        return len(self._folders())

    def of_job(self, job_id: str) -> Waiting | None:
        """What waits of a job; None if nothing does."""
        return next((one for one in self.waiting() if one.job_id == job_id), None)

    def of_run(self, run_id: str) -> Waiting | None:
        """What waits of a run; None if nothing does."""
        return next((one for one in self.waiting() if one.run_id == run_id), None)

    def still(self, one: Waiting) -> Path | None:
        """The folder of a run that waits; None where it is recorded, or another record stands there by now."""
        folder = self.root / one.run_id
        return folder if folder.exists() and self._read(folder) == one else None

    def forget(self, one: Waiting) -> None:
        """Remove a run that is recorded, unless another record of it was put there since."""
        with self.alone():
            folder = self.still(one)
            if folder is not None:
                leaving = self.root / f"{WRITING}{one.run_id}"  # half a folder is none
                folder.rename(leaving)
                shutil.rmtree(leaving)

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [folder for folder in self.root.iterdir() if folder.is_dir() and not folder.name.startswith(".")]

    def _read(self, folder: Path) -> Waiting:
        try:
            content = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            instants = {name: datetime.fromisoformat(content[name]) for name in ("begun", "ended")}
            return Waiting(**{**content, **instants})
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = f"its {ABOUT} can't be read ({error})"
            raise NotRecorded(folder.name, folder=str(folder), why=why) from error


def _text(one: Waiting) -> str:
    return json.dumps(asdict(one), default=datetime.isoformat)
