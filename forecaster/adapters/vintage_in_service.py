"""The vintage that is served: the one that the pointer names or, where its files are damaged, an earlier sound one."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from forecaster.adapters.open_vintage import OpenVintage, open_vintage
from forecaster.adapters.vintage_files import MANIFEST
from forecaster.adapters.vintage_pointer import POINTER, State, VintagePointer
from forecaster.domain.errors import BrokenVintage, NothingPublished
from forecaster.domain.vintage import FRAMES

NAMES = (MANIFEST, *(f"{name}.arrow" for name in FRAMES))

Files = tuple[State | None, ...]
"""Inode, size and change time of each file of a vintage; nobody can set a change time."""

log = logging.getLogger(__name__)


def files_of(folder: Path) -> Files:
    """Others once a file was written to, shortened, replaced or removed."""
    place = str(folder)  # looked at for each request: a Path takes longer than the look
    return tuple(_look(f"{place}/{name}") for name in NAMES)


def _look(file: str) -> State | None:
    try:
        found = os.stat(file)  # noqa: PTH116  # see above
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found in service, and how everything was that it was found by."""

    pointer: State | None = None
    files: Mapping[Path, Files] = field(default_factory=dict)  # of each folder that was tried
    vintage: OpenVintage | None = None
    broken: BrokenVintage | None = None  # why what the pointer names is not the one

    def is_untouched(self) -> bool:
        return all(files_of(folder) == files for folder, files in self.files.items())


class VintageInService:
    """Opens what is in service, and opens it again once the pointer or one of its files was touched.

    Args:
        root: the folder of all vintages.
        pointer: names the one in service.
        earlier: ids of vintages that service can step back to, the latest first.
    """

    def __init__(self, root: Path, *, pointer: VintagePointer, earlier: Callable[[], Sequence[str]]) -> None:
        self._root, self._pointer, self._earlier = root, pointer, earlier
        self._opening = Lock()
        self._found = _Found()

    def current(self) -> OpenVintage:
        """What is served; a few looks at files where nothing was touched.

        While a new one is opened, others go on being served from the previous one. What was touched is checked before
        anybody reads it again. One that is damaged is logged, and the latest earlier one that is sound is served.

        Raises:
            NothingPublished: none is in service.
            BrokenVintage: the one in service is damaged, and no earlier one is sound.
        """
        found = self._found
        try:
            moved, touched = self._pointer.state() != found.pointer, not found.is_untouched()
            if (moved or touched) and self._opening.acquire(blocking=touched or found.vintage is None):
                try:
                    found = self._take_up()
                finally:
                    self._opening.release()
        except FileNotFoundError:
            raise NothingPublished from None
        if found.vintage is not None:
            return found.vintage
        assert found.broken is not None  # the pointer was read, and what it names could not be opened
        raise BrokenVintage(vintage_id=found.broken.vintage_id, what=found.broken.what)

    def unmoved(self) -> OpenVintage | None:
        """What is served, if it is open and the pointer has not moved since; never opens one, nor looks at its files.

        While another request opens the next one, it is still the previous one.
        """
        found = self._found
        try:
            settled = self._pointer.state() == found.pointer or self._opening.locked()
        except FileNotFoundError:
            return None
        return found.vintage if settled else None

    def broken(self) -> BrokenVintage | None:
        """Why what the pointer names is not served, as `current` found it last; None where it is."""
        return self._found.broken

    def opened(self, vintage_id: str) -> OpenVintage | None:
        """What is served, if it has this id and nobody touched it."""
        found = self._found
        mine = found.vintage is not None and found.vintage.issue.vintage_id == vintage_id
        return found.vintage if mine and found.is_untouched() else None

    def _take_up(self) -> _Found:
        """Open what the pointer names, unless another thread just did."""
        before, pointer = self._found, self._pointer.state()
        if before.pointer == pointer and before.is_untouched():
            return before
        pointed = self._pointer.read() or ""
        files: dict[Path, Files] = {}
        vintage, broken = None, None
        try:
            vintage = self._open(pointed, files=files, before=before)
        except BrokenVintage as error:
            broken = error
            vintage = self._instead(files=files, before=before)
            instead = (
                f"Vintage {vintage.issue.vintage_id} is served instead." if vintage else "No earlier one is sound."
            )
            log.error("%s %s", error, instead)
        self._found = _Found(pointer, files, vintage, broken)
        return self._found

    def _instead(self, *, files: dict[Path, Files], before: _Found) -> OpenVintage | None:
        """The latest earlier vintage that is sound."""
        for vintage_id in self._earlier():
            try:
                return self._open(vintage_id, files=files, before=before)
            except BrokenVintage as error:
                log.warning("%s", error)
        return None

    def _open(self, vintage_id: str, *, files: dict[Path, Files], before: _Found) -> OpenVintage:
        if not vintage_id:
            raise BrokenVintage(vintage_id="in service", what=f"{POINTER} names none")
        folder = self._root / vintage_id
        files[folder] = files_of(folder)  # before it is checked: what is touched meanwhile is noticed afterwards
        same = before.vintage is not None and before.vintage.folder == folder
        if same and before.vintage is not None and before.files.get(folder) == files[folder]:
            return before.vintage
        return open_vintage(folder)
